"""The audit log: every change is on it, in order, and no link of it can be changed unseen."""

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
from windvane.errors import AuditLogBroken, UnknownModel
from windvane.results import Tombstone
from windvane.stores.sql import SqlRegistry
from windvane.stores.sql.audit_log import hash_of


def story(registry: SqlRegistry) -> None:
    """Let everything happen once."""
    registry.models.register(MODEL, "sha256:2", {"owner": "risk"}, ADA)
    registry.snapshots.add(snapshot_of(1), True, SCHEDULE)
    registry.snapshots.add_validation(MODEL, validation_of(1), SCHEDULE)
    promoted(registry, 1)
    promoted(registry, 2)
    other = evaluated(registry, 3).version
    registry.versions.add_gate(MODEL, other, gate_of(other, "reject"), SCHEDULE)
    registry.versions.reject(MODEL, other, SCHEDULE, "no better")
    registry.champions.rollback(MODEL, 1, ADA, "complaints")
    registry.scores.add(scores_of(4, 1), SCHEDULE)
    registry.monitoring.add(monitored(4), request_of(4), SCHEDULE)
    registry.monitoring.mark_started(request_of(4).request, SCHEDULE)


def everything(registry: SqlRegistry) -> None:
    """Leave at least one row in every table."""
    story(registry)
    promoted(registry, 6)
    registry.champions.mark_eligible(MODEL, evaluated(registry, 5).version, SCHEDULE, "it passed")
    registry.versions.begin(MODEL, "2013-07", "sha256:7", ADA)
    registry.monitoring.add(monitored(7, "alert"), None, SCHEDULE)
    registry.monitoring.mark_notified(
        registry.monitoring.notices(MODEL, "mail", datetime(2013, 1, 1, tzinfo=UTC))[0], "mail", SCHEDULE
    )
    seen = registry.audit.events(MODEL, limit=1)[0].seq
    gone = Tombstone(model=MODEL, digest="sha256:gone", kind="report")
    assert registry.erasures.add(MODEL, seen, [gone], {}, [], {}, ADA)
    registry.audit.take_fence(SCHEDULE.model_copy(update={"work": "a task"}))
    registry.audit.note_verified(MODEL, 1, ADA, everything=True)


def test_everything_that_happens_is_an_event_with_who_when_and_what(registry: SqlRegistry, clock: Clock) -> None:
    clock.forward(hours=1)
    story(registry)
    audit_log = registry.audit.events(MODEL)[::-1]
    assert [event.kind for event in audit_log] == [
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
    assert [event.seq for event in audit_log] == list(range(1, len(audit_log) + 1))
    assert [event.previous for event in audit_log] == ["", *(event.hash for event in audit_log[:-1])]
    back = next(event for event in audit_log if event.kind == "champion.rolled_back")
    assert (back.actor, back.run_id, back.at) == ("cli:ada", "", clock.moment)
    assert back.payload == {"version": 1, "epoch": 3, "from_version": 2, "reason": "complaints"}
    registry.audit.verify(MODEL)


def test_the_newest_events_come_first_and_can_be_limited(registry: SqlRegistry) -> None:
    story(registry)
    assert registry.audit.events(MODEL, limit=2) == registry.audit.events(MODEL)[:2]
    assert registry.audit.events(MODEL, limit=1)[0].kind == "retrain.started"


def test_each_model_has_a_trail_of_its_own(registry: SqlRegistry) -> None:
    registry.models.register("trips", "sha256:1", {}, SCHEDULE)
    assert [event.seq for event in registry.audit.events("trips")] == [1]
    registry.audit.verify("trips")


def test_a_model_that_is_not_there_is_named_with_its_nearest(registry: SqlRegistry) -> None:
    for ask in (
        registry.audit.events,
        registry.audit.verify,
        registry.champions.promotions,
        registry.champions.current,
        registry.champions.first,
    ):
        with pytest.raises(UnknownModel, match="no model 'loan' is registered; did you mean 'loans'"):
            ask("loan")


def test_a_clock_that_goes_back_does_not_take_the_trail_with_it(registry: SqlRegistry, clock: Clock) -> None:
    clock.forward(days=-400)
    promoted(registry, 1)
    moments = [event.at for event in registry.audit.events(MODEL)]
    assert moments == sorted(moments, reverse=True)
    assert min(moments) == datetime(2014, 1, 1, tzinfo=UTC)
    registry.audit.verify(MODEL)


@pytest.mark.parametrize(
    ("statement", "message"),
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
        ("UPDATE promotions SET version = 2 WHERE epoch = 3", "move to epoch 3"),
        ("UPDATE promotions SET reason = 'fine' WHERE epoch = 1", "move to epoch 1"),
        ("DELETE FROM promotions WHERE epoch = 3", "move to epoch 3"),
    ],
)
def test_whatever_is_changed_behind_its_back_is_found(
    registry: SqlRegistry, place: Place, statement: str, message: str
) -> None:
    story(registry)
    place.tamper(statement)
    with pytest.raises(AuditLogBroken, match=rf"loans: .*{message}"):
        registry.audit.verify(MODEL)


def test_an_event_that_was_rewritten_with_a_hash_of_its_own_is_found(registry: SqlRegistry, place: Place) -> None:
    story(registry)
    forged = registry.audit.events(MODEL)[::-1][6].model_copy(update={"actor": "cli:bob"})
    place.tamper("UPDATE events SET actor = 'cli:bob', hash = :hash WHERE seq = 7", hash=hash_of(forged))
    with pytest.raises(AuditLogBroken, match="event 8 of the audit log is not what was written"):
        registry.audit.verify(MODEL)
