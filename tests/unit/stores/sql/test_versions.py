"""Models, snapshots and versions: recorded once, found again, never lost."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from tests.unit.stores.examples import (
    ADA,
    MODEL,
    SCHEDULE,
    Clock,
    built,
    draft_of,
    evaluated,
    evaluation_of,
    gate_of,
    month,
    promoted,
    snapshot_of,
    spec_of,
    validation_of,
)
from windvane.errors import IllegalMove, UnknownModel, UnknownSnapshot, UnknownVersion
from windvane.results import Estimate
from windvane.stores.sql import SqlRegistry


def kinds(registry: SqlRegistry) -> list[str]:
    return [event.kind for event in registry.audit.events(MODEL)]


class TestModels:
    def test_are_registered_once(self, registry: SqlRegistry, clock: Clock) -> None:
        spec = spec_of()
        registry.models.register(spec.name, spec.digest, spec.model_dump(mode="json"), SCHEDULE)
        first = registry.models.get(MODEL)
        clock.forward(days=1)
        registry.models.register(spec.name, spec.digest, spec.model_dump(mode="json"), ADA)
        assert registry.models.get(MODEL) == first
        assert (first.owner, first.task, first.registered_at) == ("risk", "binary", datetime(2014, 1, 1, tzinfo=UTC))
        assert first.spec == spec.model_dump(mode="json")
        assert kinds(registry) == ["model.changed", "model.registered"]

    def test_change_with_their_spec(self, registry: SqlRegistry) -> None:
        registry.models.register(MODEL, "sha256:2", {"owner": "sales", "description": "new", "task": "regression"}, ADA)
        row = registry.models.get(MODEL)
        assert (row.owner, row.description, row.task, row.spec_digest) == ("sales", "new", "regression", "sha256:2")

    def test_are_listed_by_name(self, registry: SqlRegistry) -> None:
        registry.models.register("apples", "sha256:1", {}, SCHEDULE)
        assert [row.name for row in registry.models.all()] == ["apples", "loans"]

    def test_that_are_not_there_are_named(self, empty: SqlRegistry) -> None:
        with pytest.raises(UnknownModel, match="no model 'loans' is registered; Known: none"):
            empty.models.get(MODEL)
        with pytest.raises(UnknownModel):
            empty.snapshots.add(snapshot_of(1), True, SCHEDULE)


class TestSnapshots:
    def test_come_back_as_they_were(self, registry: SqlRegistry) -> None:
        registry.snapshots.add(snapshot_of(1), False, SCHEDULE)
        assert registry.snapshots.get(MODEL, snapshot_of(1).digest) == snapshot_of(1)

    def test_that_are_not_there_are_named(self, registry: SqlRegistry) -> None:
        with pytest.raises(UnknownSnapshot, match="loans has no snapshot 'sha256:0'"):
            registry.snapshots.get(MODEL, "sha256:0")
        assert registry.snapshots.latest(MODEL, "2013-01", mature_only=False) is None

    def test_come_back_in_the_order_asked_for(self, registry: SqlRegistry) -> None:
        one, other = snapshot_of(1), snapshot_of(2)
        for taken in (one, other):
            registry.snapshots.add(taken, True, SCHEDULE)
        assert registry.snapshots.get_all(MODEL, [other.digest, one.digest, other.digest]) == [other, one, other]
        assert registry.snapshots.get_all(MODEL, []) == []
        with pytest.raises(UnknownSnapshot, match="loans has no snapshot 'sha256:0'"):
            registry.snapshots.get_all(MODEL, [one.digest, "sha256:0"])

    def test_recorded_again_change_nothing(self, registry: SqlRegistry) -> None:
        for _ in range(3):
            registry.snapshots.add(snapshot_of(1), True, SCHEDULE)
            registry.snapshots.add(snapshot_of(1), False, SCHEDULE)
        assert kinds(registry).count("snapshot.recorded") == 1
        assert registry.snapshots.latest(MODEL, "2013-01", mature_only=True) == snapshot_of(1)

    def test_become_mature_and_stay_so(self, registry: SqlRegistry) -> None:
        registry.snapshots.add(snapshot_of(1), False, SCHEDULE)
        assert registry.snapshots.latest(MODEL, "2013-01", mature_only=True) is None
        registry.snapshots.add(snapshot_of(1), True, SCHEDULE)
        assert registry.snapshots.latest(MODEL, "2013-01", mature_only=True) == snapshot_of(1)
        assert [event.payload["mature"] for event in registry.audit.events(MODEL, 2)] == [True, False]

    def test_the_latest_is_the_one_recorded_last(self, registry: SqlRegistry) -> None:
        one, other = snapshot_of(1, 100), snapshot_of(1, 101)
        for taken in (one, other, one):
            registry.snapshots.add(taken, True, SCHEDULE)
            assert registry.snapshots.latest(MODEL, "2013-01", mature_only=True) == taken
        registry.snapshots.add(snapshot_of(1, 102), False, SCHEDULE)
        assert registry.snapshots.latest(MODEL, "2013-01", mature_only=False) == snapshot_of(1, 102)
        assert registry.snapshots.latest(MODEL, "2013-01", mature_only=True) == one
        assert registry.snapshots.latest(MODEL, "2013-02", mature_only=False) is None

    def test_are_validated_once_an_outcome(self, registry: SqlRegistry) -> None:
        registry.snapshots.add(snapshot_of(1), True, SCHEDULE)
        for success in (False, True, False):
            registry.snapshots.add_validation(MODEL, validation_of(1, success), SCHEDULE)
        assert [event.payload["success"] for event in registry.audit.events(MODEL, 2)] == [True, False]
        assert kinds(registry).count("snapshot.validated") == 2

    def test_that_are_not_there_cannot_be_validated(self, registry: SqlRegistry) -> None:
        with pytest.raises(UnknownSnapshot):
            registry.snapshots.add_validation(MODEL, validation_of(1), SCHEDULE)


class TestVersions:
    def test_are_numbered_from_one_and_come_back_as_they_were(self, registry: SqlRegistry, clock: Clock) -> None:
        made = [built(registry, number) for number in (3, 1, 2)]
        assert [version.version for version in made] == [1, 2, 3]
        first = registry.versions.get(MODEL, 1)
        assert first == made[0]
        assert first.model_dump(include=set(type(draft_of(3)).model_fields)) == draft_of(3).model_dump()
        assert (first.state, first.actor, first.run_id, first.created_at) == (
            "built",
            "schedule",
            "scheduled__1",
            clock.moment,
        )
        assert (first.evaluation, first.gate) == (None, None)
        assert first.window_end == month(3).end
        assert first.window_end.tzinfo is not None

    def test_of_the_same_inputs_are_the_same_version(self, registry: SqlRegistry, clock: Clock) -> None:
        made = built(registry, 1)
        clock.forward(days=1)
        assert registry.versions.add(draft_of(1).model_copy(update={"artifact": "sha256:other"}), ADA) == made
        assert kinds(registry).count("version.built") == 1

    def test_are_found_by_fingerprint_and_listed_newest_first(self, registry: SqlRegistry) -> None:
        made = [built(registry, number) for number in (1, 2)]
        assert registry.versions.by_fingerprint(MODEL, draft_of(1).fingerprint) == made[0]
        assert registry.versions.by_fingerprint(MODEL, "sha256:0") is None
        assert registry.versions.all(MODEL) == made[::-1]

    def test_that_are_not_there_are_named_with_those_that_are(self, registry: SqlRegistry) -> None:
        with pytest.raises(UnknownVersion, match="loans has no version 1; Known: none"):
            registry.versions.get(MODEL, 1)
        built(registry, 1), built(registry, 2)
        with pytest.raises(UnknownVersion, match="loans has no version 7; Known: v2, v1"):
            registry.versions.get(MODEL, 7)

    def test_keep_their_latest_evaluation(self, registry: SqlRegistry) -> None:
        version = evaluated(registry, 1)
        assert version.state == "evaluated"
        again = evaluation_of(version).model_copy(
            update={"metrics": (Estimate(metric="brier", value=0.2, rows=30), Estimate(metric="x", value=None, rows=0))}
        )
        for _ in range(2):
            registry.versions.add_evaluation(MODEL, 1, again.sha256, again, SCHEDULE)
        assert registry.versions.get(MODEL, 1).evaluation == again.sha256
        assert kinds(registry).count("version.evaluated") == 2
        assert registry.audit.events(MODEL, 1)[0].payload["metrics"] == {"brier": 0.2, "x": None}

    def test_that_are_evaluated_again_keep_their_state(self, registry: SqlRegistry) -> None:
        promoted(registry, 1)
        registry.versions.reject(MODEL, evaluated(registry, 2).version, SCHEDULE, "no better")
        for number, state in ((1, "champion"), (2, "rejected")):
            evaluation = evaluation_of(registry.versions.get(MODEL, number)).model_copy(update={"rows": 31})
            registry.versions.add_evaluation(MODEL, number, evaluation.sha256, evaluation, SCHEDULE)
            assert registry.versions.get(MODEL, number).state == state

    def test_keep_the_gates_latest_decision(self, registry: SqlRegistry) -> None:
        evaluated(registry, 1)
        for decision in ("reject", "promote", "promote"):
            registry.versions.add_gate(MODEL, 1, gate_of(1, decision), SCHEDULE)
        assert registry.versions.get(MODEL, 1).gate == gate_of(1, "promote")
        assert kinds(registry).count("version.judged") == 2

    def test_that_were_evaluated_can_be_rejected_once(self, registry: SqlRegistry) -> None:
        evaluated(registry, 1)
        assert registry.versions.reject(MODEL, 1, SCHEDULE, "no better").state == "rejected"
        assert registry.versions.reject(MODEL, 1, SCHEDULE, "no better").state == "rejected"
        assert kinds(registry).count("version.rejected") == 1

    def test_that_were_never_evaluated_cannot_be_rejected(self, registry: SqlRegistry) -> None:
        built(registry, 1)
        with pytest.raises(IllegalMove, match="loans v1 was never evaluated"):
            registry.versions.reject(MODEL, 1, SCHEDULE, "no better")

    def test_that_are_or_were_champion_are_not_rejected(self, registry: SqlRegistry) -> None:
        promoted(registry, 1), promoted(registry, 2)
        assert registry.versions.reject(MODEL, 1, SCHEDULE, "late backfill").state == "archived"
        assert registry.versions.reject(MODEL, 2, SCHEDULE, "late backfill").state == "champion"
        assert "version.rejected" not in kinds(registry)


def test_moments_are_kept_in_utc_and_naive_ones_are_a_mistake(registry: SqlRegistry) -> None:
    promoted(registry, 1)
    with pytest.raises(sa.exc.StatementError, match="has no time zone"):
        registry.champions.current(MODEL, as_of=datetime(2014, 1, 1))  # noqa: DTZ001 (the mistake)
