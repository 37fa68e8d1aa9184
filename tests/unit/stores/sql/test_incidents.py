"""Incidents open with an alert, end with a window in order, and are told once a channel."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from tests.unit.stores.examples import MODEL, SCHEDULE, Clock, monitored, promoted
from windvane.errors import UnknownIncident
from windvane.results import Incident
from windvane.stores.sql import SqlRegistry

WEEK = timedelta(days=7)
_SECOND = """INSERT INTO incidents (model, incident, "window", reason, opened_at)
SELECT model, 3, "window", reason, opened_at FROM incidents"""


@pytest.fixture
def registry(registry: SqlRegistry) -> SqlRegistry:
    """A registry with a champion."""
    promoted(registry, 1)
    return registry


def conclude(registry: SqlRegistry, window: int, decision: str, share: float = 0.1) -> list[Incident]:
    registry.monitoring.add(monitored(window, decision, share), None, SCHEDULE)
    return registry.monitoring.incidents(MODEL)


def message(registry: SqlRegistry, clock: Clock, channel: str = "mail") -> list[tuple[int, str, str]]:
    found = registry.monitoring.notices(MODEL, channel, clock.moment - WEEK)
    for notice in found:
        registry.monitoring.mark_notified(notice, channel, SCHEDULE)
    return [(notice.incident, notice.kind, notice.window) for notice in found]


def test_a_row_of_alerts_is_one_incident(registry: SqlRegistry, clock: Clock) -> None:
    assert conclude(registry, 2, "hold") == []
    conclude(registry, 3, "alert")
    conclude(registry, 4, "insufficient_data")
    (incident,) = conclude(registry, 5, "alert")
    assert (incident.incident, incident.window, incident.reason) == (1, "2013-03", "10% of the loss")
    assert (incident.opened_at, incident.closed_at) == (clock.moment, None)
    assert registry.monitoring.incidents(MODEL, open_only=True) == [incident]


@pytest.mark.parametrize("decision", ["hold", "retrain"])
def test_a_window_in_order_ends_it_and_the_next_alert_is_another(registry: SqlRegistry, decision: str) -> None:
    conclude(registry, 2, "alert")
    (incident,) = conclude(registry, 3, decision)
    assert incident.closed_window == "2013-03"
    assert registry.monitoring.incidents(MODEL, open_only=True) == []
    newest, _ = conclude(registry, 4, "alert")
    assert (newest.incident, newest.window) == (2, "2013-04")


def test_a_window_that_is_looked_at_again_and_is_in_order_ends_it(registry: SqlRegistry) -> None:
    conclude(registry, 2, "alert")
    (incident,) = conclude(registry, 2, "hold", share=0.2)
    assert incident.closed_window == "2013-02"


def test_windows_of_the_past_neither_open_nor_end_an_incident(registry: SqlRegistry) -> None:
    conclude(registry, 5, "hold")
    assert conclude(registry, 3, "alert") == []
    conclude(registry, 6, "alert")
    (incident,) = conclude(registry, 4, "hold")
    assert (incident.window, incident.closed_at) == ("2013-06", None)


def test_each_channel_tells_an_incident_and_its_end_once(registry: SqlRegistry, clock: Clock) -> None:
    conclude(registry, 2, "alert")
    assert message(registry, clock) == [(1, "opened", "2013-02")]
    conclude(registry, 3, "alert")
    assert message(registry, clock) == []
    conclude(registry, 4, "hold")
    assert message(registry, clock) == [(1, "recovered", "2013-04")]
    assert message(registry, clock) == []
    assert message(registry, clock, "chat") == [(1, "opened", "2013-02"), (1, "recovered", "2013-04")]


def test_what_happened_long_ago_is_not_told_any_more(registry: SqlRegistry, clock: Clock) -> None:
    conclude(registry, 2, "alert")
    clock.forward(days=6)
    conclude(registry, 3, "hold")
    clock.forward(days=2)
    assert message(registry, clock) == [(1, "recovered", "2013-03")]


def test_telling_twice_is_noted_once(registry: SqlRegistry, clock: Clock) -> None:
    conclude(registry, 2, "alert")
    (notice,) = registry.monitoring.notices(MODEL, "mail", clock.moment - WEEK)
    registry.monitoring.mark_notified(notice, "mail", SCHEDULE)
    events = registry.audit.events(MODEL)
    registry.monitoring.mark_notified(notice, "mail", SCHEDULE)
    assert registry.audit.events(MODEL) == events
    with pytest.raises(UnknownIncident):
        registry.monitoring.mark_notified(notice.model_copy(update={"incident": 9}), "mail", SCHEDULE)


def test_the_trail_vouches_for_incidents_and_notices(registry: SqlRegistry, clock: Clock) -> None:
    conclude(registry, 2, "alert")
    message(registry, clock)
    conclude(registry, 3, "hold")
    registry.audit.verify(MODEL)
    kinds = [event.kind for event in registry.audit.events(MODEL, limit=4)]
    assert kinds == ["incident.closed", "window.monitored", "incident.notified", "incident.opened"]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE incidents SET reason = 'all is well'",
        "UPDATE incidents SET closed_window = NULL, closed_at = NULL",
        "DELETE FROM notices",
        _SECOND,
    ],
)
def test_plain_sql_cannot_rewrite_them(registry: SqlRegistry, clock: Clock, statement: Any) -> None:
    conclude(registry, 2, "alert")
    message(registry, clock)
    conclude(registry, 3, "hold")
    with pytest.raises(DBAPIError), registry.database._transaction("writing") as connection:
        connection.execute(sa.text(statement))
