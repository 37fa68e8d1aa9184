"""The schema: made from nothing, left alone when it is current, refused when it is newer."""

from __future__ import annotations

import multiprocessing

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from tests.unit.stores.sql.places import Place
from windvane.errors import RegistryUnavailable, SchemaTooNew
from windvane.stores.sql import schema
from windvane.stores.sql.tables import metadata


def revision(place: Place) -> list[tuple[str]]:
    return place.execute("SELECT version_num FROM windvane_schema")


def put(place: Place, number: str) -> None:
    place.execute("UPDATE windvane_schema SET version_num = :number", number=number)


def tables(place: Place) -> list[str]:
    return sa.inspect(place.engine()).get_table_names()


def test_the_migrations_make_the_declared_tables(place: Place) -> None:
    with place.open().database.reading() as connection:
        context = MigrationContext.configure(
            connection, opts={"version_table": schema.VERSION_TABLE, "compare_type": True}
        )
        assert compare_metadata(context, metadata) == []


def test_the_revision_is_the_newest_migration(place: Place) -> None:
    assert revision(place) == [(schema.HEAD,)]
    assert ScriptDirectory(str(schema._FOLDER)).get_current_head() == schema.HEAD


def test_a_current_registry_is_opened_without_a_write(place: Place) -> None:
    with place.engine().begin() as holder:
        locked = "BEGIN IMMEDIATE" if place.kind == "sqlite" else "LOCK TABLE windvane_schema IN SHARE MODE"
        holder.exec_driver_sql(locked)
        assert place.open(busy_timeout=0.1).models.all() == []


def test_a_newer_registry_is_refused_and_left_alone(place: Place) -> None:
    put(place, "9999")
    with pytest.raises(SchemaTooNew, match=rf"registry.* has schema 9999; this Windvane knows up to {schema.HEAD}"):
        place.open()
    assert revision(place) == [("9999",)]


def test_a_revision_that_is_none_of_ours_is_refused(place: Place) -> None:
    put(place, "0000")
    with pytest.raises(RegistryUnavailable, match=rf"cannot be migrated to schema {schema.HEAD}: .*0000"):
        place.open()
    assert revision(place) == [("0000",)]


def test_a_registry_that_names_two_schemas_is_refused(place: Place) -> None:
    place.execute("INSERT INTO windvane_schema VALUES ('9')")
    with pytest.raises(RegistryUnavailable, match="names 2 schemas in windvane_schema"):
        place.open()


def test_another_programs_database_is_refused_and_left_alone(nowhere: Place) -> None:
    nowhere.execute("CREATE TABLE models (weight REAL)")
    with pytest.raises(RegistryUnavailable, match="holds another program's tables: models"):
        nowhere.open()
    assert tables(nowhere) == ["models"]


def test_an_interrupted_migration_leaves_nothing(nowhere: Place) -> None:
    def fail(connection: sa.Connection, *rest: object) -> None:
        if "CREATE TABLE versions" in str(rest[1]):
            raise KeyboardInterrupt

    sa.event.listen(sa.Engine, "before_cursor_execute", fail)
    try:
        with pytest.raises(KeyboardInterrupt):
            nowhere.open()
    finally:
        sa.event.remove(sa.Engine, "before_cursor_execute", fail)
    assert tables(nowhere) == []
    assert nowhere.open().models.all() == []


def open_one(place: Place) -> int:
    return len(place.open().models.all())


def test_eight_processes_that_open_a_new_registry_at_once_all_succeed(nowhere: Place) -> None:
    with multiprocessing.get_context("fork").Pool(8) as pool:
        assert pool.map(open_one, [nowhere] * 8, chunksize=1) == [0] * 8
    assert revision(nowhere) == [(schema.HEAD,)]
