"""Rows that were written before the trail vouched for rows: a migration takes their digests into the trail."""

from __future__ import annotations

from datetime import UTC, datetime

import sqlalchemy as sa

from windvane.results import Event
from windvane.stores.sql.rows import owner, told, vouched, with_keys
from windvane.stores.sql.tables import events, models, moves, versions
from windvane.stores.sql.trail import append_event, event_of
from windvane.stores.sql.verifying import verify

_ROWS = 500
"""How many rows one event vouches for."""


def adopt(connection: sa.Connection) -> None:
    """Append to each model's trail the digests of the rows that no event vouches for, once the trail itself holds.

    Raises:
        TrailBroken: It does not.
    """
    for model in connection.execute(sa.select(models.c.name)).scalars().all():
        verify(connection, model, rows=False)
        _let_through(connection, model)
        for table in vouched():
            while keys := _unvouched(connection, table, model):
                _vouch(connection, table, model, keys)


def _let_through(connection: sa.Connection, model: str) -> None:
    """Note which versions count, as the moves of an older schema tell: promoted, and not rolled back since."""
    if connection.execute(sa.select(moves.c.epoch).where(moves.c.model == model, moves.c.seq == 0)).first() is None:
        return
    ends: dict[int, datetime] = {}
    counts: dict[int, int] = {}
    query = sa.select(events).where(events.c.model == model, events.c.kind.startswith("champion."))
    for row in connection.execute(query.order_by(events.c.seq)).all():
        event = event_of(row)
        number, before = event.payload["version"], event.payload["from_version"]
        ends[number] = _window_end(connection, model, number)
        if event.kind == "champion.rolled_back":
            span = (ends[number], ends[before])
            counts = {
                item: seq for item, seq in counts.items() if item != before and not span[0] < ends[item] <= span[1]
            }
        counts[number] = event.seq
    for number, seq in counts.items():
        same = (versions.c.model == model, versions.c.version == number)
        connection.execute(sa.update(versions).where(*same).values(let_through=seq))


def _window_end(connection: sa.Connection, model: str, number: int) -> datetime:
    query = sa.select(versions.c.window_end).where(versions.c.model == model, versions.c.version == number)
    found: datetime = connection.execute(query).scalar_one()
    return found


def _unvouched(connection: sa.Connection, table: sa.Table, model: str) -> list[str]:
    return [row.key for row in told(connection, table, owner(table) == model, table.c.seq == 0, limit=_ROWS)]


def _vouch(connection: sa.Connection, table: sa.Table, model: str, keys: list[str]) -> None:
    end = connection.execute(sa.select(models).where(models.c.name == model)).one()
    same = with_keys(table, model, keys)
    connection.execute(sa.update(table).where(same).values(seq=end.trail_seq + 1))
    link = Event(
        model=model,
        seq=end.trail_seq + 1,
        at=max(datetime.now(UTC), end.trail_at),
        kind="registry.migrated",
        actor="windvane",
        payload={"table": table.name, "rows": len(keys)},
        rows={table.name: {row.key: row.digest for row in told(connection, table, same)}},
        previous=end.trail_hash,
        hash="",
    )
    append_event(connection, link)
