"""A model's rows as plain data: as an export holds them, and as a database takes them in."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from datetime import UTC, datetime
from itertools import groupby, islice
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from windvane.errors import DamagedExport
from windvane.stores.registry import Row
from windvane.stores.sql.tables import models

BATCH_ROWS = 1_000
"""Rows that are held in memory at a time."""

_REMEDY = "export the model again; nothing was imported"


def insert(connection: sa.Connection, tables: sa.MetaData, model: str, rows: Iterable[Row]) -> None:
    """Insert a model's rows, each table's together and in an order that foreign keys allow.

    Raises:
        DamagedExport: A row is of no table, has other columns than it, is another model's, or contradicts the others.
    """
    try:
        for name, group in groupby(rows, key=lambda row: row.table):
            table = tables.tables.get(name)
            if table is None or row_owner(table) is None:
                raise DamagedExport(f"{model}: a row of table {name!r:.90}, which holds nothing of a model", _REMEDY)
            typed = (_typed(table, row.values, model) for row in group)
            while batch := list(islice(typed, BATCH_ROWS)):
                connection.execute(sa.insert(table), batch)
    except IntegrityError as error:
        raise DamagedExport(f"{model}: its rows contradict each other: {error.orig}", _REMEDY) from error


def row_owner(table: sa.Table) -> Any:
    """Return the column that says whose model a row is; None for a table of no model, or of nothing but other rows."""
    if table.info.get("derived"):
        return None
    return table.c.get("name" if table.name == models.name else "model")


def plain(value: Any) -> Any:
    """Return a value as JSON holds it."""
    return value.isoformat() if isinstance(value, datetime) else value


def _typed(table: sa.Table, values: dict[str, Any], model: str) -> dict[str, Any]:
    """Return a row's values as the database takes them."""
    if set(values) != set(table.c.keys()):
        odd = sorted(set(values) ^ set(table.c.keys()))
        raise DamagedExport(f"{model}: a row of {table.name} has other columns: {odd!r:.200}", _REMEDY)
    if values[row_owner(table).name] != model:
        raise DamagedExport(f"{model}: a row of {table.name} belongs to another model", _REMEDY)
    return {column.name: _value(table, column, values[column.name]) for column in table.columns}


def _value(table: sa.Table, column: sa.Column[Any], value: Any) -> Any:
    if value is None and column.nullable:
        return None
    kind = column.type.impl_instance if isinstance(column.type, sa.TypeDecorator) else column.type
    if isinstance(kind, sa.DateTime):
        with contextlib.suppress(ValueError, TypeError):
            return datetime.fromisoformat(value).astimezone(UTC)  # `plain` wrote its zone
    elif type(value) is kind.python_type:
        return value
    raise DamagedExport(f"{table.name}.{column.name} cannot be {value!r:.90}", _REMEDY)
