"""Sources that are tables or queries of a database, read through SQLAlchemy a piece at a time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pandas as pd
import sqlalchemy as sa
from pandas.api import types
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, NoSuchTableError, SQLAlchemyError

from windvane.errors import MissingColumn, NaiveTimestamp, SourceFailed, UnexpectedColumn, WrongType, nearest
from windvane.spec import Model
from windvane.stores.connections import Connections
from windvane.stores.event_times import NO_UNIT, UNITS, bounds, moments
from windvane.stores.files import filled
from windvane.stores.time_limit import time_limit
from windvane.stores.time_parts import with_moments
from windvane.stores.translating import translated
from windvane.stores.urls import FORM, url_of
from windvane.windows import Window

FETCH_ROWS = 20_000
"""Rows that are fetched at a time."""

_TYPES: dict[str, Any] = {"integer": "Int64", "boolean": "boolean", "floating": "float64"}


def read_table(model: Model, window: Window, connections: Connections) -> Iterator[pd.DataFrame]:
    """Yield the rows of a window from the source's table, in one read-only transaction.

    Values are bound, and names quoted. A SQLite database has no type for moments: event times are text with an
    offset there, as in CSV files, and so are the `:start` and `:end` of a query. With a `unit` they are numbers.

    Raises:
        SourceFailed: The database cannot be reached, or refuses.
        MissingColumn: A declared column is not in the table.
        WrongType, NaiveTimestamp: Event times cannot be read.
    """
    yield from _read(model, window, connections, query=False)


def read_query(model: Model, window: Window, connections: Connections) -> Iterator[pd.DataFrame]:
    """Yield what the source's query returns for a window; as `read_table`."""
    yield from _read(model, window, connections, query=True)


def _read(model: Model, window: Window, connections: Connections, *, query: bool) -> Iterator[pd.DataFrame]:
    where = f"{model.name} {window}: {model.source.kind} of connection {model.source.connection!r}"
    limit = time_limit(where)
    with _connected(connections.database(str(model.source.connection)), where) as connection, limit.on(connection):
        sqlite = connection.dialect.name == "sqlite"
        statement = _query(model, window, sqlite) if query else _table(model, window, connection, where)
        with connection.execute(statement) as found:
            names = list(found.keys())
            yield _frame(names, [])
            for rows in found.partitions(FETCH_ROWS):
                limit.check()
                yield _ours(_frame(names, rows), model, window, where, cut=not query)


def every_row(url: str, table: str, where: str) -> Iterator[pd.DataFrame]:
    """Yield all rows of a table or view, in one read-only transaction; nothing about them is changed.

    Args:
        url: SQLAlchemy URL of the database.
        table: `name` or `schema.name`.
        where: What messages call it.

    Raises:
        SourceFailed: The database cannot be reached, or refuses; or there is no such table.
    """
    with _connected(url, where) as connection:
        schema, _, name = table.rpartition(".")
        there = _columns_of(connection, table, where)
        chosen: Any = sa.select(*(sa.column(column) for column in there)).select_from(
            sa.table(name, schema=schema or None)
        )
        found = connection.execute(chosen)
        for rows in found.partitions(FETCH_ROWS):
            yield _frame(list(there), rows)


def _ours(frame: pd.DataFrame, model: Model, window: Window, where: str, *, cut: bool) -> pd.DataFrame:
    """Return rows with the spec's names and moments in UTC; `cut`: without those that a rounding let in."""
    reading = model.source.reading
    for theirs, ours in reading.columns.items():
        if theirs in frame.columns and ours in frame.columns:
            cause = f"{where} has a column {ours!r}, and {theirs!r}, which is to be called so"
            raise UnexpectedColumn(cause, "choose another name")
    frame = with_moments(frame.rename(columns=reading.columns), reading, where, model.delivered)
    frame = filled(frame, model)
    for name in (model.event_time, *reading.moments):
        if name in frame.columns and list(frame.columns).count(name) == 1:
            frame = frame.assign(**{name: moments(frame[name], where, name, reading)})
    if cut and model.event_time in frame.columns:
        times = frame[model.event_time]
        frame = frame[((times >= window.start) & (times < window.end)) | times.isna()]
    return translated(frame, reading, where)


@contextmanager
def _connected(url: str, where: str) -> Iterator[sa.Connection]:
    """Give a connection that can only read; what SQLAlchemy raises while it is used becomes a named error."""
    engine = None
    try:
        engine = sa.create_engine(_read_only(url), poolclass=sa.NullPool)
        options: dict[str, Any] = {"stream_results": True, "max_row_buffer": FETCH_ROWS}
        if engine.dialect.name == "postgresql":
            options |= {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
        with engine.connect().execution_options(**options) as connection:
            yield connection
    except (ArgumentError, NoSuchModuleError):
        cause = f"{where} is no SQLAlchemy URL of a database whose driver is installed"
        raise SourceFailed(cause, f"correct the connection; {FORM}") from None
    except SQLAlchemyError as error:
        message = str(getattr(error, "orig", None) or error).strip().splitlines() or [""]
        cause = f"{where}: {type(error).__name__}: {message[0]}"
        raise SourceFailed(cause, "check the connection, and the query in the database's own console") from error
    finally:
        if engine is not None:
            engine.dispose()


def _read_only(text: str) -> sa.URL:
    """Return the URL; a SQLite file is opened to read, and never made."""
    url = url_of(text)
    if url.get_backend_name() != "sqlite" or not url.database or url.database.startswith("file:"):
        return url
    return url.set(database=f"file:{url.database}", query={**url.query, "mode": "ro", "uri": "true"})


def _query(model: Model, window: Window, sqlite: bool) -> Any:
    limits = {"start": window.start, "end": window.end}
    unit = model.source.reading.unit
    given: dict[str, Any] = {name: moment.isoformat(sep=" ") if sqlite else moment for name, moment in limits.items()}
    kind: Any = sa.String() if sqlite else sa.DateTime(timezone=True)
    if unit:
        given = {name: int(moment.timestamp()) * UNITS[unit] for name, moment in limits.items()}
        kind = sa.BigInteger()
    text = sa.text(model.source.path.strip().removesuffix(";"))
    return text.bindparams(*(sa.bindparam(name, value, type_=kind) for name, value in given.items()))


def _table(model: Model, window: Window, connection: sa.Connection, where: str) -> Any:
    """Return the select of the declared columns of the window's rows, and of those without an event time."""
    name, schema, there = _checked_table(model, connection, where)
    reading = model.source.reading
    if model.event_time in reading.parts:  # of several columns: all rows are read, and cut to the window here
        table = sa.table(name, *(sa.column(column) for column in there), schema=schema)
        wanted = dict.fromkeys(_theirs(model, column, there) for column in _read_columns(model))
        return sa.select(*(table.c[column] for column in wanted if column in there))
    time = _theirs(model, model.event_time, there)
    times: Any = sa.column(time, sa.DateTime(timezone=True))
    table = sa.table(name, *(sa.column(column) for column in there), schema=schema)
    wanted = dict.fromkeys(_theirs(model, column, there) for column in _read_columns(model))
    chosen = sa.select(*(table.c[column] for column in wanted if column in there))
    if connection.dialect.name == "sqlite" and not reading.unit and not reading.format:
        _refuse_numbers(connection, table, time, where)
        day, slack = sa.func.julianday(times, type_=sa.Float()), timedelta(days=1 if reading.zone else 0, seconds=1)
        low, high = (window.start - slack).isoformat(sep=" "), (window.end + slack).isoformat(sep=" ")
        inside = (day >= sa.func.julianday(low)) & (day < sa.func.julianday(high))
        return chosen.where(inside | times.is_(None))
    found = bounds(window, reading, "number" if reading.unit else "naive" if reading.zone else "aware")
    if reading.format or found is None:
        return chosen  # as text it cannot be compared: all rows are read, and cut to the window here
    kind: Any = sa.BigInteger() if reading.unit else sa.DateTime(timezone=not reading.zone)
    times = sa.column(time, kind)
    return chosen.where(((times >= found[0]) & (times < found[1])) | times.is_(None))


def _read_columns(model: Model) -> list[str]:
    """Return the columns that a table must have, by the spec's names."""
    parts = model.source.reading.parts
    return [one for column in model.delivered for one in parts.get(column, (column,))]


def _theirs(model: Model, column: str, there: Any) -> str:
    """Return what the table calls a column."""
    named = next((theirs for theirs, ours in model.source.reading.columns.items() if ours == column), column)
    return named if named in there or column not in there else column


def _refuse_numbers(connection: sa.Connection, table: Any, time: str, where: str) -> None:
    """Refuse event times that SQLite keeps as numbers, or as text it cannot read: no comparison would find them."""
    column = table.c[time]
    dated = sa.func.coalesce(sa.func.instr(column, "-"), 0) > 0
    unread = column.is_not(None) & (sa.func.julianday(column).is_(None) | ~dated)
    found = connection.execute(sa.select(column).where(unread).limit(1)).scalar()
    if isinstance(found, int | float):
        raise WrongType(f"{where}: event time {time!r} is a number, such as {found!r:.40}", NO_UNIT)
    if found is not None:
        raise WrongType(f"{where}: event time {time!r} cannot be read, such as {found!r:.60}", NO_UNIT)


def _checked_table(model: Model, connection: sa.Connection, where: str) -> tuple[str, str | None, dict[str, Any]]:
    """Return the name, the schema and the columns of a table that has the declared ones."""
    schema, _, name = model.source.path.rpartition(".")
    columns = _columns_of(connection, model.source.path, where)
    reading = model.source.reading
    for column in _read_columns(model):
        theirs = _theirs(model, column, columns)
        if theirs not in columns and column not in reading.may_lack:
            cause = f"{where}: {model.source.path} has no column {theirs!r}{nearest(theirs, columns)}"
            raise MissingColumn(cause, "correct its name in the spec, or give a query that delivers it")
    if model.event_time in reading.parts:
        return name, schema or None, columns
    time = _theirs(model, model.event_time, columns)
    kind = columns[time]
    if isinstance(kind, sa.Numeric | sa.Integer) and connection.dialect.name != "sqlite":
        if not (reading.unit or reading.format):
            raise WrongType(f"{where}: event time {time!r} is stored as {kind}", NO_UNIT)
    elif connection.dialect.name == "postgresql" and getattr(kind, "timezone", True) is False and not reading.zone:
        cause = f"{where}: event time {time!r} is stored as {kind}, without a time zone"
        remedy = "tell the source whose clock it is, zone='UTC', or give a query: at AT TIME ZONE 'UTC' AS at"
        raise NaiveTimestamp(cause, remedy)
    return name, schema or None, columns


def _columns_of(connection: sa.Connection, table: str, where: str) -> dict[str, Any]:
    """Return the columns of a table or view, each with its type."""
    schema, _, name = table.rpartition(".")
    inspector = sa.inspect(connection)
    try:
        return {column["name"]: column["type"] for column in inspector.get_columns(name, schema or None)}
    except NoSuchTableError:
        tables = [*inspector.get_table_names(schema or None), *inspector.get_view_names(schema or None)]
        cause = f"{where}: there is no table {table!r}{nearest(name, tables)}"
        raise SourceFailed(cause, "correct the table's name, or what the connection may see") from None


def _frame(names: list[str], rows: Any) -> pd.DataFrame:
    """Return rows as columns; what a database returns as Python's own numbers becomes an array of them."""
    values = list(zip(*rows, strict=True)) or [()] * len(names)
    frame = pd.DataFrame({index: _column(column) for index, column in enumerate(values)})
    frame.columns = pd.Index(names)
    return frame


def _column(values: tuple[Any, ...]) -> pd.Series[Any]:
    column = pd.Series(values, dtype=object)
    kind = _TYPES.get(types.infer_dtype(column, skipna=True))
    try:
        return column.astype(kind) if kind and len(column) else column
    except (OverflowError, TypeError, ValueError):  # whole numbers beyond 64 bits stay what they are
        return column
