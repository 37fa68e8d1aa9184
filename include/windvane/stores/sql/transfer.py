"""A model's rows as plain data: read for whoever walks or moves them all, and received whole by another registry."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from itertools import groupby, islice
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, IntegrityError

from windvane.errors import DamagedExport, ModelExists
from windvane.results import Event
from windvane.stores.registry import Row
from windvane.stores.sql.audit_log import event_of
from windvane.stores.sql.connection import reads
from windvane.stores.sql.derived import derive
from windvane.stores.sql.guards import put_up, take_down
from windvane.stores.sql.schema import HEAD
from windvane.stores.sql.tables import events, metadata, models
from windvane.stores.sql.verifying import verify
from windvane.stores.sql.watching import Watching

BATCH_ROWS = 1_000
"""Rows that are held in memory at a time."""

_REMEDY = "export the model again; nothing was imported"


class Transfer(Watching):
    """The part of the registry that hands out, and takes in, all that is known about a model."""

    schema = HEAD

    def rows(self, model: str) -> Iterator[Row]:
        """See `Registry.rows`."""
        try:
            with self.reading() as connection:
                self.known(connection, model)
                for table in metadata.sorted_tables:
                    owner = _owner(table)
                    if owner is None:
                        continue  # of no model
                    query = sa.select(table).where(owner == model).order_by(*table.primary_key.columns)
                    for row in connection.execute(query.execution_options(yield_per=BATCH_ROWS)).mappings():
                        yield Row(table.name, {key: _plain(value) for key, value in row.items()})
        except DBAPIError as error:
            raise self._backend.failure(error, 0) from error

    @reads
    def events_of(self, connection: sa.Connection, model: str, number: int) -> list[Event]:
        """See `Registry.events_of`."""
        self.known(connection, model)
        named = events.c.payload.contains(f'"version":{number}')  # canonical JSON has no spaces
        query = sa.select(events).where(events.c.model == model, named).order_by(events.c.seq)
        found = [event_of(row) for row in connection.execute(query)]
        return [event for event in found if event.payload.get("version") == number]

    def receive(self, model: str, rows: Callable[[], Iterable[Row]]) -> None:
        """See `Registry.receive`."""

        def take_in(connection: sa.Connection) -> None:
            if connection.execute(sa.select(models.c.name).where(models.c.name == model)).first() is not None:
                raise ModelExists(
                    f"{model} is in {self.url} already", "import into another registry, or leave it as it is"
                )
            take_down(
                connection
            )  # a history arrives as it ended, not move by move; the audit log vouches for it instead
            insert(connection, metadata, model, rows())
            self.known(connection, model)
            verify(connection, model, derived=False)
            derive(connection, model)
            put_up(connection)

        self.write(take_in)


def insert(connection: sa.Connection, tables: sa.MetaData, model: str, rows: Iterable[Row]) -> None:
    """Insert a model's rows, each table's together and in an order that foreign keys allow.

    Raises:
        DamagedExport: A row is of no table, has other columns than it, is another model's, or contradicts the others.
    """
    try:
        for name, group in groupby(rows, key=lambda row: row.table):
            table = tables.tables.get(name)
            if table is None or _owner(table) is None:
                raise DamagedExport(f"{model}: a row of table {name!r:.90}, which holds nothing of a model", _REMEDY)
            typed = (_typed(table, row.values, model) for row in group)
            while batch := list(islice(typed, BATCH_ROWS)):
                connection.execute(sa.insert(table), batch)
    except IntegrityError as error:
        raise DamagedExport(f"{model}: its rows contradict each other: {error.orig}", _REMEDY) from error


def _owner(table: sa.Table) -> Any:
    """Return the column that says whose model a row is; None for a table of no model, or of nothing but other rows."""
    if table.info.get("derived"):
        return None
    return table.c.get("name" if table.name == models.name else "model")


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value


def _typed(table: sa.Table, values: dict[str, Any], model: str) -> dict[str, Any]:
    """Return a row's values as the database takes them."""
    if set(values) != set(table.c.keys()):
        odd = sorted(set(values) ^ set(table.c.keys()))
        raise DamagedExport(f"{model}: a row of {table.name} has other columns: {odd!r:.200}", _REMEDY)
    if values[_owner(table).name] != model:
        raise DamagedExport(f"{model}: a row of {table.name} belongs to another model", _REMEDY)
    return {column.name: _value(table, column, values[column.name]) for column in table.columns}


def _value(table: sa.Table, column: sa.Column[Any], value: Any) -> Any:
    if value is None and column.nullable:
        return None
    kind = column.type.impl_instance if isinstance(column.type, sa.TypeDecorator) else column.type
    if isinstance(kind, sa.DateTime):
        with contextlib.suppress(ValueError, TypeError):
            return datetime.fromisoformat(value).astimezone(UTC)  # `_plain` wrote its zone
    elif type(value) is kind.python_type:
        return value
    raise DamagedExport(f"{table.name}.{column.name} cannot be {value!r:.90}", _REMEDY)
