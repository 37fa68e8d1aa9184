"""Connections: one a transaction, reads without locks, writes one at a time, and every failure by its name."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError
from sqlalchemy.pool import NullPool

from windvane.errors import RegistryLocked, RegistryUnavailable, StorageFull, WindvaneError
from windvane.stores.sql.schema import BEGIN_WRITING, bring_up_to_date

_BUSY, _LOCKED, _FULL = 5, 6, 13
"""SQLite's primary result codes (https://www.sqlite.org/rescode.html)."""


class Database:
    """A registry's database.

    Every transaction has a connection of its own, so that processes forked in between share none.

    Args:
        url: A SQLAlchemy URL: `sqlite:////absolute/path.db`.
        busy_timeout: How long to wait for another writer.

    Raises:
        RegistryUnavailable: It cannot be opened.
        RegistryLocked: Another process kept it locked while its schema was to be brought up to date.
        SchemaTooNew: A newer Windvane wrote it.
    """

    def __init__(self, url: str, busy_timeout: float = 10.0) -> None:
        self._engine = self._open(url, busy_timeout)
        self.url = self._engine.url.render_as_string(hide_password=True)
        with self._named():
            bring_up_to_date(self._engine, busy_timeout)

    def close(self) -> None:
        """Let go of what is open."""
        self._engine.dispose()

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """Open a transaction that sees one moment of the database and locks nobody out."""
        with self._named(), self._engine.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def writing(self) -> Iterator[sa.Connection]:
        """Open a transaction that holds the write lock from its beginning; it is committed whole or not at all."""
        with self._named(), self._engine.connect() as connection:
            connection.execution_options(windvane_begin=BEGIN_WRITING)
            with connection.begin():
                yield connection

    def _open(self, url: str, busy_timeout: float) -> sa.Engine:
        try:
            parsed = sa.make_url(url)
        except ArgumentError:
            raise RegistryUnavailable(f"registry {url!r} is no database URL", _FORMS) from None
        if parsed.get_backend_name() != "sqlite" or not _is_file(parsed.database):
            shown = parsed.render_as_string(hide_password=True)
            raise RegistryUnavailable(f"registry {shown} is no SQLite file", _FORMS)
        path = Path(parsed.database or "").expanduser().absolute()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            engine = sa.create_engine(
                parsed.set(database=str(path)), poolclass=NullPool, connect_args={"timeout": busy_timeout}
            )
        except OSError as error:
            cause = f"registry {path}: its folder cannot be made: {error.strerror or error}"
            raise RegistryUnavailable(cause, "choose another place with WINDVANE_REGISTRY") from error
        except NoSuchModuleError as error:
            raise RegistryUnavailable(f"registry {url!r}: {error}", _FORMS) from error
        sa.event.listen(engine, "connect", _configure)
        sa.event.listen(engine, "begin", _begin)
        return engine

    @contextmanager
    def _named(self) -> Iterator[None]:
        """Turn the driver's failures into named ones."""
        started = time.monotonic()
        try:
            yield
        except DBAPIError as error:
            raise self._failure(error, time.monotonic() - started) from error

    def _failure(self, error: DBAPIError, waited: float) -> WindvaneError:
        where = f"registry {self._engine.url.render_as_string(hide_password=True)}"
        code = getattr(error.orig, "sqlite_errorcode", 0) & 0xFF
        if code in (_BUSY, _LOCKED):
            cause = f"{where} has been locked by another process for {waited:.0f} seconds"
            return RegistryLocked(cause, "nothing was changed; run the same again when the other process is done")
        if code == _FULL:
            return StorageFull(f"{where}: the disk is full", "free some space, then run the same again")
        cause = f"{where} cannot be used: {error.orig}"
        return RegistryUnavailable(cause, "check that the path is right, the file is a registry, and you may write it")


_FORMS = "write WINDVANE_REGISTRY like sqlite:////srv/windvane/registry.db"


def _is_file(database: str | None) -> bool:
    return database is not None and database not in ("", ":memory:") and not database.startswith("file:")


def _configure(connection: object, record: object) -> None:  # noqa: ARG001 (SQLAlchemy's signature)
    """Leave transactions to us, and hold foreign keys."""
    connection.isolation_level = None  # type: ignore[attr-defined]  # sqlite3.Connection, typed as any driver's
    connection.execute("PRAGMA foreign_keys = ON")  # type: ignore[attr-defined]  # as above


def _begin(connection: sa.Connection) -> None:
    statement = connection.get_execution_options().get("windvane_begin", "BEGIN")
    if statement:
        connection.exec_driver_sql(statement)
