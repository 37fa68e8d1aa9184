"""Automation paused by a person: told by the audit log alone, so that it cannot be undone behind the trail's back."""

from __future__ import annotations

import json

import sqlalchemy as sa

from windvane.errors import AutomationPaused, IllegalMove
from windvane.results import Pause, Run
from windvane.stores.sql.audit_log import AuditLog
from windvane.stores.sql.connection import writes
from windvane.stores.sql.tables import events

PAUSED, RESUMED = "automation.paused", "automation.resumed"
PAUSES = (PAUSED, RESUMED)


class Pausing(AuditLog):
    """The part of the registry that stops what nobody asked for by name."""

    @writes
    def pause(self, connection: sa.Connection, model: str, run: Run, reason: str) -> Pause:
        """See `Registry.pause`."""
        self.lock(connection, model)
        _refuse_unsaid(model, run, reason, "pause")
        known = pause_of(connection, model)
        if known is not None:
            return known
        change = self.change(connection, model, run)
        change.tell(PAUSED, reason=reason)
        return Pause(model=model, at=change.at, actor=run.actor, reason=reason)

    @writes
    def resume(self, connection: sa.Connection, model: str, run: Run, reason: str) -> None:
        """See `Registry.resume`."""
        self.lock(connection, model)
        _refuse_unsaid(model, run, reason, "resume")
        if pause_of(connection, model) is not None:
            self.change(connection, model, run).tell(RESUMED, reason=reason)


def pause_of(connection: sa.Connection, model: str) -> Pause | None:
    """Return who paused a model's automation; None when it goes on."""
    query = sa.select(events).where(events.c.model == model, events.c.kind.in_(PAUSES))
    row = connection.execute(query.order_by(events.c.seq.desc()).limit(1)).one_or_none()
    if row is None or row.kind != PAUSED:
        return None
    return Pause(model=model, at=row.at, actor=row.actor, reason=json.loads(row.payload).get("reason", ""))


def refuse_paused(connection: sa.Connection, model: str, run: Run, what: str) -> None:
    """Refuse to automation what a person stopped.

    Raises:
        AutomationPaused: Who stopped it, and why.
    """
    pause = None if run.is_person else pause_of(connection, model)
    if pause is not None:
        cause = f"{model}: {run.actor} may not {what}: {pause.actor} paused automation: {pause.reason}"
        raise AutomationPaused(cause, "a person may, or may resume automation: `windvane resume`, or the model's page")


def _refuse_unsaid(model: str, run: Run, reason: str, what: str) -> None:
    if not run.is_person:
        raise IllegalMove(f"{model}: {run.actor} may not {what} automation", "a person decides that")
    if not reason.strip():
        raise IllegalMove(f"{model}: {what} of automation without a reason", "say why, for those who come after")
