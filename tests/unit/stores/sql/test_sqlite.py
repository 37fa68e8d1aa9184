"""SQLite alone: its file, its one write lock, and every way a file can fail."""

from __future__ import annotations

import multiprocessing
import shutil
import sqlite3
import threading
import time
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from tests.unit.stores.examples import MODEL, SCHEDULE, built
from tests.unit.stores.sql.places import Place
from windvane.errors import OutcomeUnknown, RegistryLocked, RegistryUnavailable, StorageFull
from windvane.stores.sql import SqlRegistry


@pytest.fixture
def place(file: Path, made: Path) -> Place:
    shutil.copy(made, file)
    return Place(f"sqlite:///{file}")


def test_makes_the_file_and_its_folders(tmp_path: Path) -> None:
    file = tmp_path / "deep" / "er" / "registry.db"
    registry = SqlRegistry(f"sqlite:///{file}")
    assert file.is_file()
    assert registry.models.all() == []
    assert registry.url == f"sqlite:///{file}"


def test_a_relative_file_does_not_follow_the_working_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    registry = SqlRegistry("sqlite:///registry.db")
    monkeypatch.chdir("/")
    registry.models.register(MODEL, "sha256:1", {}, SCHEDULE)
    assert (tmp_path / "registry.db").is_file()


def test_odd_names_are_only_names(tmp_path: Path) -> None:
    folder = tmp_path / "100% [odd] name"
    SqlRegistry(f"sqlite:///{folder}/registry.db")
    assert (folder / "registry.db").is_file()


def test_readers_go_on_beside_a_writer_because_of_the_write_ahead_log(registry: SqlRegistry, file: Path) -> None:
    with sqlite3.connect(file) as other:
        assert other.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def hold(file: str, ready: multiprocessing.synchronize.Event, done: multiprocessing.synchronize.Event) -> None:
    """Keep the write lock until told to let go."""
    connection = sqlite3.connect(file, isolation_level=None)
    connection.execute("BEGIN IMMEDIATE")
    ready.set()
    done.wait(30)
    connection.close()


class TestLocked:
    def test_by_another_process_is_named_and_changes_nothing(self, registry: SqlRegistry, file: Path) -> None:
        context = multiprocessing.get_context("spawn")
        ready, done = context.Event(), context.Event()
        process = context.Process(target=hold, args=(str(file), ready, done))
        process.start()
        try:
            assert ready.wait(30)
            impatient = SqlRegistry(f"sqlite:///{file}", busy_timeout=0.2)
            before = len(impatient.audit.events(MODEL))
            started = time.monotonic()
            with pytest.raises(RegistryLocked, match=r"registry\.db has been locked by another process for 0 seconds"):
                impatient.models.register(MODEL, "sha256:2", {}, SCHEDULE)
            assert time.monotonic() - started < 5
            assert len(impatient.audit.events(MODEL)) == before
        finally:
            done.set()
            process.join(30)
        impatient.models.register(MODEL, "sha256:2", {}, SCHEDULE)

    @pytest.mark.parametrize("kind", ["EXCLUSIVE", "IMMEDIATE"])
    def test_while_it_is_made_is_named_too(self, file: Path, kind: str) -> None:
        holder = sqlite3.connect(file, isolation_level=None)
        holder.execute(f"BEGIN {kind}")
        with pytest.raises(RegistryLocked):
            SqlRegistry(f"sqlite:///{file}", busy_timeout=0.1)
        holder.close()
        assert SqlRegistry(f"sqlite:///{file}").models.all() == []

    def test_while_it_is_made_is_waited_for(self, file: Path) -> None:
        holder = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
        holder.execute("BEGIN IMMEDIATE")
        threading.Timer(0.3, holder.close).start()
        assert SqlRegistry(f"sqlite:///{file}").models.all() == []


class TestUnavailable:
    def test_when_a_text_file_stands_in_its_place(self, file: Path) -> None:
        file.write_text("this is no database, but a text that is long enough to be one" * 20)
        with pytest.raises(RegistryUnavailable, match="file is not a database"):
            SqlRegistry(f"sqlite:///{file}")
        assert file.read_text().startswith("this is no database")

    def test_when_a_folder_stands_in_its_place(self, file: Path) -> None:
        file.mkdir()
        with pytest.raises(RegistryUnavailable, match="unable to open database file"):
            SqlRegistry(f"sqlite:///{file}")

    def test_when_its_folder_cannot_be_made(self, file: Path) -> None:
        file.write_text("")
        with pytest.raises(RegistryUnavailable, match="its folder cannot be made"):
            SqlRegistry(f"sqlite:///{file}/registry.db")

    def test_when_it_is_damaged_later(self, registry: SqlRegistry, file: Path) -> None:
        registry.close()
        file.write_bytes(b"\xff" * 4096 + file.read_bytes()[4096:])
        file.with_name("registry.db-wal").unlink(missing_ok=True)
        with pytest.raises(RegistryUnavailable, match="cannot be used"):
            registry.models.all()

    @pytest.mark.parametrize(
        "url",
        ["", "registry.db", "sqlite://", "sqlite:///:memory:", "sqlite:///file:x?mode=memory&uri=true", "nosql://x/y"],
    )
    def test_when_the_url_names_no_file(self, url: str) -> None:
        with pytest.raises(RegistryUnavailable) as caught:
            SqlRegistry(url)
        assert "sqlite:////" in caught.value.remedy

    def test_when_the_driver_is_not_there(self, file: Path) -> None:
        with pytest.raises(RegistryUnavailable, match=r"sqlite\.nosuch"):
            SqlRegistry(f"sqlite+nosuch:///{file}")


def test_a_full_disk_is_named_and_changes_nothing(registry: SqlRegistry) -> None:
    """SQLite's own limit of pages is its own full disk: the same code from the same place."""

    def limit(connection: sqlite3.Connection, record: object) -> None:
        connection.execute(f"PRAGMA max_page_count = {connection.execute('PRAGMA page_count').fetchone()[0]}")

    sa.event.listen(registry.database.backend.engine, "connect", limit)
    before = registry.models.get(MODEL)
    with pytest.raises(StorageFull, match="the disk is full"):
        registry.models.register(MODEL, "sha256:2", {"description": "x" * 100_000}, SCHEDULE)
    assert registry.models.get(MODEL) == before
    registry.audit.verify(MODEL)


@pytest.mark.parametrize("before", [True, False], ids=["it did not happen", "it did"])
def test_a_commit_that_fails_is_looked_up(registry: SqlRegistry, monkeypatch: pytest.MonkeyPatch, before: bool) -> None:
    """A disk that fails at the sync has the whole change in its log, or nothing of it."""
    dialect = registry.database.backend.engine.dialect
    commit = dialect.do_commit

    def failing(connection: Any) -> None:
        if not before:
            commit(connection)
        monkeypatch.setattr(dialect, "do_commit", commit)
        raise sqlite3.OperationalError("disk I/O error")

    monkeypatch.setattr(dialect, "do_commit", failing)
    if before:
        with pytest.raises(RegistryUnavailable, match="disk I/O error") as caught:
            built(registry, 1)
        assert caught.type is RegistryUnavailable, "nothing happened, and the error may say so"
        assert registry.versions.all(MODEL) == []
    else:
        built(registry, 1)
        assert [event.kind for event in registry.audit.events(MODEL)].count("version.built") == 1


def test_a_commit_that_fails_and_cannot_be_looked_up_says_so(
    registry: SqlRegistry, monkeypatch: pytest.MonkeyPatch
) -> None:
    backend = registry.database.backend

    def failing(_: Any) -> None:
        monkeypatch.setattr(backend, "begin", gone)
        raise sqlite3.OperationalError("disk I/O error")

    def gone(*_: Any) -> None:
        raise sa.exc.OperationalError("BEGIN", {}, sqlite3.OperationalError("unable to open database file"))

    with monkeypatch.context() as patch:
        patch.setattr(backend.engine.dialect, "do_commit", failing)
        with pytest.raises(OutcomeUnknown, match=r"disk I/O error; it failed while it was committed") as caught:
            built(registry, 1)
    assert "run the same again: it is done once" in caught.value.remedy
