"""Every recipe is run as a reader would run it: its blocks are written to files, and its commands are typed."""

from __future__ import annotations

import os
import re
import runpy
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pytest
import sqlalchemy as sa

from tests.servers.postgres import PostgresServer
from tests.servers.s3 import s3_server
from windvane.cli import main

ROOT = Path(__file__).resolve().parents[2]
RECIPES = ROOT / "docs" / "recipes"
_BLOCK = re.compile(r'^```(\w+)(?: title="([^"]+)")?\n(.*?)^```$', re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Ran:
    """A recipe that was run.

    Args:
        folder: Its project.
        said: Command to what it printed.
        sql: Its queries.
    """

    folder: Path
    said: dict[str, str]
    sql: list[str]


def run(name: str, folder: Path, capture: pytest.CaptureFixture[str]) -> Ran:
    """Write the titled blocks of a recipe to files, and type its commands, in the order of the page."""
    said, sql = {}, []
    for language, title, text in _BLOCK.findall((RECIPES / f"{name}.md").read_text(encoding="utf-8")):
        if language == "sql":
            sql.append(text)
        elif title:
            file = folder / title
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
        for line in text.splitlines() if language == "console" else ():
            command = line.removeprefix("$ ").split()
            capture.readouterr()
            if command[0] == "python":
                runpy.run_path(str(folder / command[1]), run_name="__main__")
            elif command[0] == "windvane":
                code = main(command[1:])
                out = capture.readouterr()
                assert code == 0, f"{line}\n{out.out}\n{out.err}"
                said[" ".join(command[1:])] = out.out
            else:
                assert command[0] == "export", line
    return Ran(folder, said, sql)


@pytest.fixture
def recipe(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Iterator[Callable[[str], Ran]]:
    """Run a recipe in an empty folder with a home of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("WINDVANE_HOME", str(tmp_path / "home"))
    for name in ("WINDVANE_REGISTRY", "WINDVANE_ARTIFACTS", "WINDVANE_SPECS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(sys, "path", list(sys.path))
    kept = {name: sys.modules.pop(name) for name in list(sys.modules) if name.partition(".")[0] == "models"}

    def in_folder(name: str) -> Ran:
        (tmp_path / "include" / "models").mkdir(parents=True)
        (tmp_path / "include" / "models" / "__init__.py").touch()
        return run(name, tmp_path, capfd)

    yield in_folder
    for name in [name for name in sys.modules if name.partition(".")[0] == "models"]:
        del sys.modules[name]
    sys.modules.update(kept)


def test_own_features_are_used_and_explained(recipe: Callable[[str], Ran]) -> None:
    said = recipe("own-features").said
    assert "promote" in said["run train credit --window 2024-01"]
    assert "debt" in said["explain credit 1"]


def test_xgboost_trains_and_scores(recipe: Callable[[str], Ran]) -> None:
    said = recipe("xgboost").said
    assert "promote" in said["run train churn --window 2024-01"]
    assert "1200" in said["scores churn --window 2024-02"]


@pytest.mark.integration
def test_scores_go_from_table_to_table(recipe: Callable[[str], Ran], monkeypatch: pytest.MonkeyPatch) -> None:
    with PostgresServer() as server:
        url = server.database()
        monkeypatch.setenv("WINDVANE_CONNECTION_WAREHOUSE", url)
        (query,) = recipe("sql-to-sql").sql
        engine = sa.create_engine(url)
        found = pd.read_sql(sa.text(query), engine)
        engine.dispose()
    assert list(found["window"]) == ["2024-02"]
    assert 400 < found["payments"].iloc[0] < 800


@pytest.mark.integration
def test_rows_artifacts_and_scores_are_in_a_bucket(
    recipe: Callable[[str], Ran], monkeypatch: pytest.MonkeyPatch
) -> None:
    with s3_server("shop") as server:
        for name, value in server.environment.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("WINDVANE_ARTIFACTS", "s3://shop/windvane")
        said = recipe("s3").said
        keys = [one["Key"] for one in server.client().list_objects_v2(Bucket="shop")["Contents"]]
    assert "500" in said["run score sessions --window 2024-02"]
    assert "scores/sessions/window=2024-02/scores.parquet" in keys
    assert any(key.startswith("windvane/") for key in keys)


def test_weekly_sales_are_a_regression(recipe: Callable[[str], Ran]) -> None:
    said = recipe("weekly-retail").said
    assert "promote" in said["run train sales --window 2024-02-05"]
    assert "hold" in said["run monitor sales --window 2024-02-12"]


def test_a_rare_class_is_judged_by_its_own_metrics(recipe: Callable[[str], Ran]) -> None:
    said = recipe("rare-class").said
    assert "promote" in said["run train payments --window 2024-01"]
    assert "average_precision" in said["show payments 1"]


def test_a_version_that_is_not_fair_is_refused_and_mitigation_is_another_version(
    recipe: Callable[[str], Ran],
) -> None:
    ran = recipe("protected-groups")
    assert "demographic parity" in ran.said["show hiring 1"]
    assert "reject" in ran.said["show hiring 1"]
    assert "v2" in ran.said["show hiring 2"]


def test_a_migrated_pipeline_is_played_over_its_past(recipe: Callable[[str], Ran]) -> None:
    said = recipe("migration").said
    assert "never" in said["replay churn --against never --jobs 1"]


def test_every_recipe_is_in_the_list_and_is_run() -> None:
    names = {path.stem for path in RECIPES.glob("*.md")} - {"index"}
    index = (RECIPES / "index.md").read_text(encoding="utf-8")
    assert {name for name in names if f"({name}.md)" in index} == names
    tested = set(re.findall(r'recipe\("([\w-]+)"\)', Path(__file__).read_text(encoding="utf-8")))
    assert names - tested == {"hand-written-dag"}, "tests/dags/test_project.py runs that one with Airflow"


def test_environment_is_left_as_it_was() -> None:
    assert "WINDVANE_CONNECTION_WAREHOUSE" not in os.environ
