"""The pointer: one winner, no time travel, people above automation, and an answer for every moment."""

from __future__ import annotations

import shutil
import sqlite3
from itertools import pairwise
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.unit.stores.examples import (
    ADA,
    MODEL,
    SCHEDULE,
    Clock,
    built,
    evaluated,
    month,
    promoted,
)
from windvane.errors import (
    IllegalMove,
    OlderWindow,
    RegistryError,
    RolledBack,
    StaleChampion,
    UnknownVersion,
)
from windvane.results import Run
from windvane.stores.sql import SqlRegistry

AIRFLOW = ADA.model_copy(update={"actor": "airflow:grace", "run_id": "manual__1"})
MONITOR = SCHEDULE.model_copy(update={"actor": "monitor"})
AUTOMATION = [SCHEDULE, MONITOR, SCHEDULE.model_copy(update={"actor": "backfill"})]


def states(registry: SqlRegistry) -> list[str]:
    return [version.state for version in registry.versions.all(MODEL)[::-1]]


class TestPromote:
    def test_makes_the_first_champion_at_epoch_one(self, registry: SqlRegistry, clock: Clock) -> None:
        evaluated(registry, 1)
        assert registry.champions.current(MODEL) is None
        assert registry.champions.first(MODEL) is None
        champion = registry.champions.promote(MODEL, 1, 0, SCHEDULE, "the gate passed")
        assert (champion.version, champion.epoch, champion.at, champion.window) == (1, 1, clock.moment, "2013-01")
        assert champion.window_end == month(1).end
        assert registry.champions.current(MODEL) == registry.champions.first(MODEL) == champion
        assert states(registry) == ["champion"]

    def test_archives_the_one_before(self, registry: SqlRegistry) -> None:
        promoted(registry, 1), promoted(registry, 2)
        assert states(registry) == ["archived", "champion"]
        champion, first = registry.champions.current(MODEL), registry.champions.first(MODEL)
        assert champion is not None
        assert first is not None
        assert (champion.version, champion.epoch, first.version) == (2, 2, 1)

    def test_again_changes_nothing(self, registry: SqlRegistry, clock: Clock) -> None:
        promoted(registry, 1)
        before, events = registry.champions.current(MODEL), registry.audit.events(MODEL)
        clock.forward(hours=1)
        for epoch in (0, 1, 7):
            assert registry.champions.promote(MODEL, 1, epoch, ADA, "again") == before
        assert registry.audit.events(MODEL) == events

    def test_tried_again_after_a_later_one_won_tells_what_it_did(self, registry: SqlRegistry) -> None:
        promoted(registry, 1), promoted(registry, 2)
        late = registry.champions.promote(MODEL, 1, 0, SCHEDULE, "try 2 of a task that was killed")
        assert (late.version, late.epoch) == (1, 1)
        assert registry.champions.promotions(MODEL, 1)[0].version == 2

    def test_of_a_version_that_is_not_there_is_named(self, registry: SqlRegistry) -> None:
        with pytest.raises(UnknownVersion):
            registry.champions.promote(MODEL, 1, 0, SCHEDULE, "")

    def test_is_refused_when_the_pointer_moved(self, registry: SqlRegistry) -> None:
        promoted(registry, 1), promoted(registry, 2), evaluated(registry, 3)
        with pytest.raises(
            StaleChampion, match="loans v3 was judged at epoch 1, but the champion is now v2 at epoch 2"
        ):
            registry.champions.promote(MODEL, 3, 1, SCHEDULE, "")
        assert registry.champions.promotions(MODEL, 1)[0].version == 2

    def test_is_refused_when_there_is_no_champion_any_attempt_saw(self, registry: SqlRegistry) -> None:
        evaluated(registry, 1)
        with pytest.raises(StaleChampion, match="the champion is now none"):
            registry.champions.promote(MODEL, 1, 3, SCHEDULE, "")

    def test_never_puts_an_older_window_over_a_newer_one(self, registry: SqlRegistry) -> None:
        promoted(registry, 2), evaluated(registry, 1)
        for run in (SCHEDULE, ADA):
            with pytest.raises(
                OlderWindow, match="loans v2 is of window 2013-01, older than 2013-02 of the champion v1"
            ):
                registry.champions.promote(MODEL, 2, 1, run, "it is better")

    def test_may_put_another_version_of_the_same_window_in_its_place(self, registry: SqlRegistry) -> None:
        promoted(registry, 1), promoted(registry, 1, "other seed")
        assert states(registry) == ["archived", "champion"]

    def test_needs_an_evaluation(self, registry: SqlRegistry) -> None:
        built(registry, 1)
        for run in (SCHEDULE, ADA):
            with pytest.raises(IllegalMove, match="loans v1 was never evaluated"):
                registry.champions.promote(MODEL, 1, 0, run, "hurry")

    def test_of_a_rejected_version_needs_a_person_with_a_reason(self, registry: SqlRegistry) -> None:
        evaluated(registry, 1)
        registry.versions.reject(MODEL, 1, SCHEDULE, "no better")
        for run, reason in ((SCHEDULE, "retry"), (ADA, " ")):
            with pytest.raises(IllegalMove, match="loans v1 was rejected"):
                registry.champions.promote(MODEL, 1, 0, run, reason)
        assert registry.champions.promote(MODEL, 1, 0, AIRFLOW, "the slice is tiny").version == 1


class TestRollback:
    def test_moves_the_pointer_back_with_who_and_why(self, registry: SqlRegistry, clock: Clock) -> None:
        promoted(registry, 1), promoted(registry, 2)
        champion = registry.champions.rollback(MODEL, 1, ADA, "complaints")
        assert (champion.version, champion.epoch) == (1, 3)
        assert states(registry) == ["champion", "archived"]
        promotion = registry.champions.promotions(MODEL, 1)[0]
        assert (promotion.kind, promotion.from_version, promotion.actor, promotion.reason) == (
            "rollback",
            2,
            "cli:ada",
            "complaints",
        )
        assert promotion.at == clock.moment

    def test_by_the_same_run_again_changes_nothing(self, registry: SqlRegistry) -> None:
        promoted(registry, 1), promoted(registry, 2)
        once = registry.champions.rollback(MODEL, 1, AIRFLOW, "complaints")
        assert registry.champions.rollback(MODEL, 1, AIRFLOW, "complaints") == once
        assert len(registry.champions.promotions(MODEL)) == 3

    @pytest.mark.parametrize("reason", ["", "  \n"])
    def test_needs_a_reason(self, registry: SqlRegistry, reason: str) -> None:
        promoted(registry, 1), promoted(registry, 2)
        with pytest.raises(IllegalMove, match="without a reason"):
            registry.champions.rollback(MODEL, 1, ADA, reason)

    @pytest.mark.parametrize("run", AUTOMATION)
    def test_needs_a_person(self, registry: SqlRegistry, run: Run) -> None:
        promoted(registry, 1), promoted(registry, 2)
        with pytest.raises(IllegalMove, match=f"{run.actor} may not roll back"):
            registry.champions.rollback(MODEL, 1, run, "drift")

    def test_needs_a_version_that_was_champion_and_is_not(self, registry: SqlRegistry) -> None:
        with pytest.raises(UnknownVersion):
            registry.champions.rollback(MODEL, 1, ADA, "why not")
        evaluated(registry, 1)
        with pytest.raises(IllegalMove, match="v1 was never champion; versions that were: none"):
            registry.champions.rollback(MODEL, 1, ADA, "why not")
        promoted(registry, 2)
        with pytest.raises(IllegalMove, match="v1 was never champion; versions that were: v2"):
            registry.champions.rollback(MODEL, 1, ADA, "why not")
        with pytest.raises(IllegalMove, match="v2 is the champion already"):
            registry.champions.rollback(MODEL, 2, ADA, "why not")


class TestAfterARollback:
    @pytest.fixture
    def back(self, registry: SqlRegistry) -> SqlRegistry:
        """January, February and March were champion; a person went back to January."""
        for number in (1, 2, 3):
            promoted(registry, number)
        registry.champions.rollback(MODEL, 1, ADA, "complaints")
        return registry

    @pytest.mark.parametrize("run", AUTOMATION)
    def test_automation_does_not_promote_it_again_nor_what_is_as_old(self, back: SqlRegistry, run: Run) -> None:
        evaluated(back, 3, "other seed"), evaluated(back, 2, "other seed")
        for number in (2, 3, 4, 5):
            with pytest.raises(RolledBack, match=r"cli:ada rolled back v3 of window 2013-03 .*complaints"):
                back.champions.promote(MODEL, number, 4, run, "the gate passed")
        assert back.champions.promotions(MODEL, 1)[0].version == 1

    def test_automation_goes_on_with_a_newer_window(self, back: SqlRegistry) -> None:
        promoted(back, 4)
        evaluated(back, 4, "other seed")
        assert back.champions.promote(MODEL, 5, 5, SCHEDULE, "the gate passed").version == 5

    def test_a_person_may_promote_what_was_taken_back(self, back: SqlRegistry) -> None:
        assert back.champions.promote(MODEL, 3, 4, AIRFLOW, "it was not the model").version == 3
        evaluated(back, 3, "other seed")
        assert back.champions.promote(MODEL, 4, 5, SCHEDULE, "the gate passed").version == 4

    def test_another_version_of_its_window_by_a_person_frees_the_window_but_not_it(self, back: SqlRegistry) -> None:
        evaluated(back, 3, "mended"), evaluated(back, 3, "mended again")
        back.champions.promote(MODEL, 4, 4, ADA, "mended")
        with pytest.raises(RolledBack, match="rolled back v3"):
            back.champions.promote(MODEL, 3, 5, SCHEDULE, "the gate passed")
        assert back.champions.promote(MODEL, 5, 5, SCHEDULE, "the gate passed").version == 5

    def test_a_second_rollback_counts_as_well(self, back: SqlRegistry) -> None:
        promoted(back, 4)
        back.champions.rollback(MODEL, 2, ADA, "again")
        for number, other in ((3, "v3"), (4, "v4")):
            with pytest.raises(RolledBack, match=f"rolled back {other if number == 4 else 'v[34]'}"):
                back.champions.promote(MODEL, number, 6, SCHEDULE, "the gate passed")
        assert promoted(back, 5).version == 5


class TestAsOf:
    def test_says_who_was_champion_at_any_moment(self, registry: SqlRegistry, clock: Clock) -> None:
        start = clock.moment
        moments = []
        for number in (1, 2):
            clock.forward(days=1)
            promoted(registry, number)
            moments.append(clock.moment)
        clock.forward(days=1)
        registry.champions.rollback(MODEL, 1, ADA, "complaints")
        requested = [start, moments[0], moments[0].replace(hour=12), moments[1], clock.moment, clock.forward(days=400)]
        found = [registry.champions.current(MODEL, as_of=moment) for moment in requested]
        assert [champion and champion.version for champion in found] == [None, 1, 1, 2, 1, 1]
        assert [champion and champion.epoch for champion in found] == [None, 1, 1, 2, 3, 3]

    def test_of_two_moves_in_one_moment_the_later_counts(self, registry: SqlRegistry, clock: Clock) -> None:
        promoted(registry, 1), promoted(registry, 2)
        champion = registry.champions.current(MODEL, as_of=clock.moment)
        assert champion is not None
        assert champion.version == 2


def test_moves_are_listed_newest_first(registry: SqlRegistry) -> None:
    promoted(registry, 1), promoted(registry, 2)
    assert [(promotion.epoch, promotion.from_version) for promotion in registry.champions.promotions(MODEL)] == [
        (2, 1),
        (1, None),
    ]
    assert [promotion.epoch for promotion in registry.champions.promotions(MODEL, limit=1)] == [2]


attempts = st.lists(
    st.tuples(
        st.sampled_from(["promote", "rollback", "reject"]),
        st.integers(1, 6),
        st.sampled_from([SCHEDULE, MONITOR, ADA, AIRFLOW]),
        st.integers(-1, 1),
    ),
    max_size=14,
)


def without_waiting_for_the_disk(connection: sqlite3.Connection, record: object) -> None:
    connection.execute("PRAGMA synchronous = OFF")


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(months=st.lists(st.integers(1, 4), min_size=6, max_size=6), tries=attempts)
def test_whatever_is_tried_the_invariants_hold(
    tmp_path_factory: pytest.TempPathFactory, made: Path, months: list[int], tries: list[tuple[str, int, Run, int]]
) -> None:
    """One champion, epochs without gaps, no time travel, no automation against a person, a whole audit log."""
    file = shutil.copy(made, tmp_path_factory.mktemp("story") / "registry.db")
    registry = SqlRegistry(f"sqlite:///{file}", clock=Clock())
    sa.event.listen(registry.database.backend.engine, "connect", without_waiting_for_the_disk)
    registry.models.register(MODEL, "sha256:1", {}, SCHEDULE)
    for index, number in enumerate(months):
        evaluated(registry, number, str(index))
    for verb, number, run, off in tries:
        before = registry.champions.current(MODEL)
        epoch = (before.epoch if before else 0) + off
        try:
            if verb == "promote":
                registry.champions.promote(MODEL, number, epoch, run, "the gate passed")
            elif verb == "rollback":
                registry.champions.rollback(MODEL, number, run, "complaints")
            else:
                registry.versions.reject(MODEL, number, run, "no better")
        except RegistryError:
            assert registry.champions.current(MODEL) == before
    promotions = registry.champions.promotions(MODEL)[::-1]
    assert [promotion.epoch for promotion in promotions] == list(range(1, len(promotions) + 1))
    assert [promotion.from_version for promotion in promotions] == [
        None,
        *(promotion.version for promotion in promotions[:-1]),
    ][: len(promotions)]
    taken: set[int] = set()
    for before, promotion in pairwise(promotions):
        assert promotion.version != before.version
        if promotion.kind == "promote":
            assert promotion.window_end >= before.window_end
            assert promotion.actor in (ADA.actor, AIRFLOW.actor) or promotion.version not in taken
        else:
            assert promotion.actor in (ADA.actor, AIRFLOW.actor)
            taken.add(before.version)
        taken.discard(promotion.version)
    champions = [version.version for version in registry.versions.all(MODEL) if version.state == "champion"]
    assert champions == [promotion.version for promotion in promotions[-1:]]
    registry.audit.verify(MODEL)
