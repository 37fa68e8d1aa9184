"""Incidents: opened and closed by the monitor's conclusions, in their transactions; and what is to be said of them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from windvane.results import Incident, MonitorResult, Notice
from windvane.stores.sql.audit_log import Change
from windvane.stores.sql.tables import incidents, monitoring, windows


def follow(connection: sa.Connection, change: Callable[[], Change], result: MonitorResult) -> None:
    """Open an incident with an alert, and close it with a window that is in order.

    Only the newest window speaks for the present: an alert about a window of the past opens nothing, and one that is
    in order closes nothing while a newer one alerts.
    """
    query = sa.select(incidents).where(incidents.c.model == result.model, incidents.c.closed_at.is_(None))
    row = connection.execute(query).one_or_none()
    if result.decision == "alert" and row is None and not _newer(connection, result):
        _open(connection, change(), result)
    elif result.decision in ("hold", "retrain") and row is not None and row.window <= result.window:
        if _newer_alerts(connection, result):
            return
        closing = change()
        key = {"model": result.model, "incident": row.incident}
        closing.update(incidents, key, closed_window=result.window, closed_at=closing.at)
        closing.tell("incident.closed", incident=row.incident, window=result.window)


def _open(connection: sa.Connection, change: Change, result: MonitorResult) -> None:
    last = sa.select(sa.func.max(incidents.c.incident)).where(incidents.c.model == result.model)
    number = (connection.execute(last).scalar() or 0) + 1
    said = {"incident": number, "window": result.window, "reason": result.reasons[0].headline}
    change.insert(incidents, model=result.model, **said, opened_at=change.at)
    change.tell("incident.opened", **said)


def _newer(connection: sa.Connection, result: MonitorResult) -> bool:
    """True when a later window was concluded on."""
    query = sa.select(monitoring.c.seq).where(
        monitoring.c.model == result.model,
        monitoring.c.window > result.window,
        monitoring.c.decision != "insufficient_data",
    )
    return connection.execute(query.limit(1)).first() is not None


def _newer_alerts(connection: sa.Connection, result: MonitorResult) -> bool:
    """True when the latest word on a later window is an alert."""
    later = (windows.c.model == result.model, windows.c.window > result.window, windows.c.decision == "alert")
    return connection.execute(sa.select(windows.c.window).where(*later).limit(1)).first() is not None


def incident_of(row: Any) -> Incident:
    """Return the incident of a row."""
    return Incident.model_validate(dict(row._mapping))  # noqa: SLF001 (SQLAlchemy's public name)


def notices_of(incident: Incident, since: datetime) -> list[Notice]:
    """Return the notices of an incident; one that is over before anybody was notified gives both."""
    said: dict[str, Any] = {"model": incident.model, "incident": incident.incident, "reason": incident.reason}
    said["since"] = incident.window
    found = [Notice(**said, kind="opened", window=incident.window, at=incident.opened_at)]
    if incident.closed_at is not None and incident.closed_window is not None:
        found.append(Notice(**said, kind="recovered", window=incident.closed_window, at=incident.closed_at))
    return [notice for notice in found if notice.at >= since]
