"""A registry in a file, on a clock that the test moves."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.unit.stores.examples import MODEL, SCHEDULE, Clock
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


@pytest.fixture
def empty(file: Path, clock: Clock, made: Path) -> SqlRegistry:
    """A registry without a model."""
    shutil.copy(made, file)
    return SqlRegistry(f"sqlite:///{file}", clock=clock)


@pytest.fixture
def registry(empty: SqlRegistry) -> SqlRegistry:
    """A registry that knows one model."""
    empty.register(MODEL, "sha256:1", {"owner": "risk", "description": "who pays late", "task": "binary"}, SCHEDULE)
    return empty
