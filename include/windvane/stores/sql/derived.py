"""What is derived from other rows, for pages that sort and filter: neither exported nor vouched for."""

from __future__ import annotations

import sqlalchemy as sa

from windvane.results import MonitorResult
from windvane.stores.sql.tables import events, monitoring, windows

_TOLD = ("decision", "version", "loss", "first_loss", "previous_loss")


def tell(connection: sa.Connection, result: MonitorResult, recorded: int) -> None:
    """Keep the latest conclusion about a window in columns.

    Args:
        connection: That of the transaction which records it.
        result: The conclusion.
        recorded: The event that records it.
    """
    facts = result.model_dump(mode="json")
    row = {name: facts.get(name) for name in _TOLD} | {"at": result.at, "recorded": recorded}
    row |= {"reason": next(iter(result.reasons), ""), "checks": len(result.checks)}
    row["found"] = sum(item.outcome == "found" for item in result.checks)
    this = {"model": result.model, "window": result.window}
    connection.execute(sa.delete(windows).filter_by(**this))
    connection.execute(sa.insert(windows).values(**this, **row))


def derive(connection: sa.Connection, model: str) -> None:
    """Tell all conclusions about a model's windows again, the oldest first."""
    same = (events.c.model == monitoring.c.model) & (events.c.seq == monitoring.c.recorded)
    query = sa.select(monitoring.c.result, monitoring.c.recorded, events.c.at).join(events, same)
    query = query.where(monitoring.c.model == model).order_by(monitoring.c.recorded)
    for row in connection.execute(query).all():
        tell(connection, MonitorResult.from_json(row.result).model_copy(update={"at": row.at}), row.recorded)
