"""The monitor waits for the scores in Airflow: what was not scored in time alerts, and late scores end that."""

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

SOURCE = ROOT / "tests" / "e2e" / "project" / "include"
DAG_FILE = f'''"""{MODEL}: a made-up airflow dag family, whose monitor waits six seconds for scores."""
from windvane import Estimator, Features, Model, Monitor, Source
from windvane.orchestration import build_airflow_dags

build_airflow_dags(
    Model(
        name="{MODEL}", owner="tests", source=Source.callable("rides:rows"), start="2020-01-01", end="2021-01-01",
        event_time="at", key="ride", target="cancelled", task="binary", estimator=Estimator("rides:estimator"),
        features=Features(numbers=["distance", "wait"]), monitor=Monitor(scores_within="6s"),
    )
)
'''
STORY = (
    "train:2020-01",
    "monitor:2020-02",  # nobody scores it
    "score:2020-02",
    "score:2020-03",
    "monitor:2020-03",
    "score:2020-03+replace",
    "monitor:2020-01",  # nothing may score it: nothing to wait for
)
Runs = dict[str, dict[str, Any]]


@pytest.fixture(scope="module")
def played(airflow_database: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Runs, Stores, str]:
    """The whole story, played once: what each run came to, the stores, and the log."""
    home = tmp_path_factory.mktemp("story")
    (home / "dags").mkdir()
    (home / "dags" / f"{MODEL}.py").write_text(DAG_FILE, encoding="utf-8")
    (home / "airflow").mkdir()
    shutil.copy(airflow_database, home / "airflow" / "airflow.db")
    path = os.pathsep.join(map(str, (ROOT / "include", SOURCE, ROOT)))
    env = os.environ | {"PYTHONPATH": path, "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-m", "tests.dags.story", str(home), *STORY]
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, (done.stdout + done.stderr)[-4000:]
    story = json.loads((home / "story.json").read_text(encoding="utf-8"))
    stores = open_stores(f"sqlite:///{home / 'windvane' / 'registry.db'}", str(home / "windvane" / "artifacts"))
    return dict(zip(STORY, story["runs"], strict=True)), stores, done.stdout + done.stderr


def test_a_window_that_nobody_scores_alerts_after_the_wait(played: tuple[Runs, Stores, str]) -> None:
    runs, stores, log = played
    run = runs["monitor:2020-02"]
    assert run["xcoms"]["decide"]["decision"] == "alert"
    assert run["xcoms"]["collect"]["collected"]["due"]
    assert "2020-02 is not scored yet: waiting for its scores until" in log
    (first, *_) = [
        event.payload
        for event in reversed(stores.registry.audit.events(MODEL))
        if event.kind == "window.monitored" and event.payload["window"] == "2020-02"
    ]
    assert "Window 2020-02 was not scored in time" in first["reasons"][0]


def test_the_score_run_monitors_it_again(played: tuple[Runs, Stores, str]) -> None:
    runs, stores, _ = played
    assert runs["score:2020-02"]["xcoms"]["monitor_again"]["reopened"] == ["2020-02"]
    (said,) = stores.registry.monitoring.results(MODEL, "2020-02")
    assert (said.decision, said.version, said.publication) == ("hold", 1, 1)
    assert stores.registry.monitoring.incidents(MODEL, open_only=True) == []


def test_a_window_that_is_scored_is_not_waited_for(played: tuple[Runs, Stores, str]) -> None:
    runs, _, log = played
    assert runs["score:2020-03"]["xcoms"]["monitor_again"]["reopened"] == []
    assert runs["monitor:2020-03"]["xcoms"]["decide"]["decision"] == "hold"
    assert "2020-03 is not scored yet" not in log
    assert "2020-01 is not scored yet" not in log
    assert runs["monitor:2020-01"]["xcoms"]["decide"]["decision"] == "insufficient_data"


def test_the_form_replaces_what_is_published_and_asks_why(played: tuple[Runs, Stores, str]) -> None:
    runs, stores, log = played
    assert runs["score:2020-03+replace"]["state"] == "failed"
    assert "IllegalMove: trips 2020-03: published scores are to be replaced, and no reason says why" in log
    assert len(stores.registry.scores.publications(MODEL, "2020-03")) == 1


def test_a_score_dag_has_a_field_for_it_and_no_other_dag_does() -> None:
    from tests.unit.lifecycle.examples import model_with
    from windvane.orchestration.factory import family

    fields = {dag.dag_id: dag.params for dag in family(model_with())}
    assert fields["loans_score"]["replace"] is False
    assert [name for name, params in fields.items() if "replace" in params] == ["loans_score"]
