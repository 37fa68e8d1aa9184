"""Fences: a number that each attempt at a piece of work takes, so that one that wakes up too late cannot write."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from windvane.errors import StaleAttempt
from windvane.results import Run
from windvane.stores.sql.rows import insert_unless_there
from windvane.stores.sql.tables import fences

_REMEDY = "nothing was written; the later attempt goes on, and this one may end"


def take_fence(connection: sa.Connection, run: Run, at: datetime) -> Run:
    """Return the run with the next number of its work; all earlier ones are refused from now on.

    Raises:
        StaleAttempt: A later attempt has taken one already.
    """
    start = {"work": run.work, "fence": 0, "attempt": 0, "began": None, "taken_at": at}
    connection.execute(insert_unless_there(connection, fences, start))
    held = _held(connection, run, lock=True)
    if run.attempt < held.attempt and _began_before(run, held):  # a run that was deleted and made anew counts from 1
        raise _stale(run, held)
    values = {"fence": held.fence + 1, "attempt": run.attempt, "began": run.began, "taken_at": at}
    connection.execute(sa.update(fences).where(fences.c.work == run.work).values(**values))
    return run.model_copy(update={"fence": held.fence + 1})


def hold_fence(connection: sa.Connection, run: Run) -> None:
    """Let a transaction go on only when no later attempt has taken the fence; none can until the transaction ends.

    Raises:
        StaleAttempt: A later attempt has, or this one never took it.
    """
    if not run.work:
        return  # nobody else does this work
    held = _held(connection, run, lock=False)
    if held is None or held.fence != run.fence:
        raise _stale(run, held)


def _held(connection: sa.Connection, run: Run, lock: bool) -> Any:
    query = sa.select(fences).where(fences.c.work == run.work).with_for_update(read=not lock)
    return connection.execute(query).one_or_none()


def _began_before(run: Run, held: Any) -> bool:
    return run.began is None or held.began is None or run.began < held.began


def _stale(run: Run, held: Any) -> StaleAttempt:
    if held is None or (run.fence == 0 and run.attempt >= held.attempt):
        return StaleAttempt(f"{run.work}: attempt {run.attempt} took no fence", "take it with `Registry.take_fence`")
    cause = f"{run.work}: attempt {run.attempt} (fence {run.fence}) was superseded by attempt {held.attempt}"
    return StaleAttempt(f"{cause} (fence {held.fence}) at {held.taken_at:%Y-%m-%d %H:%M:%S} UTC", _REMEDY)
