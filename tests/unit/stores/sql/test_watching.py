"""Scores, the monitor's conclusions, and the outbox: a retrain is asked for once, or not at all."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.unit.stores.examples import (
    ADA,
    MODEL,
    SCHEDULE,
    Clock,
    monitored,
    month,
    promoted,
    request_of,
    scores_of,
)
from tests.unit.stores.sql.places import Place
from windvane.errors import (
    AlreadyPublished,
    AuditLogBroken,
    RegistryUnavailable,
    UnknownModel,
    UnknownRequest,
    UnknownVersion,
)
from windvane.results import Reason, Scores
from windvane.stores.sql import SqlRegistry


@pytest.fixture
def registry(registry: SqlRegistry) -> SqlRegistry:
    """A registry with a champion."""
    promoted(registry, 1)
    return registry


def kinds(registry: SqlRegistry) -> list[str]:
    return [event.kind for event in registry.audit.events(MODEL)]


def replacing(scores: Scores, registry: SqlRegistry) -> Scores:
    """Let scores take the place of what is current, as a person's word does."""
    current = registry.scores.current(MODEL, scores.window)
    return scores.model_copy(update={"replaces": current.publication if current else None})


class TestScores:
    def test_are_published_once_and_say_when_by_whom_and_why(self, registry: SqlRegistry, clock: Clock) -> None:
        given = [registry.scores.add(scores_of(2, 1), ADA) for _ in range(2)]
        found = registry.scores.current(MODEL, "2013-02")
        assert given == [found, found]
        assert found is not None
        assert Scores.model_validate(found.model_dump()) == scores_of(2, 1).model_copy(update={"at": clock.moment})
        assert (found.publication, found.actor, found.run_id, found.reason) == (1, ADA.actor, "", ADA.reason)
        assert registry.scores.current(MODEL, "2013-03") is None
        assert kinds(registry).count("scores.published") == 1

    def test_published_last_count_and_all_are_kept(self, registry: SqlRegistry, clock: Clock) -> None:
        promoted(registry, 2)
        one, other, third = scores_of(3, 1), scores_of(3, 2), scores_of(3, 2, "other rows")
        moments = []
        for number, item in enumerate((one, other, third, one), start=1):
            moments.append(clock.forward(hours=1))
            registry.scores.add(replacing(item, registry), SCHEDULE)
            latest = registry.scores.current(MODEL, "2013-03")
            assert latest is not None
            assert (latest.publication, latest.version, latest.artifact) == (number, item.version, item.artifact)
        every = registry.scores.publications(MODEL, "2013-03")
        assert [item.version for item in reversed(every)] == [1, 2, 2, 1]
        assert [item.at for item in reversed(every)] == moments
        for item in every:
            assert item.at is not None
            assert registry.scores.current(MODEL, "2013-03", item.at) == item
        assert registry.scores.current(MODEL, "2013-03", moments[0] - timedelta(seconds=1)) is None
        assert registry.audit.verify(MODEL).events == len(registry.audit.events(MODEL))

    def test_of_another_version_do_not_take_the_place_of_those_that_served(self, registry: SqlRegistry) -> None:
        promoted(registry, 2)
        registry.scores.add(scores_of(3, 1), SCHEDULE)
        with pytest.raises(AlreadyPublished, match="publication 1, by v1, is current; v2 does not"):
            registry.scores.add(scores_of(3, 2), SCHEDULE)
        registry.scores.add(scores_of(3, 1, "corrected rows"), SCHEDULE)
        with pytest.raises(AlreadyPublished, match="publication 2, by v1, is current, not publication 1"):
            registry.scores.add(scores_of(3, 2).model_copy(update={"replaces": 1}), ADA)
        assert [item.publication for item in registry.scores.publications(MODEL)] == [2, 1]

    def test_a_changed_row_of_a_publication_is_noticed(self, registry: SqlRegistry, place: Place) -> None:
        registry.scores.add(scores_of(3, 1), SCHEDULE)
        place.tamper("UPDATE publications SET reason = 'never said'")
        with pytest.raises(AuditLogBroken, match=r"publication 1 of 2013-03 is not what event .* tells: reason"):
            registry.audit.verify(MODEL)
        place.tamper("DELETE FROM publications")
        with pytest.raises(AuditLogBroken, match=r"publication 1 of 2013-03, which event .* tells, is missing"):
            registry.audit.verify(MODEL)

    def test_need_a_version(self, registry: SqlRegistry) -> None:
        with pytest.raises(UnknownVersion):
            registry.scores.add(scores_of(2, 9), SCHEDULE)


class TestMonitoring:
    def test_keeps_the_conclusion_and_the_request_together(self, registry: SqlRegistry, clock: Clock) -> None:
        clock.forward(hours=1)
        result = registry.monitoring.add(monitored(2), request_of(2), SCHEDULE)
        assert (result.decision, result.request, result.at) == ("retrain", request_of(2).request, clock.moment)
        assert registry.monitoring.results(MODEL) == [result]
        assert registry.monitoring.requests(MODEL) == [request_of(2).model_copy(update={"created_at": clock.moment})]

    def test_without_a_request_asks_for_nothing(self, registry: SqlRegistry) -> None:
        result = registry.monitoring.add(monitored(2, "hold"), None, SCHEDULE)
        assert (result.decision, result.request) == ("hold", None)
        assert registry.monitoring.requests(MODEL) == []

    def test_of_the_same_evidence_again_asks_for_nothing_more(self, registry: SqlRegistry, clock: Clock) -> None:
        first = registry.monitoring.add(monitored(2), request_of(2, epoch=1), SCHEDULE)
        promoted(registry, 2)
        clock.forward(days=3)
        again = registry.monitoring.add(monitored(2, "hold"), request_of(2, epoch=2), SCHEDULE)
        assert again == first
        assert len(registry.monitoring.requests(MODEL)) == 1
        assert kinds(registry).count("window.monitored") == 1

    def test_of_other_evidence_is_the_windows_latest(self, registry: SqlRegistry) -> None:
        registry.monitoring.add(monitored(2, "insufficient_data", 0.0), None, SCHEDULE)
        registry.monitoring.add(monitored(2, "hold", 0.01), None, SCHEDULE)
        registry.monitoring.add(monitored(2, "insufficient_data", 0.0), None, SCHEDULE)
        assert [item.decision for item in registry.monitoring.results(MODEL, "2013-02")] == ["hold"]

    def test_of_the_same_request_on_other_evidence_does_not_ask_again(self, registry: SqlRegistry) -> None:
        registry.monitoring.add(monitored(2, share=0.1), request_of(2), SCHEDULE, cooldown_since=month(1).start)
        second = registry.monitoring.add(
            monitored(2, share=0.2), request_of(2), SCHEDULE, cooldown_since=month(1).start, daily_cap=1
        )
        assert second.decision == "retrain"
        assert second.request == request_of(2).request
        assert len(registry.monitoring.requests(MODEL)) == 1

    def test_windows_come_newest_first_and_can_be_limited(self, registry: SqlRegistry) -> None:
        for number in (2, 4, 3):
            registry.monitoring.add(monitored(number, "hold"), None, SCHEDULE)
        windows = [item.window for item in registry.monitoring.results(MODEL)]
        assert windows == ["2013-04", "2013-03", "2013-02"]
        assert [item.window for item in registry.monitoring.results(MODEL, limit=2)] == windows[:2]
        assert [item.window for item in registry.monitoring.results(MODEL, "2013-03")] == ["2013-03"]
        assert registry.monitoring.results(MODEL, "2013-05") == []

    def test_needs_a_model(self, registry: SqlRegistry) -> None:
        with pytest.raises(UnknownModel):
            registry.monitoring.add(monitored(2).model_copy(update={"model": "loan"}), None, SCHEDULE)
        for ask in (registry.monitoring.results, registry.monitoring.requests):
            with pytest.raises(UnknownModel):
                ask("loan")


class TestCooldown:
    @pytest.mark.parametrize("other", [2, 3, 5])
    def test_holds_while_another_retrain_is_asked_for_near_by(self, registry: SqlRegistry, other: int) -> None:
        """Of the window before, and of any later one: a backfill may run in any order."""
        registry.monitoring.add(monitored(other), request_of(other), SCHEDULE)
        result = registry.monitoring.add(
            monitored(4 if other == 3 else 3),
            request_of(4 if other == 3 else 3),
            SCHEDULE,
            cooldown_since=month(2).start,
        )
        assert (result.decision, result.request) == ("hold", None)
        message = f"A retrain on window {month(other).key} is asked for already"
        assert result.reasons == (Reason(headline=message), *monitored(3).reasons)
        assert result.headline == f"{message}: hold"
        assert len(registry.monitoring.requests(MODEL)) == 1

    def test_ends_after_its_windows(self, registry: SqlRegistry) -> None:
        registry.monitoring.add(monitored(2), request_of(2), SCHEDULE)
        result = registry.monitoring.add(monitored(4), request_of(4), SCHEDULE, cooldown_since=month(3).start)
        assert result.decision == "retrain"

    def test_of_another_model_does_not_count(self, registry: SqlRegistry) -> None:
        registry.models.register("trips", "sha256:1", {}, SCHEDULE)
        other = {"model": "trips"}
        request = request_of(2, epoch=9).model_copy(update=other)
        registry.monitoring.add(monitored(2).model_copy(update=other), request, SCHEDULE)
        result = registry.monitoring.add(
            monitored(2), request_of(2), SCHEDULE, cooldown_since=month(1).start, daily_cap=1
        )
        assert result.decision == "retrain"


class TestDailyCap:
    def test_holds_until_a_day_has_passed(self, registry: SqlRegistry, clock: Clock) -> None:
        for number in (2, 3):
            clock.forward(hours=10)
            registry.monitoring.add(monitored(number), request_of(number), SCHEDULE, daily_cap=2)
        clock.forward(hours=13, minutes=59)
        held = registry.monitoring.add(monitored(4), request_of(4), SCHEDULE, daily_cap=2)
        assert held.decision == "hold"
        assert held.reasons[0].headline == "The daily cap of 2 retrains is reached"
        assert [(item.name, item.value) for item in held.reasons[0].numbers] == [("retrains in 24 hours", 2)]
        clock.forward(minutes=1)
        assert registry.monitoring.add(monitored(5), request_of(5), SCHEDULE, daily_cap=2).decision == "retrain"
        assert [item.window for item in registry.monitoring.requests(MODEL)] == ["2013-02", "2013-03", "2013-05"]


class TestRequests:
    def test_come_oldest_first_and_pending_until_they_are_started(self, registry: SqlRegistry, clock: Clock) -> None:
        for number in (5, 3):
            registry.monitoring.add(monitored(number), request_of(number), SCHEDULE)
        assert [item.window for item in registry.monitoring.requests(MODEL, pending_only=True)] == [
            "2013-05",
            "2013-03",
        ]
        clock.forward(hours=1)
        for _ in range(2):
            registry.monitoring.mark_started(request_of(5).request, SCHEDULE)
        assert [item.window for item in registry.monitoring.requests(MODEL, pending_only=True)] == ["2013-03"]
        assert registry.monitoring.requests(MODEL)[0].started_at == clock.moment
        assert kinds(registry).count("retrain.started") == 1

    def test_that_are_not_there_are_named(self, registry: SqlRegistry) -> None:
        with pytest.raises(UnknownRequest, match="no retrain request 'sha256:0'"):
            registry.monitoring.mark_started("sha256:0", SCHEDULE)


def test_a_conclusion_and_its_request_stand_or_fall_together(registry: SqlRegistry, place: Place) -> None:
    """The request is written first; when the conclusion cannot be, it is gone as well."""
    if place.kind == "sqlite":
        place.execute("CREATE TRIGGER no BEFORE INSERT ON monitoring BEGIN SELECT RAISE(ABORT, 'no'); END")
    else:
        place.execute("ALTER TABLE monitoring ADD CONSTRAINT no CHECK (false)")
    before = registry.audit.events(MODEL)
    with pytest.raises(RegistryUnavailable, match=r"cannot be used: .*no"):
        registry.monitoring.add(monitored(2), request_of(2), SCHEDULE)
    assert registry.monitoring.requests(MODEL) == []
    assert registry.audit.events(MODEL) == before
