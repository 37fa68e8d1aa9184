"""A registry in a file, and one in a real PostgreSQL, on a clock that the test moves."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.servers.postgres import PostgresServer
from tests.unit.stores.examples import MODEL, SCHEDULE, Clock
from tests.unit.stores.sql.places import Place
from windvane.stores.sql import SqlRegistry


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "registry.db"


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A registry's file as it is when it was just made: making one takes longer than copying it."""
    file = tmp_path_factory.mktemp("made") / "registry.db"
    SqlRegistry(f"sqlite:///{file}").close()
    return file


@pytest.fixture(scope="session")
def server() -> Iterator[PostgresServer]:
    """A real PostgreSQL for all tests of a process."""
    with PostgresServer() as started:
        yield started


@pytest.fixture(scope="session")
def made_there(server: PostgresServer) -> str:
    """The name of a database with a registry as it is when it was just made."""
    url = server.database()
    SqlRegistry(url).close()
    return url.rpartition("/")[2]


@pytest.fixture(params=["sqlite", "postgresql"])
def nowhere(request: pytest.FixtureRequest, file: Path) -> Place:
    """A place where no registry is yet; each test that asks for it runs on both databases."""
    if request.param == "sqlite":
        return Place(f"sqlite:///{file}")
    server: PostgresServer = request.getfixturevalue("server")
    return Place(server.database())


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, file: Path, made: Path) -> Place:
    """A place with a registry that was just made; each test that asks for it runs on both databases."""
    if request.param == "sqlite":
        shutil.copy(made, file)
        return Place(f"sqlite:///{file}")
    server: PostgresServer = request.getfixturevalue("server")
    return Place(server.database(template=request.getfixturevalue("made_there")))


@pytest.fixture
def empty(place: Place, clock: Clock) -> SqlRegistry:
    """A registry without a model."""
    return place.open(clock=clock)


@pytest.fixture
def registry(empty: SqlRegistry) -> SqlRegistry:
    """A registry that knows one model."""
    empty.models.register(
        MODEL, "sha256:1", {"owner": "risk", "description": "who pays late", "task": "binary"}, SCHEDULE
    )
    return empty
