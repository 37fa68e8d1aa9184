"""The operators, a module a stage: data, train, approval, champion, score, monitor, retrain.

Steps and results are imported when a task runs: a DAG file is parsed every few seconds and needs none of them.
"""

from __future__ import annotations

import importlib
from typing import Any

MODULES = {
    "ActOperator": "act",
    "AlertOperator": "monitor",
    "ApproveOperator": "approval",
    "RequestedOperator": "train",
    "CheckOperator": "monitor",
    "CollectOperator": "monitor",
    "DecideOperator": "monitor",
    "DeliverOperator": "score",
    "DriftBranchOperator": "monitor",
    "EvaluateOperator": "train",
    "ExplainOperator": "staging",
    "GateOperator": "train",
    "HoldOperator": "monitor",
    "LiveOperator": "staging",
    "MonitorAgainOperator": "monitor",
    "NotifyOperator": "notify",
    "PromoteOperator": "champion",
    "PublishOperator": "score",
    "RejectOperator": "champion",
    "ReportOperator": "monitor",
    "ReopenOperator": "monitor",
    "RetrainOperator": "retrain",
    "RollbackOperator": "champion",
    "ScoreOperator": "score",
    "ShadowOperator": "staging",
    "SnapshotOperator": "data",
    "TrainOperator": "train",
    "TryOperator": "tuning",
    "ValidateOperator": "data",
    "VerifyTargetOperator": "champion",
}
"""Operator to the module that has it."""


def operator_of(name: str) -> Any:
    """Return the class of an operator."""
    return getattr(importlib.import_module(f"{__name__}.{MODULES[name]}"), name)
