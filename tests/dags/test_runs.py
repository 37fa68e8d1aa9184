"""The operators at work: real runs of a small model through Airflow's own task runner, on real stores."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.dags.conftest import ROOT
from tests.dags.story import MODEL
from tests.dags.walk import known
from tests.environments import environment
from windvane.stores import Stores, open_stores

SOURCE = ROOT / "tests" / "e2e" / "project" / "include"
DAG_FILE = f'''"""{MODEL}: a made-up airflow dag family; its source and estimator are those of the end-to-end tests."""
import os, sys

from airflow.sdk import DAG
from windvane import Estimator, Features, Model, Source
from windvane.orchestration import build_airflow_dags
from windvane.orchestration.operators.data import SnapshotOperator

spec = Model(
    name="{MODEL}", owner="tests", source=Source.callable("rides:rows"), start="2020-01-01", end="2021-01-01",
    event_time="at", key="ride", target="cancelled", task="binary", estimator=Estimator("rides:estimator"),
    features=Features(numbers=["distance", "wait"]),
)
build_airflow_dags(spec)
build_airflow_dags(spec.revised(name="{MODEL}_there"), python=os.environ.get("THERE", sys.executable))
with DAG("{MODEL}_many", schedule=None):
    SnapshotOperator.partial(task_id="snapshot", model=spec).expand(window=["2020-01", "2020-02", "2020-08"])
'''
STORY = (
    "score:2020-02",  # nobody may score it yet
    "train:2020-01",
    "score:2020-03",
    "monitor:2020-03",
    "score:2020-04",  # twice as many cancel from now on
    "monitor:2020-04",
    "monitor:2020-04",
    "train:2020-08",  # a column is missing
    "train:2020-04",
    "train:2020-02",  # late
    "rollback:7",
    "rollback:1",
    "many:2020-01",
    "act:pause",
    "act:promote",  # of no version
    "act:promote=2",
    "there_train:2020-01",
)


@dataclass(frozen=True)
class Played:
    """What happened."""

    runs: dict[str, list[dict[str, Any]]]
    started: list[dict[str, Any]]
    announced: list[list[Any]]
    log: str
    stores: Stores

    def of(self, requested: str, index: int = 0) -> dict[str, str]:
        """Return the states of a run's tasks, by their own names, and of the run as `run`."""
        run = self.runs[requested][index]
        return {task.split(".")[-1]: state for task, state in run["states"].items()} | {"run": run["state"]}


@pytest.fixture(scope="module")
def played(airflow_database: Path, tmp_path_factory: pytest.TempPathFactory) -> Played:
    """The whole story, played once."""
    home = tmp_path_factory.mktemp("story")
    (home / "dags").mkdir()
    (home / "dags" / f"{MODEL}.py").write_text(DAG_FILE, encoding="utf-8")
    (home / "airflow").mkdir()
    shutil.copy(airflow_database, home / "airflow" / "airflow.db")
    path = os.pathsep.join(map(str, (ROOT / "include", SOURCE, ROOT)))
    there = environment(home / "there")
    env = os.environ | {"PYTHONPATH": path, "OMP_NUM_THREADS": "1", "THERE": there}
    command = [sys.executable, "-m", "tests.dags.story", str(home), *STORY]
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, (done.stdout + done.stderr)[-4000:]
    story = json.loads((home / "story.json").read_text(encoding="utf-8"))
    runs: dict[str, list[dict[str, Any]]] = {}
    for requested, run in zip(STORY, story["runs"], strict=True):
        runs.setdefault(requested, []).append(run)
    stores = open_stores(f"sqlite:///{home / 'windvane' / 'registry.db'}", str(home / "windvane" / "artifacts"))
    return Played(runs, story["started"], story["announced"], done.stdout + done.stderr, stores)


def test_a_person_who_scores_without_a_champion_is_told_at_once(played: Played) -> None:
    states = played.of("score:2020-02")
    assert (states["run"], states["score"], states["publish"]) == ("failed", "failed", "upstream_failed")
    assert played.runs["score:2020-02"][0]["tries"]["score"] == 1
    assert f"NoChampion: {MODEL}: no version trained before window 2020-02" in played.log
    assert "What to do: train an earlier window first" in played.log


def test_a_first_training_takes_the_branch_to_promotion(played: Played) -> None:
    states = played.of("train:2020-01")
    assert {task for task, state in states.items() if state == "skipped"} == {"approve", "reject"}
    assert states["run"] == states["promote"] == "success"
    first = played.stores.registry.champions.promotions(MODEL)[-1]
    assert (first.version, first.epoch, first.actor) == (1, 1, "airflow:dag_test")
    assert first.run_id == played.runs["train:2020-01"][0]["run"]


def test_scores_are_published_by_the_champion_of_the_time(played: Played) -> None:
    assert played.of("score:2020-03")["publish"] == "success"
    scores = played.stores.registry.scores.current(MODEL, "2020-03")
    assert scores is not None
    left = played.runs["score:2020-03"][0]["xcoms"]["publish"]
    assert (scores.version, scores.artifact) == (left["version"], left["artifact"])


@pytest.mark.parametrize(
    ("requested", "taken"), [("monitor:2020-03", "hold"), ("monitor:2020-04", "retrain")], ids=["quiet", "drifted"]
)
def test_a_monitored_window_takes_the_branch_of_its_decision(played: Played, requested: str, taken: str) -> None:
    states = played.of(requested)
    assert states["run"] == states["report"] == "success"
    ends = {name: states[name] for name in ("retrain", "alert", "hold", "insufficient_data")}
    assert {name for name, state in ends.items() if state == "success"} == {taken}
    assert {name for name, state in ends.items() if state == "skipped"} == ends.keys() - {taken}
    assert played.stores.registry.monitoring.results(MODEL, requested.split(":")[1])[0].decision == taken


def test_a_drifted_window_starts_one_training_however_often_it_is_monitored(played: Played) -> None:
    (request,) = played.stores.registry.monitoring.requests(MODEL)
    assert request.started_at is not None
    (run,) = played.started
    assert run["run_id"] == request.run_id
    assert run["run_id"].startswith("retrain__2020-04__")
    assert run["conf"] == {"window": "2020-04", "reason": request.reason}
    assert run["note"].startswith("The monitor asked to retrain on 2020\\-04")
    first, again = played.runs["monitor:2020-04"]
    assert (first["xcoms"]["retrain"]["runs"], again["xcoms"]["retrain"]["runs"]) == ([request.run_id], [])


def test_links_lead_to_the_retrain_and_to_the_training_of_the_version(played: Played) -> None:
    page = f"dags/{MODEL}_train/runs/{played.started[0]['run_id']}"
    for run in played.runs["monitor:2020-04"]:
        assert run["xcoms"]["decide"]["windvane_link_retrain"] == page
        assert run["xcoms"]["retrain"]["windvane_link_retrain"] == page
    trained = played.runs["train:2020-01"][0]["run"].split("/")[1].replace(":", "%3A").replace("+", "%2B")
    for requested, task in (("train:2020-01", "promote"), ("score:2020-04", "score"), ("rollback:1", "move")):
        link = played.runs[requested][0]["xcoms"][task]["windvane_link_champion"]
        assert link == f"dags/{MODEL}_train/runs/{trained}"


def test_failed_and_mapped_tasks_link_to_their_model_and_window_too(played: Played) -> None:
    page = f"plugin/models/windvane/models/{MODEL}"
    broken = played.runs["train:2020-08"][0]["xcoms"]["data.snapshot"]
    mapped = played.runs["many:2020-01"][0]
    assert (mapped["state"], mapped["tries"]) == ("failed", {"snapshot": 1})
    many = [mapped["xcoms"][f"snapshot[{index}]"] for index in range(3)]
    for left, window in zip((broken, *many), ("2020-08", "2020-01", "2020-02", "2020-08"), strict=True):
        assert left["windvane_link_model"] == page
        assert left["windvane_link_window"] == f"{page}/windows/{window}"


def test_a_broken_window_fails_once_by_name_and_leaves_no_version(played: Played) -> None:
    states, tries = played.of("train:2020-08"), played.runs["train:2020-08"][0]["tries"]
    assert (states["run"], states["snapshot"], states["train"]) == ("failed", "failed", "upstream_failed")
    assert tries["data.snapshot"] == 1
    assert f"MissingColumn: {MODEL} 2020-08: column 'distance' is missing" in played.log
    assert all(version.window != "2020-08" for version in played.stores.registry.versions.all(MODEL))


def test_a_late_training_is_let_through_and_leaves_the_champion(played: Played) -> None:
    states = played.of("train:2020-02")
    assert (states["run"], states["promote"], states["reject"]) == ("success", "success", "skipped")
    late = next(item for item in played.stores.registry.versions.all(MODEL) if item.window == "2020-02")
    assert (late.state, late.eligible) == ("archived", None), "the rollback that followed took it back"
    assert "version.eligible" in {event.kind for event in played.stores.registry.audit.events_of(MODEL, late.version)}
    assert all(promotion.version != late.version for promotion in played.stores.registry.champions.promotions(MODEL))


def test_a_rollback_verifies_its_target_and_keeps_who_and_why(played: Played) -> None:
    unknown = played.of("rollback:7")
    assert (unknown["verify"], unknown["move"]) == ("failed", "upstream_failed")
    assert played.of("rollback:1")["run"] == "success"
    (_, promotion, *_) = played.stores.registry.champions.promotions(MODEL)
    assert (promotion.kind, promotion.version, promotion.reason, promotion.actor) == (
        "rollback",
        1,
        "complaints",
        "airflow:dag_test",
    )


def test_an_action_is_done_with_who_and_why_or_refused_by_name(played: Played) -> None:
    assert played.of("act:pause")["run"] == played.of("act:promote=2")["run"] == "success"
    assert played.of("act:promote")["run"] == "failed"
    assert f"IllegalMove: {MODEL}: promote without a version" in played.log
    promotion = played.stores.registry.champions.promotions(MODEL)[0]
    assert (promotion.kind, promotion.version, promotion.reason, promotion.actor) == (
        "promote",
        2,
        "complaints",
        "airflow:dag_test",
    )
    assert played.runs["act:promote=2"][0]["xcoms"]["act"]["message"].startswith("v2 is the champion")
    assert played.announced == [[f"x-windvane://{MODEL}/champion", {"version": 2, "epoch": 4, "window": "2020-04"}]]


def test_the_trail_is_whole_and_names_the_runs(played: Played) -> None:
    played.stores.registry.audit.verify(MODEL)
    runs = {run["run"] for requested in played.runs.values() for run in requested}
    assert {event.run_id for event in played.stores.registry.audit.events(MODEL)} <= runs


def test_a_family_with_an_environment_of_its_own_ends_as_one_without(played: Played) -> None:
    states = played.of("there_train:2020-01")
    assert states == played.of("train:2020-01")
    versions = played.stores.registry.versions
    assert versions.get(f"{MODEL}_there", 1).artifact == versions.get(MODEL, 1).artifact
    heavy = ("snapshot", "validate", "train", "evaluate", "gate", "promote", "explain")
    assert played.log.count("there/bin/python: Python 3") == len(heavy)


def test_tasks_hand_on_ids_and_digests_only(played: Played) -> None:
    for requested, runs in played.runs.items():
        for task, left in [item for run in runs for item in run["xcoms"].items()]:
            size = len(json.dumps(left))
            assert size < 2500, f"{requested} {task} leaves {size} bytes"


def test_the_runner_leaves_the_artifacts_that_the_dags_leave(played: Played, tmp_path: Path) -> None:
    """Digest by digest; only the story's later runs leave more."""
    (tmp_path / "dags").mkdir()
    (tmp_path / "dags" / f"{MODEL}.py").write_text(DAG_FILE, encoding="utf-8")
    path = os.pathsep.join(str(folder) for folder in (ROOT / "include", SOURCE, ROOT))
    walked = subprocess.run(
        [sys.executable, "-m", "tests.dags.walk", str(tmp_path)],
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert walked.returncode == 0, walked.stderr
    left = json.loads(walked.stdout.splitlines()[-1])
    assert left["known"] == known(MODEL, played.stores)
    assert all(left["known"].values())
    assert [digest for digest in left["artifacts"] if not played.stores.artifacts.has(digest)] == []
