"""The trail: every change is on it, in order, and no link of it can be changed unseen."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tests.unit.stores.examples import (
    ADA,
    MODEL,
    SCHEDULE,
    Clock,
    evaluated,
    gate_of,
    monitored,
    promoted,
    request_of,
    scores_of,
    snapshot_of,
    validation_of,
)
from tests.unit.stores.sql.places import Place
from windvane.errors import TrailBroken, UnknownModel
from windvane.stores.sql import SqlRegistry
from windvane.stores.sql.trail import hash_of


def story(registry: SqlRegistry) -> None:
    """Let everything happen once."""
    registry.register(MODEL, "sha256:2", {"owner": "risk"}, ADA)
    registry.add_snapshot(snapshot_of(1), True, SCHEDULE)
    registry.add_validation(MODEL, validation_of(1), SCHEDULE)
    promoted(registry, 1)
    promoted(registry, 2)
    other = evaluated(registry, 3).version
    registry.add_gate(MODEL, other, gate_of(other, "reject"), SCHEDULE)
    registry.reject(MODEL, other, SCHEDULE, "no better")
    registry.rollback(MODEL, 1, ADA, "complaints")
    registry.add_scores(scores_of(4, 1), SCHEDULE)
    registry.add_monitoring(monitored(4), request_of(4), SCHEDULE)
    registry.mark_started(request_of(4).request, SCHEDULE)


def everything(registry: SqlRegistry) -> None:
    """Leave at least one row in every table."""
    story(registry)
    promoted(registry, 6)
    registry.let_through(MODEL, evaluated(registry, 5).version, SCHEDULE, "it passed")
    registry.begin_version(MODEL, "2013-07", "sha256:7", ADA)
    registry.add_monitoring(monitored(7, "alert"), None, SCHEDULE)
    registry.mark_told(registry.notices(MODEL, "mail", datetime(2013, 1, 1, tzinfo=UTC))[0], "mail", SCHEDULE)
    registry.take_fence(SCHEDULE.model_copy(update={"work": "a task"}))


def test_everything_that_happens_is_an_event_with_who_when_and_what(registry: SqlRegistry, clock: Clock) -> None:
    clock.forward(hours=1)
    story(registry)
    trail = registry.events(MODEL)[::-1]
    assert [event.kind for event in trail] == [
        "model.registered",
        "model.changed",
        "snapshot.recorded",
        "snapshot.validated",
        "version.begun",
        "version.built",
        "version.evaluated",
        "champion.promoted",
        "version.begun",
        "version.built",
        "version.evaluated",
        "champion.promoted",
        "version.begun",
        "version.built",
        "version.evaluated",
        "version.judged",
        "version.rejected",
        "champion.rolled_back",
        "scores.published",
        "retrain.requested",
        "window.monitored",
        "retrain.started",
    ]
    assert [event.seq for event in trail] == list(range(1, len(trail) + 1))
    assert [event.previous for event in trail] == ["", *(event.hash for event in trail[:-1])]
    back = next(event for event in trail if event.kind == "champion.rolled_back")
    assert (back.actor, back.run_id, back.at) == ("cli:ada", "", clock.moment)
    assert back.payload == {"version": 1, "epoch": 3, "from_version": 2, "reason": "complaints"}
    registry.verify_trail(MODEL)


def test_the_newest_events_come_first_and_can_be_limited(registry: SqlRegistry) -> None:
    story(registry)
    assert registry.events(MODEL, limit=2) == registry.events(MODEL)[:2]
    assert registry.events(MODEL, limit=1)[0].kind == "retrain.started"


def test_each_model_has_a_trail_of_its_own(registry: SqlRegistry) -> None:
    registry.register("trips", "sha256:1", {}, SCHEDULE)
    assert [event.seq for event in registry.events("trips")] == [1]
    registry.verify_trail("trips")


def test_a_model_that_is_not_there_is_named_with_its_nearest(registry: SqlRegistry) -> None:
    for ask in (registry.events, registry.verify_trail, registry.moves, registry.champion, registry.first_champion):
        with pytest.raises(UnknownModel, match="no model 'loan' is registered; did you mean 'loans'"):
            ask("loan")


def test_a_clock_that_goes_back_does_not_take_the_trail_with_it(registry: SqlRegistry, clock: Clock) -> None:
    clock.forward(days=-400)
    promoted(registry, 1)
    moments = [event.at for event in registry.events(MODEL)]
    assert moments == sorted(moments, reverse=True)
    assert min(moments) == datetime(2014, 1, 1, tzinfo=UTC)
    registry.verify_trail(MODEL)


@pytest.mark.parametrize(
    ("statement", "told"),
    [
        ("UPDATE events SET payload = replace(payload, 'complaints', 'nothing') WHERE seq = 18", "event 18 .* written"),
        ("UPDATE events SET payload = '{' WHERE seq = 7", "event 7 .* written"),
        ("UPDATE events SET actor = 'cli:bob' WHERE seq = 3", "event 3 .* written"),
        ("UPDATE events SET at = '2014-01-02 00:00:00.000000' WHERE seq = 3", "event 3 .* written"),
        ("UPDATE events SET kind = 'version.judged' WHERE seq = 17", "event 17 .* written"),
        ("UPDATE events SET hash = 'sha256:0' WHERE seq = 22", "event 22 .* written"),
        ("DELETE FROM events WHERE seq = 5", "event 5 .* missing"),
        ("DELETE FROM events WHERE seq = 22", "event 22 .* missing"),
        ("DELETE FROM events WHERE seq >= 1", "event 1 .* missing"),
        ("UPDATE moves SET version = 2 WHERE epoch = 3", "move to epoch 3"),
        ("UPDATE moves SET reason = 'fine' WHERE epoch = 1", "move to epoch 1"),
        ("DELETE FROM moves WHERE epoch = 3", "move to epoch 3"),
    ],
)
def test_whatever_is_changed_behind_its_back_is_found(
    registry: SqlRegistry, place: Place, statement: str, told: str
) -> None:
    story(registry)
    place.tamper(statement)
    with pytest.raises(TrailBroken, match=rf"loans: .*{told}"):
        registry.verify_trail(MODEL)


def test_an_event_that_was_rewritten_with_a_hash_of_its_own_is_found(registry: SqlRegistry, place: Place) -> None:
    story(registry)
    forged = registry.events(MODEL)[::-1][6].model_copy(update={"actor": "cli:bob"})
    place.tamper("UPDATE events SET actor = 'cli:bob', hash = :hash WHERE seq = 7", hash=hash_of(forged))
    with pytest.raises(TrailBroken, match="event 8 of the trail is not what was written"):
        registry.verify_trail(MODEL)
