"""The schema's revision: current costs one query; older is migrated by Alembic; newer is refused."""

from __future__ import annotations

import time
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.exc import OperationalError

from windvane.errors import RegistryUnavailable, SchemaTooNew

HEAD = "0005"
"""The revision this Windvane reads and writes."""
VERSION_TABLE = "windvane_schema"
"""Alembic's table; its own name, so that the database may hold another program's as well."""

BEGIN_WRITING = "BEGIN IMMEDIATE"
"""Takes the write lock at once: a lock taken later, at the first write, may fail after others have read."""

_REVISION = sa.text(f"SELECT version_num FROM {VERSION_TABLE}")  # noqa: S608 (a constant)
_FOLDER = Path(__file__).parent / "migrations"


def bring_up_to_date(engine: sa.Engine, patience: float) -> None:
    """Migrate a database to `HEAD`; safe with other processes that do the same at once.

    Args:
        engine: An engine that begins a transaction with its `windvane_begin` option.
        patience: How long to wait for another process, in seconds.

    Raises:
        SchemaTooNew: Its revision is later than `HEAD`.
        RegistryUnavailable: Its revision is none of ours, or its tables are another program's.
    """
    with engine.connect() as connection, connection.begin():
        if _is_current(connection, engine):
            return
    _use_write_ahead_log(engine, patience)
    with engine.connect() as connection:
        connection.execution_options(windvane_begin=BEGIN_WRITING)
        with connection.begin():
            _upgrade(connection, engine)  # nothing happens when another process came first


def _is_current(connection: sa.Connection, engine: sa.Engine) -> bool:
    if not sa.inspect(connection).has_table(VERSION_TABLE):
        return False
    found = connection.execute(_REVISION).scalar()
    if found is not None and found > HEAD:
        cause = f"registry {engine.url.render_as_string()} has schema {found}; this Windvane knows up to {HEAD}"
        raise SchemaTooNew(cause, "use a Windvane at least as new as the one that wrote it")
    return found == HEAD


def _upgrade(connection: sa.Connection, engine: sa.Engine) -> None:
    from alembic import command
    from alembic.config import Config
    from alembic.util import CommandError

    others = set(sa.inspect(connection).get_table_names()) - {VERSION_TABLE}
    if others and not sa.inspect(connection).has_table(VERSION_TABLE):
        cause = (
            f"registry {engine.url.render_as_string()} holds another program's tables: {', '.join(sorted(others)[:5])}"
        )
        raise RegistryUnavailable(cause, "give the registry a database of its own")
    config = Config()
    config.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, HEAD)
    except CommandError as error:
        cause = f"registry {engine.url.render_as_string()} cannot be migrated to schema {HEAD}: {error}"
        raise RegistryUnavailable(cause, "restore it from a backup") from error


def _use_write_ahead_log(engine: sa.Engine, patience: float) -> None:
    """Let readers go on while one process writes. The mode stays with the file, so it is set once, at its making.

    SQLite does not wait for a lock here, so a second process that opens the same new file tries again.
    """
    deadline = time.monotonic() + patience
    while True:
        try:
            with engine.connect() as connection:
                connection.execution_options(windvane_begin="")  # the mode cannot change within a transaction
                connection.exec_driver_sql("PRAGMA journal_mode = WAL")
                return
        except OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.02)
