"""A registry of an older release comes along whole: what it knew is known, and is guarded from then on."""

from __future__ import annotations

import json
import multiprocessing
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config

from tests.unit.stores.examples import ADA, MODEL, SCHEDULE, draft_of, evaluated, monitored, month, request_of
from tests.unit.stores.sql.places import Place
from windvane.errors import TrailBroken
from windvane.stores.sql import schema

RELEASED: dict[str, list[dict[str, Any]]] = json.loads(Path(__file__).with_name("spine.json").read_text("utf-8"))
"""The rows that release 0.1.0 wrote when everything happened once, table by table."""


@pytest.fixture
def spine(nowhere: Place) -> Place:
    """A registry of release 0.1.0."""
    with nowhere.engine().begin() as connection:
        config = Config()
        config.set_main_option("script_location", str(schema._FOLDER))
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        tables = sa.MetaData()
        tables.reflect(connection)
        for table in tables.sorted_tables:
            for row in RELEASED.get(table.name, []):
                connection.execute(sa.insert(table).values({name: _typed(table.c[name], row[name]) for name in row}))
    return nowhere


def _typed(column: sa.Column[Any], value: Any) -> Any:
    if value is None:
        return None
    if isinstance(column.type, sa.DateTime):
        return datetime.fromisoformat(f"{value}+00:00")
    return bool(value) if isinstance(column.type, sa.Boolean) else value


def test_what_it_knew_is_known(spine: Place) -> None:
    registry = spine.open()
    assert [row.name for row in registry.models()] == [MODEL]
    assert [version.state for version in registry.versions(MODEL)] == ["rejected", "archived", "champion"]
    assert [move.kind for move in registry.moves(MODEL)] == ["rollback", "promote", "promote"]
    assert registry.version_by_fingerprint(MODEL, draft_of(1).fingerprint) == registry.version(MODEL, 1)
    assert registry.monitoring(MODEL)[0].request == request_of(4).request
    assert registry.requests(MODEL)[0].started_at is not None
    assert registry.building(MODEL) == []
    check = registry.verify_trail(MODEL)
    assert check.rows == sum(len(rows) for table, rows in RELEASED.items() if table != "events") + 3, "and three builds"


def test_its_events_are_the_ones_it_had_and_then_those_of_the_migration(spine: Place) -> None:
    trail = spine.open().events(MODEL)[::-1]
    old = RELEASED["events"]
    assert [event.hash for event in trail[: len(old)]] == [row["hash"] for row in old]
    assert {(event.kind, event.actor) for event in trail[len(old) :]} == {("registry.migrated", "windvane")}


def test_what_counts_for_a_window_follows_from_its_moves(spine: Place) -> None:
    """January and February were promoted, and a person went back to January."""
    registry = spine.open()
    found = registry.champion_for(MODEL, month(3).start)
    assert found is not None
    assert (found.version, found.epoch) == (1, 3)
    assert registry.champion_for(MODEL, month(1).start) is None


def test_life_goes_on(spine: Place) -> None:
    registry = spine.open()
    assert registry.add_version(draft_of(1), SCHEDULE).version == 1, "the same inputs are the same version"
    version = evaluated(registry, 5)
    registry.promote(MODEL, version.version, 3, SCHEDULE, "the gate passed")
    registry.add_monitoring(monitored(6), request_of(6, epoch=4), SCHEDULE)
    registry.rollback(MODEL, 1, ADA, "complaints")
    registry.verify_trail(MODEL)


@pytest.mark.parametrize(
    ("statement", "told"),
    [
        ("UPDATE versions SET state = 'champion' WHERE version = 3", "versions"),
        ("UPDATE scores SET scores = '{}'", "scores"),
        ("UPDATE models SET owner = 'bob'", "models"),
        ("UPDATE events SET actor = 'cli:bob' WHERE seq = 3", "event 3 "),
    ],
)
def test_a_row_that_is_edited_after_the_migration_is_found(spine: Place, statement: str, told: str) -> None:
    registry = spine.open()
    with spine.unguarded() as connection:
        connection.exec_driver_sql("DROP INDEX one_champion")
        connection.exec_driver_sql(statement)
    with pytest.raises(TrailBroken, match=told):
        registry.verify_trail(MODEL)


def test_one_that_was_changed_before_is_refused_and_left_alone(spine: Place) -> None:
    spine.execute("UPDATE moves SET reason = 'nothing' WHERE epoch = 3")
    with pytest.raises(TrailBroken, match="move to epoch 3 is not what the trail says"):
        spine.open()
    assert spine.execute("SELECT version_num FROM windvane_schema") == [("0001",)]
    assert not sa.inspect(spine.engine()).has_table("builds")


def _open(place: Place) -> int:
    return len(place.open().versions(MODEL))


def test_eight_processes_may_migrate_it_at_once(spine: Place) -> None:
    with multiprocessing.get_context("fork").Pool(8) as pool:
        assert pool.map(_open, [spine] * 8, chunksize=1) == [3] * 8
    migrated = [event for event in spine.open().events(MODEL) if event.kind == "registry.migrated"]
    assert len(migrated) == len({event.payload["table"] for event in migrated}), "once a table"
    spine.open().verify_trail(MODEL)
