"""A project within a task of Airflow: its connections, its person, its moment; and the recipe of a hand-written DAG."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import pytest
from airflow.sdk import Connection

from tests.dags.test_context import BEGAN, context_of
from tests.unit.cli.conftest import Shop, make_shop, modules_of
from windvane.errors import NotAProject, StaleAttempt
from windvane.orchestration import open_project
from windvane.orchestration import project as module

RECIPE = Path(__file__).resolve().parents[2] / "docs" / "recipes" / "hand-written-dag.md"


def before_2020(shop: Shop) -> None:
    """Let the shop begin before the run of the context, which stands in 2020."""
    file = shop.folder / "dags" / "shop.py"
    file.write_text(file.read_text().replace('start="2024-01-01"', 'start="2020-01-01"'))


def test_a_task_runs_a_project_in_the_name_and_at_the_moment_of_its_dag_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = make_shop(tmp_path)
    before_2020(shop)
    folder = tmp_path / "of the connections"
    known = {
        "windvane_registry": Connection(
            conn_id="windvane_registry", conn_type="sqlite", host=str(folder / "registry.db")
        ),
        "windvane_artifacts": Connection(
            conn_id="windvane_artifacts", conn_type="fs", extra=json.dumps({"path": str(folder)})
        ),
    }
    monkeypatch.setattr("windvane.orchestration.connections._connection", known.get)
    folder.mkdir()
    # the run began in 2020, so the rows of January 2020 are what it may see
    january = shop.fill("2020-01")
    path = list(sys.path)
    with open_project(shop.folder, context_of(user="grace")) as project:
        trained = project["shop"].train("2020-01", reason="from a task")
        record = project["shop"].version(trained.version).record
        assert (record.actor, record.run_id, record.attempt) == ("airflow:grace", "loans_train/a_run", 2)
        assert record.reason == "from a task"
        assert record.rows < len(january)
        assert project.requested(None, "").as_of == BEGAN
    assert sys.path == path
    assert modules_of(shop.package) == []
    assert (folder / "registry.db").exists()


def test_an_earlier_try_of_the_task_is_shut_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shop = make_shop(tmp_path)
    monkeypatch.setenv("WINDVANE_HOME", str(shop.home))
    monkeypatch.setattr("windvane.orchestration.connections._connection", lambda _: None)
    before_2020(shop)
    shop.fill("2020-01")
    with open_project(shop.folder, context_of()) as earlier, open_project(shop.folder, context_of()) as later:
        with pytest.raises(StaleAttempt):
            earlier["shop"].train("2020-01")
        assert later["shop"].train("2020-01").version == 1


def test_a_folder_that_is_no_project_is_refused_before_anything_is_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "stores_of", lambda *_: pytest.fail("opened"))
    with pytest.raises(NotAProject, match="there is no folder of DAG files"):
        open_project(tmp_path, context_of())


def test_the_recipe_of_a_hand_written_dag_loads(tmp_path: Path) -> None:
    from airflow.dag_processing.dagbag import DagBag

    (text,) = re.findall(r'```python title="[^"]+"\n(.*?)```', RECIPE.read_text(encoding="utf-8"), re.DOTALL)
    (tmp_path / "nightly.py").write_text(text, encoding="utf-8")
    found = DagBag(dag_folder=str(tmp_path))
    assert found.import_errors == {}
    assert found.dags["nightly_trial"].get_task("train").upstream_task_ids == {"validate"}
    assert [task.task_id for task in found.dags["nightly_scores"].tasks] == ["score_and_watch"]
