"""What is derived from other rows, for pages that sort and filter: neither exported nor vouched for."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from windvane.results import MonitorResult
from windvane.stores.sql.publications import derive_publications, wrong_publication
from windvane.stores.sql.rows import stored
from windvane.stores.sql.tables import events, monitoring, windows

_TOLD = ("decision", "version", "loss", "first_loss", "previous_loss")


def tell(connection: sa.Connection, result: MonitorResult, recorded: int) -> None:
    """Keep the latest conclusion about a window in columns.

    Args:
        connection: That of the transaction which records it.
        result: The conclusion.
        recorded: The event that records it.
    """
    this = {"model": result.model, "window": result.window}
    connection.execute(sa.delete(windows).filter_by(**this))
    connection.execute(sa.insert(windows).values(**this, **_columns(result), at=result.at, recorded=recorded))


def disagreement(connection: sa.Connection, model: str) -> str | None:
    """Return what is derived says otherwise than what it is derived from; None when all agrees."""
    return _wrong_window(connection, model) or wrong_publication(connection, model)


def _wrong_window(connection: sa.Connection, model: str) -> str | None:
    """Return what `windows` says otherwise than the conclusions; None when all agrees."""
    latest = sa.select(monitoring.c.window, sa.func.max(monitoring.c.recorded).label("recorded"))
    newest = latest.where(monitoring.c.model == model).group_by(monitoring.c.window).subquery()
    here = (monitoring.c.model == model) & (monitoring.c.recorded == newest.c.recorded)
    message = [stored(column).label(column.name) for column in windows.columns]
    query = (
        sa.select(monitoring.c.result, newest.c.window.label("about"), stored(events.c.at).label("concluded"), *message)
        .select_from(newest)
        .join(monitoring, here & (monitoring.c.window == newest.c.window))
        .join(events, (events.c.model == model) & (events.c.seq == newest.c.recorded))
        .outerjoin(windows, (windows.c.model == model) & (windows.c.window == newest.c.window))
        .add_columns(newest.c.recorded.label("last"))
        .order_by(newest.c.window)
        .execution_options(yield_per=200)
    )
    count = 0
    for row in connection.execute(query).mappings():
        count += 1
        expected = _columns(MonitorResult.from_json(row["result"]))
        expected |= {"at": row["concluded"], "recorded": row["last"]}
        wrong = [name for name, value in expected.items() if row[name] != value]
        if wrong:
            return f"windows {row['about']} is not what was concluded: {', '.join(wrong)}"
    found = sa.select(sa.func.count()).select_from(windows).where(windows.c.model == model)
    return (
        "windows tells of a window that was never concluded on" if connection.execute(found).scalar() != count else None
    )


def _columns(result: MonitorResult) -> dict[str, Any]:
    facts = result.model_dump(mode="json")
    found = sum(item.outcome == "finding" for item in result.checks)
    said = {
        "reason": result.reasons[0].headline if result.reasons else "",
        "checks": len(result.checks),
        "found": found,
    }
    return {name: facts.get(name) for name in _TOLD} | said


def derive(connection: sa.Connection, model: str) -> None:
    """Tell all conclusions about a model's windows again, the oldest first, and the publications that are not told."""
    derive_publications(connection, model)
    same = (events.c.model == monitoring.c.model) & (events.c.seq == monitoring.c.recorded)
    query = sa.select(monitoring.c.result, monitoring.c.recorded, events.c.at).join(events, same)
    query = query.where(monitoring.c.model == model).order_by(monitoring.c.recorded)
    for row in connection.execute(query).all():
        tell(connection, MonitorResult.from_json(row.result).model_copy(update={"at": row.at}), row.recorded)
