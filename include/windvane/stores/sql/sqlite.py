"""SQLite: a file with a write-ahead log; one writer at a time, and readers that wait for nobody."""

from __future__ import annotations

import random
import time
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, NoSuchModuleError, OperationalError
from sqlalchemy.pool import NullPool

from windvane.errors import RegistryUnavailable, StorageFull, WindvaneError
from windvane.stores.modes import make_file, make_folders
from windvane.stores.sql.backend import BEGIN_READING, BEGIN_WRITING, NO_TRANSACTION, Backend

_BUSY, _LOCKED, _FULL = 5, 6, 13
"""SQLite's primary result codes (https://www.sqlite.org/rescode.html)."""
_NAP = 0.02
"""The longest pause before the write lock is asked for again, in seconds."""

FORM = "sqlite:////srv/windvane/registry.db"


class SqliteBackend(Backend):
    """A registry in a file."""

    def prepare(self) -> None:
        """Let readers go on while one process writes. The mode stays with the file, so it is set once, at its making.

        SQLite does not wait for a lock here, so a second process that opens the same new file tries again.
        """
        deadline = time.monotonic() + self.patience
        while True:
            try:
                with self.engine.connect() as connection:
                    self.begin(connection, NO_TRANSACTION)  # the mode cannot change within one
                    connection.exec_driver_sql("PRAGMA journal_mode = WAL")
                    return
            except OperationalError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(_NAP)

    def begin(self, connection: sa.Connection, kind: str) -> None:
        """See `Backend.begin`."""
        connection.execution_options(windvane_begin=kind)

    def lock_schema(self, connection: sa.Connection) -> None:
        """See `Backend.lock_schema`: a writing transaction holds the whole file."""

    def harden(self) -> None:
        """See `Backend.harden`: a checkpoint syncs the log, and the file after it."""
        with self.engine.connect() as connection:
            self.begin(connection, NO_TRANSACTION)
            connection.exec_driver_sql("PRAGMA wal_checkpoint(FULL)")

    def passes(self, error: DBAPIError) -> bool:  # noqa: ARG002 (as the protocol has it)
        """See `Backend.passes`: whoever holds the lock was waited for already."""
        return False

    def damage(self, connection: sa.Connection) -> str | None:
        """See `Backend.damage`: a flipped byte of an index changes what is found, and no row."""
        message = connection.exec_driver_sql("PRAGMA integrity_check(1)").scalar()
        if message != "ok":
            return str(message)
        orphan = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
        return f"a row of {orphan[0]} refers to a row of {orphan[2]} that is not there" if orphan else None

    def failure(self, error: DBAPIError, waited: float) -> WindvaneError:
        """See `Backend.failure`."""
        code = getattr(error.orig, "sqlite_errorcode", 0) & 0xFF
        if code in (_BUSY, _LOCKED):
            return self.locked(waited)
        if code == _FULL:
            return StorageFull(f"{self.where}: the disk is full", "free some space, then run the same again")
        cause = f"{self.where} cannot be used: {error.orig}"
        return RegistryUnavailable(cause, "check that the path is right, the file is a registry, and you may write it")


def open_sqlite(url: sa.URL, patience: float, forms: str) -> SqliteBackend:
    """Return the backend of a file; its folders are made, the file is made when it is first used.

    Raises:
        RegistryUnavailable: The URL names no file, or its folder cannot be made.
    """
    database = url.database or ""
    if database in ("", ":memory:") or database.startswith("file:"):
        raise RegistryUnavailable(f"registry {url.render_as_string(hide_password=True)} is no SQLite file", forms)
    path = Path(database).expanduser().absolute()
    try:
        make_folders(path.parent)
        full = url.set(database=str(path))
        engine = sa.create_engine(full, poolclass=NullPool, connect_args={"timeout": patience})
    except OSError as error:
        cause = f"registry {path}: its folder cannot be made: {error.strerror or error}"
        raise RegistryUnavailable(cause, "choose another place with WINDVANE_REGISTRY") from error
    except NoSuchModuleError as error:
        raise RegistryUnavailable(f"registry {url.render_as_string()}: {error}", forms) from error
    backend = SqliteBackend(engine, full.render_as_string(hide_password=True), patience)
    sa.event.listen(engine, "do_connect", lambda *_: make_file(path))  # SQLite's own would be readable by all
    sa.event.listen(engine, "connect", _configure)
    sa.event.listen(engine, "begin", lambda connection: _begin(connection, patience))
    return backend


def _configure(connection: object, record: object) -> None:  # noqa: ARG001 (SQLAlchemy's signature)
    """Leave transactions to us, and hold foreign keys."""
    connection.isolation_level = None  # type: ignore[attr-defined]  # sqlite3.Connection, typed as any driver's
    connection.execute("PRAGMA foreign_keys = ON")  # type: ignore[attr-defined]  # as above


def _begin(connection: sa.Connection, patience: float) -> None:
    kind = connection.get_execution_options().get("windvane_begin", BEGIN_READING)
    if kind == BEGIN_WRITING:
        _begin_immediate(connection, patience)
    elif kind == BEGIN_READING:
        connection.exec_driver_sql("BEGIN")


def _begin_immediate(connection: sa.Connection, patience: float) -> None:
    """Take the write lock at once: a lock taken later, at the first write, may fail after others have read.

    SQLite's own waiting pauses ever longer, so that under many writers those who wait longest ask least, and starve.
    Here all ask equally often, at random moments: with n waiting, each has the next turn with a chance of 1 in n.
    """
    deadline = time.monotonic() + patience
    connection.exec_driver_sql("PRAGMA busy_timeout = 0")
    while True:
        try:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            break
        except OperationalError as error:
            code = getattr(error.orig, "sqlite_errorcode", 0) & 0xFF
            if code not in (_BUSY, _LOCKED) or time.monotonic() > deadline:
                raise
            time.sleep(random.uniform(0.1, 1.0) * _NAP)  # noqa: S311 (when to ask again is no secret)
    connection.exec_driver_sql(f"PRAGMA busy_timeout = {int(patience * 1000)}")
