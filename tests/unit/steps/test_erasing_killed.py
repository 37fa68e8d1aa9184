"""An erasure whose process is killed at moments of chance ends whole by the next, on SQLite and on PostgreSQL."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import sqlalchemy as sa

from tests.servers.postgres import PostgresServer
from tests.torture.children import Child
from tests.unit.steps.conftest import open_home
from tests.unit.steps.test_erasing import KEYS, _told, found_in
from windvane import steps
from windvane.results import Run
from windvane.stores import open_stores

KILLS = 8


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresServer]:
    with PostgresServer() as started:
        yield started


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, lived_in: Path, tmp_path: Path) -> str:
    """The address of a registry with a whole life, whose artifacts lie in `home`."""
    home = tmp_path / "home"
    if request.param == "sqlite":
        shutil.copytree(lived_in, home)
        return f"sqlite:///{home / 'registry.db'}"
    lived = open_home(lived_in)
    steps.export_model("loans", tmp_path / "loans.tar", lived)
    lived.registry.close()
    server: PostgresServer = request.getfixturevalue("server")
    address = server.database()
    stores = open_stores(address, str(home / "artifacts"))
    steps.import_model(tmp_path / "loans.tar", stores, trust_types=True)
    stores.registry.close()
    return address


def test_an_erasure_that_is_killed_at_any_moment_ends_whole_by_the_next(
    url: str, run: Run, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    home, random = tmp_path / "home", np.random.default_rng(11)

    def erased() -> int:
        stores = open_stores(url, str(home / "artifacts"))
        try:
            return steps.erase("loans", KEYS, stores, run, remove=True).removed
        finally:
            stores.registry.close()

    def looked() -> int:
        stores = open_stores(url, str(home / "artifacts"))
        try:
            return steps.erase("loans", KEYS, stores, run, remove=False).rows
        finally:
            stores.registry.close()

    began = time.monotonic()
    assert Child(looked).reply().value, "they are there"
    takes, killed, stood = time.monotonic() - began, 0, set[str]()
    for _ in range(KILLS):
        child = Child(erased)
        child.begun()
        time.sleep(float(random.uniform(0, 1.5 * takes)))
        child.kill()
        killed += child.reply().signal is not None
        stores = open_stores(url, str(home / "artifacts"))
        found = steps.verify("loans", stores, everything=True).problems
        stood |= {item.error for item in found if "is current" not in item.cause}  # a path that leads to what was
        stores.registry.close()
    assert killed, "some were killed at work"
    assert stood <= {"NotErased"}, "whole before it, or whole but for files that verify names"
    assert Child(erased).reply().done
    assert Child(looked).reply().value == 0
    young = [file for file in (home / "artifacts").rglob("*") if file.is_file() and ".partial" in file.name]
    for file in young:  # an unfinished write is kept for an hour, and named
        file.unlink()
    stores = open_stores(url, str(home / "artifacts"))
    assert steps.verify("loans", stores, everything=True).problems == ()
    stores.registry.close()
    assert found_in(home, KEYS) == []
    if url.startswith("postgresql"):
        assert _in_database(request.getfixturevalue("server"), url) == []


def _in_database(server: PostgresServer, url: str) -> list[str]:
    """Return the keys that stand in any byte of a database's files."""
    engine = sa.create_engine(url)
    with engine.connect() as connection:
        number = connection.execute(sa.text("SELECT oid FROM pg_database WHERE datname = current_database()")).scalar()
    engine.dispose()
    server.stop("fast")  # what it holds in memory is written down
    try:
        files = [file for file in (server.data / "base" / str(number)).rglob("*") if file.is_file()]
        assert sum(file.stat().st_size for file in files) > 1_000_000
        return [f"{file.name}: {key}" for file in files for key in _told(file, KEYS)]
    finally:
        server.start()
