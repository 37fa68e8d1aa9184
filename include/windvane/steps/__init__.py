"""One function a task: load, one pure call, save. Airflow's operators and the command line call the same ones."""

from __future__ import annotations

from windvane.steps.chains import TrainOutcome, answer, run_monitor, run_score, run_train
from windvane.steps.data import snapshot, validate
from windvane.steps.judging import gate, promote, reject, rollback, settle, verify_version
from windvane.steps.replay import replay
from windvane.steps.reproducing import reproduce
from windvane.steps.scoring import publish, score
from windvane.steps.tracing import lineage
from windvane.steps.training import evaluate, may_score, train
from windvane.steps.verifying import verify
from windvane.steps.watching import (
    Checked,
    CheckedRef,
    Collected,
    check,
    collect,
    decide,
    pending,
    report,
    started,
)

__all__ = [
    "Checked",
    "CheckedRef",
    "Collected",
    "TrainOutcome",
    "answer",
    "check",
    "collect",
    "decide",
    "evaluate",
    "gate",
    "lineage",
    "may_score",
    "pending",
    "promote",
    "publish",
    "reject",
    "replay",
    "report",
    "reproduce",
    "rollback",
    "run_monitor",
    "run_score",
    "run_train",
    "score",
    "settle",
    "snapshot",
    "started",
    "train",
    "validate",
    "verify",
    "verify_version",
]
