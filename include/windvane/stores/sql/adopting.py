"""Rows that were written before the trail vouched for rows: a migration takes their digests into the trail."""

from __future__ import annotations

from datetime import UTC, datetime

import sqlalchemy as sa

from windvane.results import Event
from windvane.stores.sql.rows import owner, told, vouched, with_keys
from windvane.stores.sql.tables import models
from windvane.stores.sql.trail import append_event
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
        for table in vouched():
            while keys := _unvouched(connection, table, model):
                _vouch(connection, table, model, keys)


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
