"""Opening the stores: where they are by default, and what that costs."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.unit.stores.examples import MODEL, SCHEDULE
from windvane.errors import RegistryUnavailable, StorageFailed
from windvane.stores import home, open_stores

VARIABLES = ("WINDVANE_HOME", "WINDVANE_REGISTRY", "WINDVANE_ARTIFACTS")


@pytest.fixture(autouse=True)
def _nothing_configured(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "person"))


def test_by_default_they_are_in_the_persons_home(tmp_path: Path) -> None:
    stores = open_stores()
    assert home() == tmp_path / "person" / ".windvane"
    assert stores.registry.url == f"sqlite:///{tmp_path}/person/.windvane/registry.db"
    assert stores.artifacts.url == f"{tmp_path}/person/.windvane/artifacts"


def test_a_home_of_their_own_moves_both(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WINDVANE_HOME", str(tmp_path / "own"))
    stores = open_stores()
    assert stores.registry.url == f"sqlite:///{tmp_path}/own/registry.db"
    assert stores.artifacts.url == f"{tmp_path}/own/artifacts"


def test_each_can_be_placed_by_a_variable_and_by_an_argument(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WINDVANE_REGISTRY", f"sqlite:///{tmp_path}/variable.db")
    monkeypatch.setenv("WINDVANE_ARTIFACTS", f"{tmp_path}/variable")
    assert open_stores().registry.url == f"sqlite:///{tmp_path}/variable.db"
    assert open_stores().artifacts.url == f"{tmp_path}/variable"
    given = open_stores(f"sqlite:///{tmp_path}/given.db", f"{tmp_path}/given")
    assert (given.registry.url, given.artifacts.url) == (f"sqlite:///{tmp_path}/given.db", f"{tmp_path}/given")


def test_opening_again_finds_what_was_kept() -> None:
    first = open_stores()
    first.registry.models.register(MODEL, "sha256:1", {"owner": "risk"}, SCHEDULE)
    digest = first.artifacts.put(b"kept")
    first.registry.close()
    second = open_stores()
    assert [row.name for row in second.registry.models.all()] == [MODEL]
    assert second.artifacts.get(digest) == b"kept"


def test_places_that_are_none_are_refused(tmp_path: Path) -> None:
    with pytest.raises(RegistryUnavailable):
        open_stores("somewhere", str(tmp_path))
    with pytest.raises(StorageFailed):
        open_stores(f"sqlite:///{tmp_path}/registry.db", "gs://bucket")


def test_reading_the_registry_imports_nothing_heavy(tmp_path: Path) -> None:
    """`windvane models` on a current registry waits for SQLAlchemy, and for nothing else."""
    open_stores()
    code = "import sys, windvane.stores; light = set(sys.modules); "
    code += "print(windvane.stores.open_stores().registry.models.all()); "
    code += "print(sorted(name for name in sys.argv[1:] if name in sys.modules)); "
    code += "print(sorted(name for name in sys.argv[1:] if name in light))"
    heavy = ["pandas", "numpy", "pyarrow", "sklearn", "scipy", "skops", "alembic", "sqlalchemy", "airflow"]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(
        [sys.executable, "-c", code, *heavy], env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines() == ["[]", "['sqlalchemy']", "[]"]
