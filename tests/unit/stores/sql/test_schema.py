"""The schema: made from nothing, left alone when it is current, refused when it is newer."""

from __future__ import annotations

import multiprocessing
import sqlite3
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from windvane.errors import RegistryUnavailable, SchemaTooNew
from windvane.stores.sql import SqlRegistry, schema
from windvane.stores.sql.tables import metadata


def revision(file: Path) -> list[tuple[str]]:
    with sqlite3.connect(file) as connection:
        return connection.execute("SELECT version_num FROM windvane_schema").fetchall()


def put(file: Path, number: str) -> None:
    with sqlite3.connect(file) as connection:
        connection.execute("UPDATE windvane_schema SET version_num = ?", (number,))


def test_the_migrations_make_the_declared_tables(file: Path) -> None:
    with SqlRegistry(f"sqlite:///{file}").reading() as connection:
        context = MigrationContext.configure(
            connection, opts={"version_table": schema.VERSION_TABLE, "compare_type": True}
        )
        assert compare_metadata(context, metadata) == []


def test_the_revision_is_the_newest_migration(empty: SqlRegistry, file: Path) -> None:
    assert revision(file) == [(schema.HEAD,)]
    assert ScriptDirectory(str(schema._FOLDER)).get_current_head() == schema.HEAD


def test_a_current_registry_is_opened_without_a_write(empty: SqlRegistry, file: Path) -> None:
    holder = sqlite3.connect(file, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    assert SqlRegistry(f"sqlite:///{file}", busy_timeout=0).models() == []
    holder.close()


def test_a_newer_registry_is_refused_and_left_alone(empty: SqlRegistry, file: Path) -> None:
    put(file, "0002")
    with pytest.raises(SchemaTooNew, match=r"registry\.db has schema 0002; this Windvane knows up to 0001"):
        SqlRegistry(f"sqlite:///{file}")
    assert revision(file) == [("0002",)]


def test_a_revision_that_is_none_of_ours_is_refused(empty: SqlRegistry, file: Path) -> None:
    put(file, "0000")
    with pytest.raises(RegistryUnavailable, match=r"cannot be migrated to schema 0001: .*0000"):
        SqlRegistry(f"sqlite:///{file}")


def test_another_programs_database_is_refused_and_left_alone(file: Path) -> None:
    with sqlite3.connect(file) as connection:
        connection.execute("CREATE TABLE models (weight REAL)")
    with pytest.raises(RegistryUnavailable, match="holds another program's tables: models"):
        SqlRegistry(f"sqlite:///{file}")
    with sqlite3.connect(file) as connection:
        assert connection.execute("SELECT name FROM sqlite_master").fetchall() == [("models",)]


def test_an_interrupted_migration_leaves_nothing(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(connection: sa.Connection, *rest: object) -> None:
        if "CREATE TABLE versions" in str(rest[1]):
            raise KeyboardInterrupt

    sa.event.listen(sa.Engine, "before_cursor_execute", fail)
    try:
        with pytest.raises(KeyboardInterrupt):
            SqlRegistry(f"sqlite:///{file}")
    finally:
        sa.event.remove(sa.Engine, "before_cursor_execute", fail)
    with sqlite3.connect(file) as connection:
        assert connection.execute("SELECT name FROM sqlite_master").fetchall() == []
    assert SqlRegistry(f"sqlite:///{file}").models() == []


def open_one(file: str) -> int:
    return len(SqlRegistry(f"sqlite:///{file}").models())


def test_eight_processes_that_open_a_new_registry_at_once_all_succeed(file: Path) -> None:
    with multiprocessing.get_context("fork").Pool(8) as pool:
        assert pool.map(open_one, [str(file)] * 8, chunksize=1) == [0] * 8
    assert revision(file) == [(schema.HEAD,)]
