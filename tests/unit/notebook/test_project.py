"""`windvane.open`: two projects at once, threads, edits, errors, and an import that stays light."""

from __future__ import annotations

import subprocess
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import pytest

import windvane
from tests.unit.cli.conftest import ROOT, frame_of
from tests.unit.notebook.conftest import Lived
from windvane.errors import FutureWindow, NaiveTimestamp, NotAProject, UnknownModel, WindvaneError
from windvane.notebook.project import Project
from windvane.windows import Cadence

SPEC = """
from windvane import Estimator, Features, Model, Source
from windvane.orchestration import build_airflow_dags

build_airflow_dags(Model(
    name="shop", owner="tests", source=Source.parquet("data/*.parquet"), event_time="at", key="id", target="bought",
    task="binary", features=Features(numbers=["price", "visits"], make="models.shop:features", made=["made"]),
    start="2024-01-01", estimator=Estimator("models.shop:estimator"),
))
"""
CODE = """
from sklearn.linear_model import LogisticRegression


def features(frame):
    return frame.assign(made=frame["price"] * {factor})


def estimator(random_state=0):
    return LogisticRegression(max_iter=1000, random_state=random_state)
"""


def project_in(folder: Path, factor: float, seed: int) -> Project:
    """A project whose modules have the names of any other one's, and whose files are below a relative path."""
    for name in ("dags", "include/models", "data"):
        (folder / name).mkdir(parents=True)
    (folder / "dags" / "shop.py").write_text(SPEC)
    (folder / "include" / "models" / "__init__.py").touch()
    (folder / "include" / "models" / "shop.py").write_text(CODE.format(factor=factor))
    for key in ("2024-01", "2024-02"):
        window = Cadence.parse("month", "UTC").window(key)
        frame_of(window.start, window.end, seed=seed).to_parquet(folder / "data" / f"{key}.parquet")
    opened: Project = windvane.open(
        folder, registry=f"sqlite:///{folder / 'home' / 'registry.db'}", artifacts=str(folder / "home" / "artifacts")
    )
    return opened


@pytest.fixture
def two(tmp_path: Path) -> list[Project]:
    return [project_in(tmp_path / "one", 1.0, 1), project_in(tmp_path / "other", 2.0, 2)]


def test_two_projects_with_modules_of_one_name_run_side_by_side_in_threads(
    two: list[Project], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # neither project's folder
    before = {name: module for name, module in sys.modules.items() if name.partition(".")[0] == "models"}
    path = list(sys.path)
    failed: list[BaseException] = []

    def run(project: Project) -> None:
        try:
            project["shop"].train("2024-01")
            project["shop"].score("2024-02")
        except BaseException as error:  # noqa: BLE001 (told below)
            failed.append(error)

    threads = [threading.Thread(target=run, args=(project,)) for project in two]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    versions = [project["shop"].version(1).record for project in two]
    assert versions[0].code_digest != versions[1].code_digest
    assert versions[0].snapshots != versions[1].snapshots
    scores = [project["shop"].scores("2024-02").frame() for project in two]
    assert not scores[0]["score"].equals(scores[1]["score"])
    assert sys.path == path
    assert {name: module for name, module in sys.modules.items() if name.partition(".")[0] == "models"} == before
    for project in two:
        project.close()


def test_an_edit_counts_at_once(tmp_path: Path) -> None:
    with project_in(tmp_path / "own", 1.0, 1) as project:
        shop = project["shop"]
        first = shop.train("2024-01")
        assert shop.train("2024-01").version == first.version
        (project.folder / "include" / "models" / "shop.py").write_text(CODE.format(factor=-31.0))
        second = shop.train("2024-01")
        assert second.version == first.version + 1
        one, other = (shop.version(found.version).record for found in (first, second))
        assert (one.code_digest != other.code_digest, one.artifact != other.artifact) == (True, True)
        (project.specs / "shop.py").write_text(SPEC.replace('start="2024-01-01"', 'start="2024-01-01", seed=7'))
        assert shop.spec.seed == 7


def test_a_model_that_is_not_declared_is_named(lived: Lived) -> None:
    assert list(lived.project) == ["shop"]
    assert ("shop" in lived.project, "shops" in lived.project, len(lived.project)) == (True, False, 1)
    with pytest.raises(UnknownModel, match="did you mean 'shop'"):
        lived.project["shops"]
    assert "shop" in repr(lived.project)
    assert "predicts bought" in lived.project._repr_html_()


def test_a_file_with_a_mistake_is_shown_and_hides_no_other(folder: Path) -> None:
    (folder / "dags" / "broken.py").write_text("import windvane\nraise ValueError('<b>x</b>')\n")
    (folder / "home").mkdir()
    with windvane.open(
        folder, registry=f"sqlite:///{folder}/home/r.db", artifacts=str(folder / "home" / "a")
    ) as project:
        assert list(project) == []
        html = project._repr_html_()
    assert "&lt;b&gt;x&lt;/b&gt;" in html
    assert "Traceback" not in html


@pytest.mark.parametrize("name", ["nowhere", "."])
def test_a_folder_that_is_no_project_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(NotAProject, match="there is no folder"):
        windvane.open(tmp_path / name)


def test_a_moment_needs_a_zone_and_has_passed(lived: Lived) -> None:
    with pytest.raises(NaiveTimestamp, match="has no time zone"):
        lived.model.train("2024-01", as_of=datetime(2024, 3, 1))  # noqa: DTZ001 (the mistake)
    with pytest.raises(FutureWindow, match="has not come yet"):
        lived.model.train("2024-01", as_of=datetime(2124, 3, 1, tzinfo=UTC))


def test_a_notebook_shows_cause_and_remedy_in_place_of_a_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    error = UnknownModel("no model 'x'", "name a declared one")
    assert error._render_traceback_() == ["UnknownModel: no model 'x'", "What to do: name a declared one"]
    monkeypatch.setenv("WINDVANE_DEBUG", "1")
    with pytest.raises(WindvaneError) as raised:
        raise error
    assert "Traceback" in raised.value._render_traceback_()[0]


def test_the_import_stays_light() -> None:
    code = """
import sys, windvane
windvane.open
heavy = {"pandas", "numpy", "sklearn", "sqlalchemy", "airflow", "pyarrow"} & set(sys.modules)
assert not heavy, heavy
"""
    env = {"PYTHONPATH": str(ROOT / "include"), "PATH": ""}
    ended = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr


def test_frames_are_plain_pandas(lived: Lived) -> None:
    assert isinstance(lived.scored.frame(), pd.DataFrame)
