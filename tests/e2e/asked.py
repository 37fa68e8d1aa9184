"""What the questions of the task test are asked about: three models with a history, made by the real steps.

They are in no DAG file: Airflow's administrator may read and do everything, and what a run would record is recorded.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from windvane import Estimator, Features, Gate, Model, Monitor, Source, rule
from windvane.pipeline.runner import run_monitor, run_score, run_train
from windvane.results import Comparison, Evaluation, MonitorResult, Run
from windvane.stores import Stores

INCLUDE = Path(__file__).resolve().parent / "project" / "include"
ASKED = Model(
    name="rides_asked",
    owner="tests",
    source=Source.callable("rides:rows"),
    start="2020-01-01",
    event_time="at",
    key="ride",
    target="cancelled",
    task="binary",
    features=Features(numbers=["distance", "wait"]),
    estimator=Estimator("rides:estimator"),
    gate=Gate(rule.min_rows(10)),
)
"""Scored until April 2020 and never again, rolled back by a person; its newest version learns from less history."""

WAITING = ASKED.revised(name="rides_waiting", gate=Gate(approval="always", four_eyes=True))
"""Its first version waits for somebody else than airflow:admin, who made it."""

REFUSED = ASKED.revised(name="rides_barred", gate=Gate(rule.bound("log_loss", at_most=0.01)), monitor=Monitor())
"""Its first version was refused."""

QUIET, DRIFTED = "2020-03", "2020-04"
LAST = 3
"""The newest version of `rides_asked`: champion, and its file is gone."""


@dataclass(frozen=True)
class History:
    """What was written.

    Args:
        quiet: The conclusion on the window in which nothing moved.
        drifted: The conclusion on the window from which on more rides are cancelled.
        compared: What the newest version's loss is less that of the one before, on the newest one's holdout.
    """

    quiet: MonitorResult
    drifted: MonitorResult
    compared: Comparison


def run_by(actor: str, work: str) -> Run:
    return Run(actor=actor, as_of=datetime.now(UTC) - timedelta(minutes=1), run_id=f"{work}_train/by_hand")


def write(stores: Stores) -> History:
    """Write the histories."""
    if str(INCLUDE) not in sys.path:
        sys.path.append(str(INCLUDE))
    by = run_by("airflow:admin", ASKED.name)

    def train(model: Model, window: str) -> None:
        run_train(model, model.cadence.window(window), stores, by, without=("explain",))

    train(ASKED, "2020-01")
    found = {}
    for window in (QUIET, DRIFTED):
        run_score(ASKED, ASKED.cadence.window(window), stores, by)
        found[window] = run_monitor(ASKED, ASKED.cadence.window(window), stores, by, retrain=False, report=False)
    train(ASKED, "2020-05")
    train(ASKED.revised(history=2), "2020-06")
    train(WAITING, "2020-01")
    train(REFUSED, "2020-01")
    newest = stores.registry.versions.get(ASKED.name, LAST)
    assert newest.evaluation is not None
    evaluation = Evaluation.from_json(stores.artifacts.get(newest.evaluation))
    (compared,) = [item for item in evaluation.comparisons if (item.metric, item.other) == ("log_loss", "v2")]
    lose(stores, newest.artifact)
    return History(found[QUIET], found[DRIFTED], compared)


def lose(stores: Stores, digest: str) -> None:
    """Remove the file of an artifact, as a disk does."""
    kept = [path for path in Path(stores.artifacts.url).rglob(digest.removeprefix("sha256:")[2:]) if path.is_file()]
    assert kept
    for path in kept:
        path.unlink()
