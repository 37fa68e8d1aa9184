"""A project that was lived in by its Python API alone: two versions, one window scored and monitored."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

import windvane
from tests.unit.cli.conftest import Shop, make_shop
from windvane.notebook.answers import Trained, Watched, WindowScores
from windvane.notebook.model import ProjectModel
from windvane.notebook.project import Project


@dataclass(frozen=True)
class Lived:
    """The project, and what its runs answered."""

    shop: Shop
    project: Project
    model: ProjectModel
    trained: Trained
    scored: WindowScores
    watched: Watched


@pytest.fixture(scope="session")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lived]:
    """A project, opened from elsewhere."""
    made = make_shop(tmp_path_factory.mktemp("notebook"))
    made.declare(gate='approval="always"')
    path = list(sys.path)
    with windvane.open(
        made.folder, registry=f"sqlite:///{made.home / 'registry.db'}", artifacts=str(made.home / "artifacts")
    ) as project:
        shop = project["shop"]
        trained = shop.train("2024-01", reason="the first one")
        shop.promote(1, "first")
        scored = shop.score("2024-02")
        watched = shop.monitor("2024-02", retrain=False)
        shop.train("2024-02")
        shop.promote(2, "second")
        assert sys.path == path
        yield Lived(made, project, shop, trained, scored, watched)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An empty folder of a project."""
    (tmp_path / "dags").mkdir()
    return tmp_path
