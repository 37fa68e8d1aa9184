"""Incidents: opened and closed by the monitor's conclusions, in their transactions; and who was told of them."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from windvane.errors import UnknownIncident
from windvane.results import Incident, MonitorResult, Notice, Run
from windvane.stores.sql.champion import Champions
from windvane.stores.sql.connection import reads, writes
from windvane.stores.sql.tables import incidents, monitoring, notices


class Incidents(Champions):
    """The part of the registry that says what is wrong, since when, and whether people know."""

    @reads
    def incidents(
        self, connection: sa.Connection, model: str, open_only: bool = False, limit: int | None = None
    ) -> list[Incident]:
        """See `Registry.incidents`."""
        self.known(connection, model)
        query = sa.select(incidents).where(incidents.c.model == model).order_by(incidents.c.incident.desc())
        if open_only:
            query = query.where(incidents.c.closed_at.is_(None))
        return [_incident(row) for row in connection.execute(query.limit(limit))]

    @reads
    def notices(self, connection: sa.Connection, model: str, channel: str, since: datetime) -> list[Notice]:
        """See `Registry.notices`."""
        self.known(connection, model)
        recent = sa.or_(incidents.c.opened_at >= since, incidents.c.closed_at >= since)
        query = sa.select(incidents).where(incidents.c.model == model, recent).order_by(incidents.c.incident)
        message = sa.select(notices.c.incident, notices.c.kind).where(notices.c.model == model)
        done = {(row.incident, row.kind) for row in connection.execute(message.where(notices.c.channel == channel))}
        found = [notice for row in connection.execute(query) for notice in _notices(_incident(row), since)]
        return [notice for notice in found if (notice.incident, notice.kind) not in done]

    @writes
    def mark_notified(self, connection: sa.Connection, notice: Notice, channel: str, run: Run) -> None:
        """See `Registry.mark_notified`."""
        self.lock(connection, notice.model)
        same = {"model": notice.model, "incident": notice.incident}
        if connection.execute(sa.select(incidents.c.seq).filter_by(**same)).first() is None:
            raise UnknownIncident(f"{notice.model} has no incident {notice.incident}", "name one that is recorded")
        key = {**same, "kind": notice.kind, "channel": channel}
        if connection.execute(sa.select(notices.c.seq).filter_by(**key)).first() is not None:
            return
        change = self.change(connection, notice.model, run)
        change.insert(notices, **key, notified_at=change.at)
        change.tell("incident.told", incident=notice.incident, notice=notice.kind, channel=channel)

    def follow(self, connection: sa.Connection, result: MonitorResult, run: Run) -> None:
        """Open an incident with an alert, and close it with a window that is in order.

        Only the newest window speaks for the present: an alert about a window of the past opens nothing.
        """
        query = sa.select(incidents).where(incidents.c.model == result.model, incidents.c.closed_at.is_(None))
        row = connection.execute(query).one_or_none()
        if result.decision == "alert" and row is None and not _newer(connection, result):
            self._open(connection, result, run)
        elif result.decision in ("hold", "retrain") and row is not None and row.window <= result.window:
            change = self.change(connection, result.model, run)
            key = {"model": result.model, "incident": row.incident}
            change.update(incidents, key, closed_window=result.window, closed_at=change.at)
            change.tell("incident.closed", incident=row.incident, window=result.window)

    def _open(self, connection: sa.Connection, result: MonitorResult, run: Run) -> None:
        last = sa.select(sa.func.max(incidents.c.incident)).where(incidents.c.model == result.model)
        number = (connection.execute(last).scalar() or 0) + 1
        change = self.change(connection, result.model, run)
        said = {"incident": number, "window": result.window, "reason": result.reasons[0].headline}
        change.insert(incidents, model=result.model, **said, opened_at=change.at)
        change.tell("incident.opened", **said)


def _newer(connection: sa.Connection, result: MonitorResult) -> bool:
    """True when a later window was concluded on."""
    query = sa.select(monitoring.c.result).where(
        monitoring.c.model == result.model, monitoring.c.window > result.window
    )
    found = connection.execute(query.order_by(monitoring.c.window.desc()).limit(100)).scalars()
    return any(json.loads(text)["decision"] != "insufficient_data" for text in found)


def _incident(row: Any) -> Incident:
    return Incident.model_validate(dict(row._mapping))  # noqa: SLF001 (SQLAlchemy's public name)


def _notices(incident: Incident, since: datetime) -> list[Notice]:
    """Return what an incident gives to tell; one that is over before anybody was told of it is told as both."""
    said: dict[str, Any] = {"model": incident.model, "incident": incident.incident, "reason": incident.reason}
    said["since"] = incident.window
    found = [Notice(**said, kind="opened", window=incident.window, at=incident.opened_at)]
    if incident.closed_at is not None and incident.closed_window is not None:
        found.append(Notice(**said, kind="recovered", window=incident.closed_window, at=incident.closed_at))
    return [notice for notice in found if notice.at >= since]
