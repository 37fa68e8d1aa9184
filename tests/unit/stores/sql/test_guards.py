"""What plain SQL may not do either, on both databases: the rules stand in the database itself."""

from __future__ import annotations

import re
from itertools import product
from typing import get_args

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from tests.unit.stores.examples import ADA, MODEL, SCHEDULE, built, draft_of, evaluated, promoted
from tests.unit.stores.sql.places import Place
from tests.unit.stores.sql.test_audit_log import everything
from windvane.results import VersionState
from windvane.results.states import TRANSITIONS
from windvane.stores.sql import SqlRegistry, guards

REFUSALS = "|".join(
    {re.escape(f"{guard.table}: {guard.message}") for guard in guards.guards()} | {"one_champion", "UNIQUE"}
)
QUOTED = "'x'"
STATES = get_args(VersionState)
MOVE = (
    "INSERT INTO promotions (model, epoch, version, kind, from_version, at, actor, actor_kind, run_id, reason)"
    " VALUES ('loans', {epoch}, {version}, '{kind}', {before}, '2015-01-01 00:00:00', '{actor}',"
    " '{actor_kind}', '', '{reason}')"
)
GOOD = {
    "epoch": 4,
    "version": 4,
    "kind": "promote",
    "before": 1,
    "actor": "schedule",
    "actor_kind": "automation",
    "reason": "passed",
}


def refused(place: Place, statement: str) -> None:
    """Hold that a statement is refused, and changes nothing."""
    with pytest.raises(DBAPIError, match=REFUSALS):
        place.execute(statement)


def filled(place: Place) -> list[str]:
    """Return the guarded tables that have a row; a row's trigger refuses nothing where there is none."""
    found = [table for table in guards._KEPT if place.execute(f"SELECT 1 FROM {table} LIMIT 1")]  # noqa: S608 (our tables)
    assert len(found) >= 13
    return found


def test_no_row_is_ever_deleted(registry: SqlRegistry, place: Place) -> None:
    everything(registry)
    for table in filled(place):
        refused(place, f"DELETE FROM {table}")  # noqa: S608 (names of tables)
        if place.kind == "postgresql":
            refused(place, f"TRUNCATE {table} CASCADE")
    registry.audit.verify(MODEL)


def test_what_a_row_is_about_never_changes(registry: SqlRegistry, place: Place) -> None:
    everything(registry)
    other = {"DateTime": "'2030-01-01 00:00:00'", "Integer": "99", "Float": "99.5", "Boolean": "false"}
    for table in filled(place):
        kinds = {item["name"]: item["type"] for item in sa.inspect(place.engine()).get_columns(table)}
        for column in guards._KEPT[table].split():
            known = (text for name, text in other.items() if isinstance(kinds[column], getattr(sa, name)))
            refused(place, f'UPDATE {table} SET "{column}" = {next(known, QUOTED)}')  # noqa: S608 (names of columns)
    registry.audit.verify(MODEL)


class TestStates:
    @pytest.fixture
    def one_of_each(self, registry: SqlRegistry) -> SqlRegistry:
        """v1 is champion, v2 archived, v3 rejected, v4 evaluated, v5 built."""
        promoted(registry, 1), promoted(registry, 2)
        registry.champions.rollback(MODEL, 1, ADA, "complaints")
        registry.versions.reject(MODEL, evaluated(registry, 3).version, SCHEDULE, "no better")
        evaluated(registry, 4), built(registry, 5)
        return registry

    def test_no_version_takes_a_step_that_is_none_nor_one_that_needs_a_move(
        self, one_of_each: SqlRegistry, place: Place
    ) -> None:
        numbers = {version.state: version.version for version in one_of_each.versions.all(MODEL)}
        assert set(numbers) == set(STATES)
        for before, after in product(STATES, repeat=2):
            plain = after in TRANSITIONS[before] and after not in ("champion", "archived")
            late = (before, after) == ("evaluated", "archived")  # let through beside a champion
            if before != after and not plain and not late:
                refused(place, f"UPDATE versions SET state = '{after}' WHERE version = {numbers[before]}")  # noqa: S608 (our states)
        assert {version.state: version.version for version in one_of_each.versions.all(MODEL)} == numbers

    @pytest.mark.parametrize("state", ["evaluated", "champion", "rejected", "archived", "nonsense"])
    def test_a_version_begins_as_built(self, one_of_each: SqlRegistry, place: Place, state: str) -> None:
        columns = "model, fingerprint, window_end, trained_until, created_at, actor, run_id, draft"
        refused(
            place,
            f'INSERT INTO versions (version, state, "window", {columns})'  # noqa: S608 (names of columns)
            f" SELECT 6, '{state}', '2013-06', {columns.replace('fingerprint', chr(39) + 'other' + chr(39))}"
            " FROM versions WHERE version = 5",
        )

    def test_there_is_one_champion(self, one_of_each: SqlRegistry, place: Place) -> None:
        place.execute(MOVE.format(**GOOD))  # a legal move, and both would be champion for a moment
        refused(place, "UPDATE versions SET state = 'champion' WHERE version = 4")
        place.execute("UPDATE versions SET state = 'archived' WHERE version = 1")
        place.execute("UPDATE versions SET state = 'champion' WHERE version = 4")

    @pytest.mark.parametrize(
        "wrong",
        [
            {"epoch": 6},
            {"epoch": 3},
            {"before": 2},
            {"before": "NULL"},
            {"version": 1},
            {"version": 5},
            {"version": 3},
            {"version": 3, "actor": "cli:ada", "actor_kind": "person", "reason": " "},
            {"version": 2, "kind": "rollback"},
            {"version": 2, "kind": "rollback", "actor": "airflow:ada", "actor_kind": "person", "reason": ""},
            {"version": 4, "kind": "rollback", "actor": "cli:ada", "actor_kind": "person"},
        ],
    )
    def test_no_move_breaks_a_rule(self, one_of_each: SqlRegistry, place: Place, wrong: dict[str, object]) -> None:
        refused(place, MOVE.format(**GOOD | wrong))
        assert len(one_of_each.champions.promotions(MODEL)) == 3

    def test_no_move_puts_an_older_window_over_a_newer_one(self, registry: SqlRegistry, place: Place) -> None:
        promoted(registry, 2), evaluated(registry, 1)
        refused(
            place,
            MOVE.format(**GOOD | {"epoch": 2, "version": 2, "before": 1, "actor": "cli:ada", "actor_kind": "person"}),
        )


def test_an_event_follows_the_last_one_and_the_trail_ends_with_it(registry: SqlRegistry, place: Place) -> None:
    insert = "INSERT INTO events (model, seq, at, kind, actor, run_id, payload, previous, hash) VALUES"
    refused(place, f"{insert} ('loans', 3, '2015-01-01 00:00:00', 'x', '', '', '', 'sha256:0', 'sha256:1')")
    refused(place, f"{insert} ('loans', 2, '2015-01-01 00:00:00', 'x', '', '', '', 'sha256:0', 'sha256:1')")
    refused(place, "UPDATE models SET audit_seq = 0, audit_hash = ''")
    refused(place, "UPDATE models SET audit_seq = 2")


def test_a_number_is_not_left_out(registry: SqlRegistry, place: Place) -> None:
    built(registry, 1)
    registry.versions.begin(MODEL, "2013-02", draft_of(2).fingerprint, SCHEDULE)
    columns = 'model, "window", window_end, trained_until, created_at, actor, run_id, draft'
    refused(
        place,
        f"INSERT INTO versions (version, state, fingerprint, {columns})"  # noqa: S608 (names of columns)
        f" SELECT 3, 'built', '{draft_of(2).fingerprint}', {columns} FROM versions",
    )


def test_every_guard_stands_in_the_database(place: Place) -> None:
    named = {guard.trigger for guard in guards.guards()}
    with place.engine().connect() as connection:
        if place.kind == "sqlite":
            found = connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'trigger'")
        else:
            found = connection.exec_driver_sql(
                "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND right(tgname, 9) <> 'truncated'"
            )
        assert set(found.scalars()) == named
