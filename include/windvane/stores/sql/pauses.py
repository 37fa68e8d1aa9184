"""Automation paused by a person: its events alone say so, so that it cannot be undone behind the audit log's back."""

from __future__ import annotations

import json

import sqlalchemy as sa

from windvane.errors import AutomationPaused
from windvane.results import Pause, Run
from windvane.stores.sql.tables import events

PAUSED, RESUMED = "automation.paused", "automation.resumed"
PAUSES = (PAUSED, RESUMED)


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
