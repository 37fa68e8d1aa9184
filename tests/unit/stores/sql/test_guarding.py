"""A guard that somebody took down, disabled or altered is named, on both databases."""

from __future__ import annotations

import pytest

from tests.unit.stores.sql.places import Place
from windvane.errors import Unguarded
from windvane.stores.sql import SqlRegistry
from windvane.stores.sql.guards import declared

NAME = "windvane_promotions_epoch"
SQLITE = (
    ("missing", f"DROP TRIGGER {NAME}"),
    (
        "altered",
        f"DROP TRIGGER {NAME}",
        f"CREATE TRIGGER {NAME} BEFORE INSERT ON promotions WHEN 1 = 0 BEGIN SELECT RAISE(ABORT, 'never'); END",
    ),
)
POSTGRESQL = (
    ("missing", f"DROP TRIGGER {NAME} ON promotions"),
    ("disabled", f"ALTER TABLE promotions DISABLE TRIGGER {NAME}"),
    (
        "altered",
        f"CREATE OR REPLACE FUNCTION {NAME}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$",
    ),
    (
        "altered",
        f"DROP TRIGGER {NAME} ON promotions",
        f"CREATE TRIGGER {NAME} AFTER INSERT ON promotions FOR EACH ROW EXECUTE FUNCTION {NAME}()",
    ),
    (
        "altered",
        f"DROP TRIGGER {NAME} ON promotions",
        f"CREATE TRIGGER {NAME} BEFORE INSERT ON promotions FOR EACH ROW WHEN (false) EXECUTE FUNCTION {NAME}()",
    ),
)


def test_whatever_was_done_to_a_guard_is_named(registry: SqlRegistry, place: Place) -> None:
    standing = {guard.trigger: guard for guard in declared(place.kind)}[NAME]
    registry.audit.verify_guards()
    for message, *statements in SQLITE if place.kind == "sqlite" else POSTGRESQL:
        with place.engine().begin() as connection:
            for statement in statements:
                connection.exec_driver_sql(statement)
        with pytest.raises(Unguarded, match=f"guard {NAME} (is|was) {message}"):
            registry.audit.verify_guards()
        with place.engine().begin() as connection:
            function = place.kind == "postgresql"
            connection.exec_driver_sql(
                f"DROP FUNCTION {NAME} CASCADE" if function else f"DROP TRIGGER IF EXISTS {NAME}"
            )
            for statement in standing.statements:
                connection.exec_driver_sql(statement)
        registry.audit.verify_guards()


FOREIGN = {
    "trigger windvane_mine": (
        "CREATE TRIGGER windvane_mine AFTER INSERT ON scores BEGIN DELETE FROM fences; END",
        "DROP TRIGGER windvane_mine",
    ),
    "table mine": ("CREATE TABLE mine (key TEXT)", "DROP TABLE mine"),
    "view mine": ("CREATE VIEW mine AS SELECT * FROM scores", "DROP VIEW mine"),
    "column scores.mine": ("ALTER TABLE scores ADD COLUMN mine TEXT", "ALTER TABLE scores DROP COLUMN mine"),
}
FOREIGN_ON_POSTGRESQL = {
    "trigger mine on scores": (
        (
            "CREATE FUNCTION mine() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;"
            "CREATE TRIGGER mine AFTER INSERT ON scores FOR EACH ROW EXECUTE FUNCTION mine()"
        ),
        "DROP FUNCTION mine CASCADE",
    ),
    "column scores.mine": FOREIGN["column scores.mine"],
}


def test_a_foreign_trigger_table_view_or_column_is_named(registry: SqlRegistry, place: Place) -> None:
    """A database of PostgreSQL may hold another program's tables: there our own tables alone are looked at."""
    for name, (made, undone) in (FOREIGN if place.kind == "sqlite" else FOREIGN_ON_POSTGRESQL).items():
        with place.engine().begin() as connection:
            connection.exec_driver_sql(made)
        with pytest.raises(Unguarded, match=f"{name} is none of Windvane's"):
            registry.audit.verify_guards()
        with place.engine().begin() as connection:
            connection.exec_driver_sql(undone)
        registry.audit.verify_guards()
