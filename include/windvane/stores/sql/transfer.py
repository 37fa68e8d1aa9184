"""A model's rows as plain data: handed out to who walks or moves them all, and taken in whole by another registry."""

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
from windvane.stores.sql.connection import reads
from windvane.stores.sql.schema import HEAD
from windvane.stores.sql.tables import events, metadata, models, moves, versions
from windvane.stores.sql.trail import event_of
from windvane.stores.sql.watching import Watching

BATCH_ROWS = 1_000
"""Rows that are held in memory at a time."""

_FIRST = ("models", "events", "builds")
"""What the guards of other tables look at."""
_REMEDY = "export the model again; nothing was imported"


class Transfer(Watching):
    """The part of the registry that hands out, and takes in, all that is known about a model."""

    schema = HEAD

    def rows(self, model: str) -> Iterator[Row]:
        """See `Registry.rows`."""
        try:
            with self.reading() as connection:
                self.known(connection, model)
                for table in _tables():
                    query = sa.select(table).where(_owner(table) == model).order_by(*table.primary_key.columns)
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
                raise ModelExists(f"{model} is in {self.url} already", "nothing was changed")
            try:
                _Receiving(connection, model).take(rows())
            except IntegrityError as error:
                raise DamagedExport(f"{model}: its rows contradict each other: {error.orig}", _REMEDY) from error

        self.write(take_in)


class _Receiving:
    """Rows that come in by the moves that made them: the guards hold for an import as for every other change.

    The trail grows event by event; versions begin as built and are evaluated; then each move makes its champion and
    archives the one before; what was never champion comes to its state at the end.
    """

    def __init__(self, connection: sa.Connection, model: str) -> None:
        self._connection = connection
        self._model = model
        self._states: dict[int, str] = {}

    def take(self, rows: Iterable[Row]) -> None:
        """Insert all rows, each table's together."""
        special = {"models": self._begin, "events": self._event, "versions": self._version, "moves": self._move}
        for name, group in groupby(rows, key=lambda row: row.table):
            table = next((item for item in _tables() if item.name == name), None)
            if table is None:
                raise DamagedExport(f"{self._model}: there is no table {name!r:.90} of what models have", _REMEDY)
            typed = (typed_row(table, row.values, self._model) for row in group)
            if name in special:
                for values in typed:
                    special[name](values)
            while batch := list(islice(typed, BATCH_ROWS)):
                self._connection.execute(sa.insert(table), batch)
            if name == "versions":
                self._all_to("evaluated", [number for number, state in self._states.items() if state != "built"])
        for state in sorted(set(self._states.values()) - {"built", "evaluated", "champion"}):
            self._all_to(state, [number for number, final in self._states.items() if final == state])

    def _begin(self, values: dict[str, Any]) -> None:
        self._connection.execute(sa.insert(models).values(**values | {"trail_seq": 0, "trail_hash": ""}))

    def _event(self, values: dict[str, Any]) -> None:
        self._connection.execute(sa.insert(events), values)
        end = {"trail_seq": values["seq"], "trail_hash": values["hash"], "trail_at": values["at"]}
        self._connection.execute(sa.update(models).where(models.c.name == self._model), end)

    def _version(self, values: dict[str, Any]) -> None:
        self._states[values["version"]] = values["state"]
        self._connection.execute(sa.insert(versions), values | {"state": "built"})

    def _move(self, values: dict[str, Any]) -> None:
        self._connection.execute(sa.insert(moves), values)
        if values["from_version"] is not None:
            self._all_to("archived", [values["from_version"]])
        self._all_to("champion", [values["version"]])

    def _all_to(self, state: str, numbers: list[int]) -> None:
        rest = iter(numbers)
        while batch := list(islice(rest, BATCH_ROWS)):
            these = (versions.c.model == self._model) & versions.c.version.in_(batch) & (versions.c.state != state)
            self._connection.execute(sa.update(versions).where(these).values(state=state))


def typed_row(table: sa.Table, values: dict[str, Any], model: str) -> dict[str, Any]:
    """Return a row's plain values as the database takes them.

    Raises:
        DamagedExport: It has other columns than the table, values of another kind, or is another model's.
    """
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
            return datetime.fromisoformat(value).astimezone(UTC)
    elif type(value) is kind.python_type:
        return value
    raise DamagedExport(f"{table.name}.{column.name} cannot be {value!r:.90}", _REMEDY)


def _tables() -> list[sa.Table]:
    """Return the tables that hold rows of models, in an order in which those can be received."""
    owned = [table for table in metadata.sorted_tables if _owner(table) is not None]
    first = {name: place for place, name in enumerate(_FIRST)}
    return sorted(owned, key=lambda table: first.get(table.name, len(first)))


def _owner(table: sa.Table) -> Any:
    """Return the column that says whose model a row is; None for a table of no model."""
    return table.c.get("name" if table.name == models.name else "model")


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value
