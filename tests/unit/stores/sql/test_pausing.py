"""Automation that a person paused stands still until a person resumes it."""

from __future__ import annotations

import pytest

from tests.unit.stores.examples import ADA, MODEL, SCHEDULE, evaluated, monitored, promoted, request_of, snapshot_of
from windvane.errors import AutomationPaused, IllegalMove
from windvane.stores.sql import SqlRegistry


@pytest.fixture
def paused(registry: SqlRegistry) -> SqlRegistry:
    """A registry whose model has a champion, and is paused."""
    registry.snapshots.add(snapshot_of(1), True, SCHEDULE)
    promoted(registry, 1)
    registry.people.pause(MODEL, ADA, "the feed changes today")
    return registry


def test_automation_promotes_nothing_while_it_is_paused_and_a_person_may(paused: SqlRegistry) -> None:
    version = evaluated(paused, 2)
    with pytest.raises(AutomationPaused, match=r"cli:ada paused automation: the feed changes today"):
        paused.champions.promote(MODEL, version.version, 1, SCHEDULE, "the gate passed")
    assert paused.champions.promote(MODEL, version.version, 1, ADA, "I looked at it").version == version.version


def test_the_monitor_asks_for_no_retrain_and_says_why(paused: SqlRegistry) -> None:
    found = paused.monitoring.add(monitored(2), request_of(2), SCHEDULE)
    assert (found.decision, found.request) == ("hold", None)
    assert found.headline == "Automation is paused, so nothing is retrained: hold"
    assert found.reasons[0].detail == "cli:ada says: the feed changes today"
    assert found.reasons[1:] == monitored(2).reasons
    assert paused.monitoring.requests(MODEL) == []


def test_automation_goes_on_once_a_person_resumes_it(paused: SqlRegistry) -> None:
    paused.people.resume(MODEL, ADA, "the feed is mended")
    assert paused.monitoring.add(monitored(2), request_of(2), SCHEDULE).decision == "retrain"
    message = [(event.kind, event.actor) for event in paused.audit.events(MODEL) if event.kind.startswith("automation")]
    assert message == [("automation.resumed", "cli:ada"), ("automation.paused", "cli:ada")]
    paused.audit.verify(MODEL)


def test_pausing_again_changes_nothing(paused: SqlRegistry) -> None:
    before = len(paused.audit.events(MODEL))
    paused.people.pause(MODEL, ADA, "again")
    assert len(paused.audit.events(MODEL)) == before


@pytest.mark.parametrize("verb", ["pause", "resume"])
def test_only_a_person_with_a_reason_decides(paused: SqlRegistry, verb: str) -> None:
    with pytest.raises(IllegalMove, match="a person decides that"):
        getattr(paused.people, verb)(MODEL, SCHEDULE, "why not")
    with pytest.raises(IllegalMove, match="without a reason"):
        getattr(paused.people, verb)(MODEL, ADA, "  ")
