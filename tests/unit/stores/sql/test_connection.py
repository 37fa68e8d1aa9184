"""Transactions on both databases: whole or not at all, with a connection of their own."""

from __future__ import annotations

import multiprocessing

import pytest
import sqlalchemy as sa

from tests.unit.stores.examples import MODEL, SCHEDULE
from windvane.errors import InvalidText, RegistryUnavailable
from windvane.results import Run
from windvane.stores.sql import SqlRegistry
from windvane.stores.sql.part import Part, writes
from windvane.stores.sql.tables import requests


def test_readers_do_not_wait_for_a_writer(registry: SqlRegistry) -> None:
    with registry.database.writing():
        assert [row.name for row in registry.models.all()] == [MODEL]


def test_foreign_keys_hold(registry: SqlRegistry) -> None:
    row = {"request": "sha256:0", "model": "nobody", "window": "", "window_start": SCHEDULE.as_of, "reason": ""}
    row |= {"created_at": SCHEDULE.as_of, "requested": 1, "run_id": ""}
    with pytest.raises(RegistryUnavailable, match=r"(?i)foreign key constraint"):
        registry.database.write(lambda connection: connection.execute(sa.insert(requests).values(**row)))


def test_a_failed_change_changes_nothing(registry: SqlRegistry) -> None:
    def fail(connection: sa.Connection) -> None:
        registry.database.change(connection, MODEL, SCHEDULE).tell("kind")
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        registry.database.write(fail)
    assert len(registry.audit.events(MODEL)) == 1
    registry.audit.verify(MODEL)


def write_through_a_fork(registry: SqlRegistry) -> None:
    registry.models.register(MODEL, "sha256:fork", {}, SCHEDULE)


def test_a_forked_process_uses_connections_of_its_own(registry: SqlRegistry) -> None:
    registry.models.all()
    process = multiprocessing.get_context("fork").Process(target=write_through_a_fork, args=(registry,))
    process.start()
    process.join(30)
    assert process.exitcode == 0
    assert registry.models.get(MODEL).spec_digest == "sha256:fork"


@pytest.mark.parametrize("text", ["a\0b", "a\ud800b"])
def test_a_text_that_no_database_can_keep_is_refused_by_name(registry: SqlRegistry, text: str) -> None:
    with pytest.raises(InvalidText, match="cannot be kept"):
        registry.models.get(text)
    with pytest.raises(InvalidText, match="cannot be kept"):
        registry.models.register(text, "sha256:1", {}, SCHEDULE)
    assert [row.name for row in registry.models.all()] == [MODEL]


def test_a_run_of_any_characters_is_kept_as_far_as_it_can_be(registry: SqlRegistry) -> None:
    requested = Run(actor="cli:ada", as_of=SCHEDULE.as_of, run_id="x\0y\udcffz", reason="ok")
    registry.models.register(MODEL, "sha256:2", {}, requested)
    assert registry.audit.events(MODEL, 1)[0].run_id == "x\ufffdy\ufffdz"
    registry.audit.verify(MODEL)


def test_a_change_that_nobody_answers_for_cannot_be_written() -> None:
    def change(self: Part, connection: sa.Connection, model: str) -> None: ...

    with pytest.raises(TypeError, match="takes no `run`"):
        writes(change)


@pytest.mark.parametrize(
    "url",
    [
        "postgresql+psycopg://ada:secret@server/registry",
        "postgresql://ada:secret@server",
        "postgresql://ada@server?password=secret",
        "mysql://ada:secret@server/registry",
        "postgresql://ada:secret@server:port/registry",
        "secret@server",
    ],
)
def test_a_url_that_cannot_be_used_is_refused_without_its_secrets(url: str) -> None:
    with pytest.raises(RegistryUnavailable) as caught:
        SqlRegistry(url)
    assert "secret" not in str(caught.value)
    assert "postgresql://user@host" in caught.value.remedy
