"""The monitor through Airflow's own task runner: a changed unit, labels that come late, retrains that do not help."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.dags.conftest import ROOT
from tests.dags.story import MODEL
from windvane.stores import Stores, open_stores

SOURCE = '''"""Trips: the wait in another unit in March, outcomes of April that come late, a new world from April on."""
from pathlib import Path

import numpy as np
import pandas as pd


def rows(start, end):
    """Return 600 trips; April's outcomes are there from the third time on that somebody asks."""
    month = start.month
    random = np.random.default_rng(month)
    wait, distance = random.normal(20, 5, 600), random.normal(0, 1, 600)
    chance = 1 / (1 + np.exp(-(2.5 * distance if month < 4 else -0.4 * distance)))
    cancelled = (random.random(600) < chance).astype(float)
    asked = Path(__file__).with_name("asked")
    if month == 4:
        asked.write_text(asked.read_text() + "." if asked.exists() else ".")
        if len(asked.read_text()) <= 2:
            cancelled[:] = np.nan
    at = pd.date_range(start, end, periods=601)[:-1]
    return pd.DataFrame(
        {
            "ride": [f"{month}-{index}" for index in range(600)],
            "at": at.as_unit("us"),
            "distance": distance,
            "wait": 60 * wait if month == 3 else wait,
            "cancelled": cancelled,
        }
    )
'''
DAG_FILE = f'''"""{MODEL}: a made-up airflow dag family."""
from windvane import Estimator, Features, Gate, Model, Monitor, Source
from windvane.orchestration import build_airflow_dags
from windvane.spec.watching import Policy

build_airflow_dags(
    Model(
        name="{MODEL}", owner="tests", source=Source.callable("odd:rows"), start="2020-01-01", end="2021-01-01",
        event_time="at", key="ride", target="cancelled", task="binary",
        estimator=Estimator("sklearn.linear_model:LogisticRegression"),
        features=Features(numbers=["distance", "wait"]),
        monitor=Monitor(policy=Policy(cooldown=0)),
    )
)
'''
STORY = (
    "train:2020-01",
    *(f"{verb}:2020-0{month}" for month in range(2, 9) for verb in ("score", "monitor")),
    "monitor:2020-08",
)


@pytest.fixture(scope="module")
def played(
    airflow_database: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[dict[str, Any], list[dict[str, Any]], Stores]:
    """The whole story, played once: what each run came to, the runs that were started, and the stores."""
    home = tmp_path_factory.mktemp("story")
    for folder, name, text in (("dags", f"{MODEL}.py", DAG_FILE), ("source", "odd.py", SOURCE)):
        (home / folder).mkdir()
        (home / folder / name).write_text(text, encoding="utf-8")
    (home / "airflow").mkdir()
    shutil.copy(airflow_database, home / "airflow" / "airflow.db")
    path = os.pathsep.join(map(str, (ROOT / "include", home / "source", ROOT)))
    env = os.environ | {"PYTHONPATH": path, "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-m", "tests.dags.story", str(home), *STORY]
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, (done.stdout + done.stderr)[-4000:]
    story = json.loads((home / "story.json").read_text(encoding="utf-8"))
    stores = open_stores(f"sqlite:///{home / 'windvane' / 'registry.db'}", str(home / "windvane" / "artifacts"))
    return dict(zip(STORY, story["runs"], strict=True)), story["started"], stores


def decided(stores: Stores, month: int) -> tuple[str, str]:
    """Return the latest decision about a month, and its first reason."""
    (said,) = stores.registry.monitoring.results(MODEL, f"2020-0{month}")
    return said.decision, said.reasons[0].headline


def test_a_changed_unit_alerts_and_retrains_nothing(played: Any) -> None:
    runs, started, stores = played
    decision, why = decided(stores, 3)
    assert decision == "alert"
    assert "wait looks like values multiplied by 60" in why
    states = runs["monitor:2020-03"]["states"]
    assert (states["alert"], states["retrain"]) == ("success", "skipped")
    assert not [run for run in started if "2020-03" in run["run_id"]]


def test_labels_that_come_late_open_the_window_again_and_it_is_decided_then(played: Any) -> None:
    runs, started, stores = played
    assert runs["monitor:2020-04"]["xcoms"]["decide"]["decision"] == "insufficient_data"
    assert runs["monitor:2020-05"]["xcoms"]["reopen"]["reopened"] == ["2020-04"]
    (said,) = stores.registry.monitoring.results(MODEL, "2020-04")
    assert (said.decision, said.reopened, said.outcomes) == ("retrain", True, 600)
    assert sum("2020-04" in run["run_id"] for run in started) == 1
    message = [event.payload for event in stores.registry.audit.events(MODEL) if event.kind == "window.monitored"]
    assert [item["decision"] for item in message if item["window"] == "2020-04"] == ["retrain", "insufficient_data"]


def test_retrains_that_come_to_nothing_back_off_and_that_is_told_once(played: Any) -> None:
    """The runs that were asked for are not played here, so no version comes of them."""
    _, _, stores = played
    assert [decided(stores, month)[0] for month in (5, 6, 7, 8)] == ["retrain", "retrain", "alert", "hold"]
    assert "the last 3 retrains were refused" in decided(stores, 7)[1]
    assert len(stores.registry.monitoring.requests(MODEL)) == 3


def test_the_same_window_monitored_again_changes_nothing(played: Any) -> None:
    _, _, stores = played
    message = [event.payload for event in stores.registry.audit.events(MODEL) if event.kind == "window.monitored"]
    assert sum(item["window"] == "2020-08" for item in message) == 1


def test_each_retrain_run_says_why_in_its_note(played: Any) -> None:
    _, started, _ = played
    assert len(started) == 3
    assert all("Retraining would gain about" in run["note"] for run in started)
