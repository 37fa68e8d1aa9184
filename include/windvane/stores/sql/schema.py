"""The schema's revision: current costs one query; older is migrated by Alembic; newer is refused."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa

from windvane.errors import RegistryUnavailable, SchemaTooNew
from windvane.stores.sql.backend import BEGIN_READING, BEGIN_WRITING, Backend

HEAD = "0009"
"""The revision this Windvane reads and writes."""
VERSION_TABLE = "windvane_schema"
"""Alembic's table; its own name, so that the database may hold another program's as well."""

_REVISION = sa.text(f"SELECT version_num FROM {VERSION_TABLE}")  # noqa: S608 (a constant)
_FOLDER = Path(__file__).parent / "migrations"


def bring_up_to_date(backend: Backend) -> None:
    """Migrate a database to `HEAD`; safe with other processes that do the same at once.

    Raises:
        SchemaTooNew: Its revision is later than `HEAD`.
        RegistryUnavailable: Its revision is none of ours, or its tables are another program's.
    """
    with backend.engine.connect() as connection:
        backend.begin(connection, BEGIN_READING)
        with connection.begin():
            if _is_current(connection, backend):
                return
    backend.prepare()
    with backend.engine.connect() as connection:
        backend.begin(connection, BEGIN_WRITING)
        with connection.begin():
            backend.lock_schema(connection)
            if not _is_current(connection, backend):  # nothing happens when another process came first
                _upgrade(connection, backend)


def _is_current(connection: sa.Connection, backend: Backend) -> bool:
    if not sa.inspect(connection).has_table(VERSION_TABLE):
        return False
    revisions = list(connection.execute(_REVISION).scalars())
    if len(revisions) > 1:
        cause = f"{backend.where} names {len(revisions)} schemas in {VERSION_TABLE}: {', '.join(map(str, revisions))}"
        raise RegistryUnavailable(cause, "restore it from a backup; a registry has one schema")
    found = revisions[0] if revisions else None
    if found is not None and found > HEAD:
        cause = f"{backend.where} has schema {found}; this Windvane knows up to {HEAD}"
        raise SchemaTooNew(cause, "use a Windvane at least as new as the one that wrote it")
    return found == HEAD


def _upgrade(connection: sa.Connection, backend: Backend) -> None:
    from alembic.util import CommandError

    from windvane.stores.sql.guards import put_up, take_down

    tables = set(sa.inspect(connection).get_table_names())
    if tables and VERSION_TABLE not in tables:
        cause = f"{backend.where} holds another program's tables: {', '.join(sorted(tables)[:5])}"
        raise RegistryUnavailable(cause, "give the registry a database of its own")
    take_down(connection)
    try:
        migrate(connection, HEAD)
    except CommandError as error:
        cause = f"{backend.where} cannot be migrated to schema {HEAD}: {error}"
        raise RegistryUnavailable(cause, "restore it from a backup") from error
    put_up(connection)


def migrate(connection: sa.Connection, revision: str) -> None:
    """Run the migrations up to a revision; nothing guards the rows meanwhile."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, revision)
