"""A window's scores as rows of a table for their consumers, written in one transaction."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError

from windvane.errors import ContractBroken, DeliveryFailed
from windvane.results import Publication
from windvane.stores.urls import FORM, url_of

if TYPE_CHECKING:
    import pandas as pd

_ROWS = 5_000
"""Rows of one statement."""


def deliver_rows(url: str, table: str, publication: Publication, frame: pd.DataFrame, mode: str) -> None:
    """Write a window's rows, unless a newer publication is there. The table is made where it is missing.

    Args:
        url: SQLAlchemy URL of the database.
        table: `name` or `schema.name`.
        publication: What the rows are of.
        frame: The rows.
        mode: `merge`: they take the place of the window's other rows; `append`: of the same publication's only.

    Raises:
        ContractBroken: The table has other columns, or columns of other types.
        DeliveryFailed: The database cannot be reached, or refuses; nothing was written.
    """
    engine = None
    try:
        engine = sa.create_engine(url_of(url), poolclass=sa.NullPool)
        if engine.dialect.name == "sqlite":
            _begin_at_once(engine)
        with engine.begin() as connection:
            _write(connection, table, publication, frame, mode)
    except (ArgumentError, NoSuchModuleError):
        cause = "the connection is no SQLAlchemy URL of a database whose driver is installed"
        raise DeliveryFailed(cause, f"correct the connection; {FORM}") from None
    except SQLAlchemyError as error:
        message = str(getattr(error, "orig", None) or error).strip().splitlines() or [""]
        cause = f"table {table}: {type(error).__name__}: {message[0]}"
        raise DeliveryFailed(cause, "check the connection, and what it may write; then run the same again") from error
    finally:
        if engine is not None:
            engine.dispose()


def _begin_at_once(engine: sa.Engine) -> None:
    """Let a transaction of SQLite lock the file when it begins: what it reads is then what it writes upon."""

    @sa.event.listens_for(engine, "connect")
    def plain(connection: Any, _: Any) -> None:
        connection.isolation_level = None

    @sa.event.listens_for(engine, "begin")
    def begin(connection: Any) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")


def _write(connection: sa.Connection, name: str, publication: Publication, frame: pd.DataFrame, mode: str) -> None:
    if connection.dialect.name == "postgresql":  # one at a time for a window of a table, and for making the table
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(zlib.crc32(f"windvane {name}".encode()))))
    table = _table(name, frame)
    inspector = sa.inspect(connection)
    if inspector.has_table(table.name, schema=table.schema):
        _check(inspector, table, name)
    else:
        table.create(connection)
    own = (table.c.model == publication.model) & (table.c.window == publication.window)
    newest = connection.execute(sa.select(sa.func.max(table.c.publication)).where(own)).scalar()
    if mode == "merge" and newest is not None and newest > publication.publication:
        return
    if mode == "append":
        own &= table.c.publication == publication.publication
    connection.execute(sa.delete(table).where(own))
    rows = frame.astype(object).where(frame.notna(), None)
    for start in range(0, len(rows), _ROWS):
        found = rows.iloc[start : start + _ROWS].to_dict("records")
        connection.execute(sa.insert(table), [{str(key): _plain(value) for key, value in row.items()} for row in found])


def _table(name: str, frame: pd.DataFrame) -> sa.Table:
    schema, _, table = name.rpartition(".")
    columns = [sa.Column(str(column), _type(frame[column]), nullable=False) for column in frame.columns]
    return sa.Table(table, sa.MetaData(), *columns, schema=schema or None)


def _type(values: pd.Series[Any]) -> Any:
    kind = values.dtype.kind
    if kind == "M":
        return sa.DateTime(timezone=True)
    return {"i": sa.BigInteger(), "u": sa.BigInteger(), "f": sa.Float(53), "b": sa.Boolean()}.get(kind, sa.Text())


def _check(inspector: sa.Inspector, table: sa.Table, name: str) -> None:
    """Refuse a table whose columns are not the ones that are delivered."""
    there = {column["name"]: column for column in inspector.get_columns(table.name, schema=table.schema)}
    problems = [f"column {column.name!r} is missing" for column in table.c if column.name not in there]
    problems += [
        f"column {column.name!r} is {there[column.name]['type']}, not {column.type}"
        for column in table.c
        if column.name in there and not _alike(there[column.name]["type"], column.type)
    ]
    problems += [
        f"column {other!r} needs a value, and has none by default"
        for other, found in there.items()
        if other not in table.c and not found.get("nullable", True) and found.get("default") is None
    ]
    if problems:
        cause = f"table {name} does not take these scores: {'; '.join(problems)}"
        raise ContractBroken(cause, "alter the table, or deliver to another one; then run the same again")


def _alike(there: Any, wanted: Any) -> bool:
    kinds: tuple[Any, ...] = (sa.DateTime, sa.Integer, sa.Boolean, (sa.Float, sa.Numeric), sa.String)
    return any(isinstance(wanted, kind) and isinstance(there, kind) for kind in kinds)


def _plain(value: Any) -> Any:
    """Return a value as database drivers take it."""
    if hasattr(value, "to_pydatetime"):
        return value.to_pydatetime()
    return value.item() if hasattr(value, "item") else value
