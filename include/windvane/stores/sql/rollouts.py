"""Rows of staged promotions: read, and ended within whatever change ends them."""

from __future__ import annotations

import sqlalchemy as sa

from windvane.results import Rollout, StagedWindow
from windvane.results.people import RolloutState
from windvane.stores.sql.audit_log import Change
from windvane.stores.sql.tables import rollout_windows, rollouts


def rollouts_of(connection: sa.Connection, model: str, number: int | None = None) -> list[Rollout]:
    """Return staged promotions with the windows they scored, the newest first."""
    query = sa.select(rollouts).where(rollouts.c.model == model).order_by(rollouts.c.rollout.desc())
    if number is not None:
        query = query.where(rollouts.c.version == number)
    found = [Rollout.from_json(row.record) for row in connection.execute(query)]
    return [item.model_copy(update={"windows": windows_of(connection, model, item.rollout)}) for item in found]


def open_rollout(connection: sa.Connection, model: str) -> Rollout | None:
    """Return the promotion that is under way."""
    query = sa.select(rollouts.c.record).where(rollouts.c.model == model, rollouts.c.state == "open")
    text = connection.execute(query).scalar_one_or_none()
    return Rollout.from_json(text) if text else None


def windows_of(connection: sa.Connection, model: str, rollout: int) -> tuple[StagedWindow, ...]:
    """Return the windows that were scored in stages, in their order."""
    query = sa.select(rollout_windows.c.record).filter_by(model=model, rollout=rollout)
    found = [StagedWindow.from_json(text) for text in connection.execute(query).scalars()]
    return tuple(sorted(found, key=lambda item: item.window_start))


def end_rollout(change: Change, found: Rollout, state: RolloutState, why: str) -> None:
    """End a promotion within a change; the caller tells the event."""
    ended = found.model_copy(update={"state": state, "why": why, "ended_at": change.at, "windows": ()})
    key = {"model": found.model, "rollout": found.rollout}
    change.update(rollouts, key, state=state, record=ended.to_json())


def end_by_promotion(connection: sa.Connection, change: Change, model: str, number: int, epoch: int) -> None:
    """End the promotion under way, since the champion moves: its version arrived, or another one came between."""
    found = open_rollout(connection, model)
    if found is None:
        return
    if found.version == number:
        end_rollout(change, found, "promoted", f"it is the champion from epoch {epoch} on")
    else:
        end_rollout(change, found, "withdrawn", f"the champion moved to v{number} at epoch {epoch}")
