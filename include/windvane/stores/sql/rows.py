"""Rows: their digests, the same on every database and another one when any byte differs; and one that may be there."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from windvane.spec import canonical_json, sha256_of
from windvane.stores.sql.kinds import Moment
from windvane.stores.sql.tables import metadata


class RowDigest(NamedTuple):
    """A row as an event tells of it."""

    key: str
    """Its primary key without the model, as canonical JSON."""
    seq: int
    digest: str


def vouched() -> list[sa.Table]:
    """Return the tables whose rows the audit log vouches for, those that others refer to first."""
    return [table for table in metadata.sorted_tables if table.name != "events" and "seq" in table.c]


def owner(table: sa.Table) -> sa.Column[Any]:
    """Return the column that says whose model a row is."""
    column: sa.Column[Any] = table.c.name if table.name == "models" else table.c.model
    return column


def key_of(table: sa.Table, row: Mapping[str, Any]) -> str:
    """Return a row's key within its model."""
    return canonical_json([row[column.name] for column in _key(table)])


def row_digests(
    connection: sa.Connection, table: sa.Table, *conditions: sa.ColumnElement[bool], limit: int | None = None
) -> Iterator[RowDigest]:
    """Yield the rows that fulfil the conditions, each with its digest."""
    columns = [stored(column).label(column.name) for column in table.columns if not column.info.get("unhashed")]
    for row in connection.execute(sa.select(*columns).where(*conditions).limit(limit)).mappings():
        plain = {name: _plain(value) for name, value in row.items() if value is not None}
        yield RowDigest(key_of(table, plain), plain["seq"], digest_of(table, plain))


def digest_of(table: sa.Table, row: Mapping[str, Any]) -> str:
    """Return the digest of a row; a column without a value is no part of it, so that columns may be added later."""
    plain = {name: _plain(value) for name, value in row.items() if value is not None}
    return sha256_of({"table": table.name, **plain})


def with_keys(table: sa.Table, model: str, keys: Sequence[str]) -> sa.ColumnElement[bool]:
    """Return the condition that a model's row has one of these keys."""
    columns = _key(table)
    if not columns:
        return owner(table) == model
    found = [tuple(json.loads(key)) for key in keys]
    return sa.and_(owner(table) == model, sa.tuple_(*columns).in_(found))


def _key(table: sa.Table) -> list[sa.Column[Any]]:
    return [column for column in table.primary_key.columns if column is not owner(table)]


def stored(column: sa.Column[Any]) -> sa.ColumnElement[Any]:
    """Return a column as the driver gives it: SQLite's moments are texts, and no byte of them is read over."""
    raw = isinstance(column.type, Moment | sa.Boolean)
    return sa.type_coerce(column, sa.types.NullType()) if raw else column


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")
    if isinstance(value, bytes):  # no column of ours: somebody wrote it
        return repr(value)
    return int(value) if isinstance(value, bool) else value


def insert_unless_there(connection: sa.Connection, table: sa.Table, row: dict[str, Any]) -> sa.Insert:
    """Return an insert that does nothing when a row with that key is there, or is being written by another."""
    if connection.dialect.name == "postgresql":
        return postgresql.insert(table).values(**row).on_conflict_do_nothing()
    return sqlite.insert(table).values(**row).on_conflict_do_nothing()
