"""Rows of an older schema brought up to date in a registry of their own, before another one takes them in."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

import sqlalchemy as sa

from windvane.errors import DamagedExport, SchemaTooNew
from windvane.stores.registry import Row
from windvane.stores.sql.registry import SqlRegistry
from windvane.stores.sql.schema import HEAD, migrate
from windvane.stores.sql.transfer import insert

_REMEDY = "export the model again; nothing was imported"


def staged(folder: Path, revision: str, model: str, rows: Callable[[], Iterable[Row]]) -> SqlRegistry:
    """Return a registry in a folder that holds these rows alone, at the present schema.

    Args:
        folder: An empty folder.
        revision: The schema that the rows are of.
        model: Whose they are.
        rows: Gives them, from their beginning.

    Raises:
        SchemaTooNew: They are of a later schema.
        DamagedExport: They are none of that schema, or of another model.
    """
    url = f"sqlite:///{folder / 'staging.db'}"
    if revision > HEAD:
        cause = f"{model} was exported with schema {revision}; this Windvane knows up to {HEAD}"
        raise SchemaTooNew(cause, "import it with a Windvane at least as new as the one that exported it")
    if revision == HEAD:
        registry = SqlRegistry(url)
        registry.audit.receive(model, rows)
        return registry
    _insert_as_they_were(url, revision, model, rows)
    return SqlRegistry(url)  # which migrates them


def _insert_as_they_were(url: str, revision: str, model: str, rows: Callable[[], Iterable[Row]]) -> None:
    from alembic.util import CommandError

    engine = sa.create_engine(url)
    try:
        with engine.begin() as connection:
            migrate(connection, revision)
            tables = sa.MetaData()
            tables.reflect(connection)
            insert(connection, tables, model, rows())
    except CommandError as error:
        raise DamagedExport(f"{model}: {revision!r:.90} is no schema of Windvane's: {error}", _REMEDY) from error
    finally:
        engine.dispose()
