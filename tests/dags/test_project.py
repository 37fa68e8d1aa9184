"""A project within a task of Airflow: its connections, its person, its moment; and the recipe of a hand-written DAG."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from airflow.sdk import Connection

from tests.dags.conftest import ROOT
from tests.dags.test_context import BEGAN, context_of
from tests.unit.cli.conftest import Shop, make_shop, modules_of
from windvane.errors import NotAProject, StaleAttempt
from windvane.orchestration import open_project
from windvane.orchestration import project as module

RECIPE = ROOT / "docs" / "recipes" / "hand-written-dag.md"


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


CREDIT = """
from windvane import Estimator, Features, Model, Source
from windvane.orchestration import build_airflow_dags

build_airflow_dags(
    Model(
        name="credit",
        owner="risk",
        source=Source.parquet("data/*.parquet"),
        event_time="at",
        key="loan",
        target="default",
        task="binary",
        start="2024-01-01",
        features=Features(numbers=["income", "debt"]),
        estimator=Estimator("sklearn.linear_model:LogisticRegression"),
    )
)
"""
RUN = """
import json, sys
import windvane
from airflow.dag_processing.dagbag import DagBag
from tests.dags.story import _tasks

bag = DagBag(dag_folder="dags")
assert not bag.import_errors, bag.import_errors
trial = bag.dags["nightly_trial"].test(run_conf={"window": "2024-01"}, logical_date=None)
with windvane.open(".") as project:
    credit = project["credit"]
    trained = credit.train("2024-01")
scores = bag.dags["nightly_scores"].test(run_conf={"window": "2024-02"}, logical_date=None)
told = {"trial": trial.state, "decision": trained.decision, "scores": scores.state}
told["rows"] = _tasks(scores)["xcoms"]["score_and_watch"]["return_value"]
told["left"] = sorted(_tasks(trial)["xcoms"])
print(json.dumps(told))
"""


def test_the_recipe_of_a_hand_written_dag_runs(tmp_path: Path, airflow_database: Path) -> None:
    """The snapshot, the training and the evaluation of the first DAG; a day of the second, beside a trained model."""
    (text,) = re.findall(r'```python title="[^"]+"\n(.*?)```', RECIPE.read_text(encoding="utf-8"), re.DOTALL)
    project, home = tmp_path / "project", tmp_path / "airflow"
    for folder in (project / "dags", project / "data", home):
        folder.mkdir(parents=True)
    (project / "dags" / "nightly.py").write_text(text.replace("/opt/airflow", str(project)), encoding="utf-8")
    (project / "dags" / "credit.py").write_text(CREDIT, encoding="utf-8")
    draw = np.random.default_rng(5)
    for month, count in (("2024-01", 800), ("2024-02", 300)):
        income, debt = draw.normal(size=count), draw.normal(size=count)
        frame = pd.DataFrame(
            {
                "loan": [f"{month}-{number}" for number in range(count)],
                "at": pd.date_range(f"{month}-01", f"{month}-28", periods=count, tz="UTC"),
                "income": income,
                "debt": debt,
                "default": (draw.random(count) < 1 / (1 + np.exp(2 * income - debt))).astype(int),
            }
        )
        frame.to_parquet(project / "data" / f"{month}.parquet", index=False)
    shutil.copy(airflow_database, home / "airflow.db")
    env = {name: value for name, value in os.environ.items() if not name.startswith(("AIRFLOW", "WINDVANE"))}
    env |= {
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__DAGS_FOLDER": str(project / "dags"),
        "WINDVANE_HOME": str(tmp_path / "windvane"),
        "PYTHONPATH": os.pathsep.join((str(ROOT / "include"), str(ROOT))),
        "OMP_NUM_THREADS": "1",
    }
    done = subprocess.run(
        [sys.executable, "-c", RUN], cwd=project, env=env, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, (done.stdout + done.stderr)[-6000:]
    told = json.loads(done.stdout.splitlines()[-1])
    assert (told["trial"], told["decision"], told["scores"], told["rows"]) == ("success", "promote", "success", 300)
    assert told["left"] == ["evaluate", "snapshot", "train", "validate"]
