"""A search in Airflow: mapped tasks that try, and what one process would have tried too."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.dags.conftest import ROOT
from tests.dags.story import MODEL
from tests.dags.test_runs import SOURCE
from windvane import loading
from windvane.pipeline import runner
from windvane.results import Run
from windvane.stores import Stores, open_stores

DAG_FILE = f'''"""{MODEL}: a made-up airflow dag family whose parameters are searched for."""
from windvane import Estimator, Features, Model, Search, Source, space
from windvane.orchestration import build_airflow_dags

spec = Model(
    name="{MODEL}", owner="tests", source=Source.callable("rides:rows"), start="2020-01-01", end="2021-01-01",
    event_time="at", key="ride", target="cancelled", task="binary",
    estimator=Estimator("sklearn.linear_model:LogisticRegression"),
    features=Features(numbers=["distance", "wait"]),
    tune=Search(space={{"C": space.log(0.0001, 10.0)}}, trials=6, parallel=3, windows=2),
)
build_airflow_dags(spec)
'''
WINDOW = "2020-02"


def test_mapped_tasks_try_what_one_process_tries_and_the_chosen_version_is_trained(
    airflow_database: Path, tmp_path: Path, monkeypatch: Any
) -> None:
    (tmp_path / "dags").mkdir()
    (tmp_path / "dags" / f"{MODEL}.py").write_text(DAG_FILE, encoding="utf-8")
    (tmp_path / "airflow").mkdir()
    shutil.copy(airflow_database, tmp_path / "airflow" / "airflow.db")
    path = os.pathsep.join(map(str, (ROOT / "include", SOURCE, ROOT)))
    env = os.environ | {"PYTHONPATH": path, "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-m", "tests.dags.story", str(tmp_path), f"train:{WINDOW}"]
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, (done.stdout + done.stderr)[-4000:]
    (run,) = json.loads((tmp_path / "story.json").read_text(encoding="utf-8"))["runs"]
    assert run["state"] == "success", done.stdout[-4000:]
    tried = [run["xcoms"][f"search.try[{worker}]"]["tried"] for worker in range(3)]
    assert sorted(number for numbers in tried for number in numbers) == list(range(6))
    home = tmp_path / "windvane"
    in_airflow = open_stores(f"sqlite:///{home / 'registry.db'}", str(home / "artifacts"))
    monkeypatch.syspath_prepend(str(SOURCE))
    (spec,), _ = loading.load_specs(tmp_path / "dags")
    alone = open_stores(f"sqlite:///{tmp_path / 'alone.db'}", str(tmp_path / "alone"))
    window = spec.model.cadence.window(WINDOW)
    runner.run_train(spec.model, window, alone, Run(actor="tests", as_of=datetime.now(UTC)), without=("explain",))
    assert told(in_airflow) == told(alone)
    assert in_airflow.registry.versions.get(MODEL, 1).artifact == alone.registry.versions.get(MODEL, 1).artifact
    assert run["xcoms"]["search.choose"]["trial"] == in_airflow.registry.versions.get(MODEL, 1).trial


def told(stores: Stores) -> list[Any]:
    """Return what the trials of the only study came to."""
    (study,) = stores.registry.tuning.studies(MODEL)
    trials = stores.registry.tuning.trials(MODEL, study.study)
    return [(trial.trial, trial.state, trial.parameters, trial.result) for trial in trials]
