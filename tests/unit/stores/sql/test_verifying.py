"""Whatever is edited, added or taken away in any table is found, and the first of it is named."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from tests.servers.postgres import PostgresServer
from tests.unit.stores.examples import MODEL, SCHEDULE, Clock
from tests.unit.stores.sql.places import Place
from tests.unit.stores.sql.test_audit_log import everything, story
from windvane.errors import AuditLogBroken
from windvane.stores.sql import SqlRegistry
from windvane.stores.sql.kinds import Moment
from windvane.stores.sql.rows import row_digests, vouched
from windvane.stores.sql.tables import events, windows
from windvane.stores.sql.verifying import verify


@pytest.fixture
def lived(registry: SqlRegistry) -> SqlRegistry:
    """A registry with something in every table."""
    everything(registry)
    return registry


def other(column: sa.Column[Any]) -> str:
    """Return SQL for another value than the one that is there."""
    quoted = f'"{column.name}"'
    if isinstance(column.type, Moment):
        return "'2031-05-06 07:08:09'"
    if isinstance(column.type, sa.Boolean):
        return f"NOT {quoted}"
    if isinstance(column.type, sa.Integer | sa.Float):
        return f"COALESCE({quoted}, 0) + 1000"
    return f"'X' || substr(COALESCE({quoted}, ''), 2)"


def found(place: Place, statement: str, **values: object) -> str:
    """Change something behind everybody's back, verify, and take the change back; return what was found."""
    with place.unguarded() as connection:
        assert connection.execute(sa.text(statement), values).rowcount > 0
        try:
            verify(connection, MODEL)
        except AuditLogBroken as error:
            return error.cause
        finally:
            connection.rollback()
    return ""


def test_an_edited_cell_is_found_in_any_column_of_any_table(lived: SqlRegistry, place: Place) -> None:
    tested: set[str] = set()
    for table in [*vouched(), events, windows]:
        keys = table.primary_key.columns
        with lived.database.reading() as connection:
            last = connection.execute(sa.select(table).order_by(*(key.desc() for key in keys))).mappings().first()
        if last is None:
            continue  # a table that other tests fill
        tested.add(table.name)
        values = {key.name: last[key.name] for key in keys}
        where = " AND ".join(f'"{key.name}" = :{key.name}' for key in keys)
        for column in table.columns:
            if (table.name, column.name) != ("models", "name"):  # under another name it is another model
                statement = f'UPDATE {table.name} SET "{column.name}" = {other(column)} WHERE {where}'  # noqa: S608 (our columns)
                assert found(place, statement, **values), column
    assert len(tested) >= 12
    lived.audit.verify(MODEL)


def test_a_row_that_was_taken_away_is_found(lived: SqlRegistry, place: Place) -> None:
    assert "windows" in found(place, "DELETE FROM windows")
    filled = [table.name for table in vouched() if place.execute(f"SELECT 1 FROM {table.name} LIMIT 1")]  # noqa: S608 (our tables)
    for table in filled[1:]:
        assert table in found(place, f"DELETE FROM {table}").replace("champion's move", "promotions")  # noqa: S608 (our tables)


def test_a_row_that_no_event_wrote_is_found(lived: SqlRegistry, place: Place) -> None:
    place.tamper(
        'INSERT INTO builds (model, fingerprint, "window", begun_at, actor, run_id, attempt, reason, seq)'
        " VALUES ('loans', 'sha256:8', '', '2014-01-01 00:00:00', '', '', 1, '', 3)"
    )
    with pytest.raises(AuditLogBroken, match=r'builds \["sha256:8"\] is not what event 3 wrote'):
        lived.audit.verify(MODEL)
    place.tamper("UPDATE builds SET seq = 4000 WHERE fingerprint = 'sha256:8'")
    with pytest.raises(AuditLogBroken, match=r'builds \["sha256:8"\] was written by no event'):
        lived.audit.verify(MODEL)


def test_the_first_thing_that_is_wrong_is_named(
    lived: SqlRegistry, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.tamper("UPDATE scores SET scores = '{}'")
    place.tamper("UPDATE validations SET validation = '{}'")
    for page in (1, 7, 1000):
        monkeypatch.setattr("windvane.stores.sql.verifying._PAGE", page)
        with pytest.raises(AuditLogBroken, match=r"validations .* is not what event 4 wrote"):
            lived.audit.verify(MODEL)


@pytest.mark.parametrize("page", [1, 2, 5, 29])
def test_pages_of_any_size_find_the_same(lived: SqlRegistry, page: int, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = lived.audit.verify(MODEL)
    monkeypatch.setattr("windvane.stores.sql.verifying._PAGE", page)
    monkeypatch.setattr("windvane.stores.sql.verifying._KEYS", 1)
    assert lived.audit.verify(MODEL) == whole
    assert whole.events == len(lived.audit.events(MODEL))


def test_a_value_that_is_none_any_more_is_named_and_no_traceback(registry: SqlRegistry, place: Place) -> None:
    place.tamper("UPDATE models SET spec = 'no json'")
    with pytest.raises(AuditLogBroken, match="holds a value that is not what was written"):
        registry.models.get(MODEL)


def test_both_databases_give_the_same_hashes(made_there: str, server: PostgresServer, made: Path, file: Path) -> None:
    shutil.copy(made, file)
    audit_logs, digests = [], []
    for place in (Place(f"sqlite:///{file}"), Place(server.database(template=made_there))):
        registry = place.open(clock=Clock())
        registry.models.register(MODEL, "sha256:1", {"owner": "risk"}, SCHEDULE)
        story(registry)
        audit_logs.append([event.hash for event in registry.audit.events(MODEL)])
        with registry.database.reading() as connection:
            digests.append([sorted(row_digests(connection, table)) for table in vouched()])
    assert audit_logs[0] == audit_logs[1]
    assert digests[0] == digests[1]
