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

from windvane.errors import MissingColumn, NaiveTimestamp, SourceFailed, nearest
from windvane.spec import Model
from windvane.stores.connections import Connections
from windvane.stores.files import moments
from windvane.windows import Window

FETCH_ROWS = 20_000
"""Rows that are fetched at a time."""

_TYPES: dict[str, Any] = {"integer": "Int64", "boolean": "boolean", "floating": "float64"}


def read_table(model: Model, window: Window, connections: Connections) -> Iterator[pd.DataFrame]:
    """Yield the rows of a window from the source's table, in one read-only transaction.

    Values are bound, and names quoted. A SQLite database has no type for moments: event times are text with an
    offset there, as in CSV files, and so are the `:start` and `:end` of a query.

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
    with _connected(connections.database(str(model.source.connection)), where) as connection:
        sqlite = connection.dialect.name == "sqlite"
        statement = _query(model, window, sqlite) if query else _table(model, window, connection, where)
        found = connection.execute(statement)
        names = list(found.keys())
        yield _frame(names, [])
        for rows in found.partitions(FETCH_ROWS):
            frame = _frame(names, rows)
            if sqlite and model.event_time in names and types.is_string_dtype(frame[model.event_time].dtype):
                frame[model.event_time] = moments(frame[model.event_time], where, model)
                times = frame[model.event_time]
                if not query:  # what the database compared may be a rounding apart
                    frame = frame[((times >= window.start) & (times < window.end)) | times.isna()]
            yield frame


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
        raise SourceFailed(cause, "correct the connection; it is like postgresql+psycopg2://…") from None
    except SQLAlchemyError as error:
        message = str(getattr(error, "orig", None) or error).strip().splitlines() or [""]
        cause = f"{where}: {type(error).__name__}: {message[0]}"
        raise SourceFailed(cause, "check the connection, and the query in the database's own console") from error
    finally:
        if engine is not None:
            engine.dispose()


def _read_only(text: str) -> sa.URL:
    """Return the URL; a SQLite file is opened to read, and never made."""
    url = sa.make_url(text)
    if url.get_backend_name() != "sqlite" or not url.database or url.database.startswith("file:"):
        return url
    return url.set(database=f"file:{url.database}", query={**url.query, "mode": "ro", "uri": "true"})


def _query(model: Model, window: Window, sqlite: bool) -> Any:
    bounds = {"start": window.start, "end": window.end}
    given = {name: moment.isoformat(sep=" ") if sqlite else moment for name, moment in bounds.items()}
    kind: Any = sa.String() if sqlite else sa.DateTime(timezone=True)
    text = sa.text(model.source.path.strip().removesuffix(";"))
    return text.bindparams(*(sa.bindparam(name, value, type_=kind) for name, value in given.items()))


def _table(model: Model, window: Window, connection: sa.Connection, where: str) -> Any:
    """Return the select of the declared columns of the window's rows, and of those without an event time."""
    name, schema = _checked_table(model, connection, where)
    times = sa.column(model.event_time, sa.DateTime(timezone=True))
    inside = (times >= window.start) & (times < window.end)
    if connection.dialect.name == "sqlite":
        day, slack = sa.func.julianday(times, type_=sa.Float()), timedelta(seconds=1)
        low, high = (window.start - slack).isoformat(sep=" "), (window.end + slack).isoformat(sep=" ")
        inside = (day >= sa.func.julianday(low)) & (day < sa.func.julianday(high))
    columns: list[Any] = [sa.column(column) for column in model.columns]
    table = sa.table(name, *columns, schema=schema)
    return sa.select(*(table.c[column] for column in model.columns)).where(inside | times.is_(None))


def _checked_table(model: Model, connection: sa.Connection, where: str) -> tuple[str, str | None]:
    """Return the name and the schema of a table that has the declared columns."""
    schema, _, name = model.source.path.rpartition(".")
    inspector = sa.inspect(connection)
    try:
        columns = {column["name"]: column["type"] for column in inspector.get_columns(name, schema or None)}
    except NoSuchTableError:
        tables = [*inspector.get_table_names(schema or None), *inspector.get_view_names(schema or None)]
        cause = f"{where}: there is no table {model.source.path!r}{nearest(name, tables)}"
        raise SourceFailed(cause, "correct the table in the spec, or what the connection may see") from None
    for column in model.columns:
        if column not in columns:
            cause = f"{where}: {model.source.path} has no column {column!r}{nearest(column, columns)}"
            raise MissingColumn(cause, "correct its name in the spec, or give a query that delivers it")
    kind = columns[model.event_time]
    if connection.dialect.name == "postgresql" and getattr(kind, "timezone", True) is False:
        cause = f"{where}: event time {model.event_time!r} is stored as {kind}, without a time zone"
        raise NaiveTimestamp(cause, "give a query that says what zone it is in: at AT TIME ZONE 'UTC' AS at")
    return name, schema or None


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
