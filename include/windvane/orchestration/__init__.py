"""The only place that imports Airflow: a model's DAG family, and the operators it is made of.

`build_airflow_dags(model)` is all a DAG file needs. The operators can be used one by one in a DAG of your own; they
are imported from here too, and only then.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from airflow.sdk import DAG, BaseNotifier

    from windvane.spec import Model

_OPERATORS = {
    "AlertOperator": "monitor",
    "ApproveOperator": "approval",
    "RequestedOperator": "train",
    "CheckOperator": "monitor",
    "CollectOperator": "monitor",
    "DecideOperator": "monitor",
    "DriftBranchOperator": "monitor",
    "EvaluateOperator": "train",
    "ExplainOperator": "staging",
    "GateOperator": "train",
    "HoldOperator": "monitor",
    "LiveOperator": "staging",
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
    "ValidateOperator": "data",
    "VerifyTargetOperator": "champion",
}

__all__ = [
    "AlertOperator",
    "ApproveOperator",
    "CheckOperator",
    "CollectOperator",
    "DecideOperator",
    "DriftBranchOperator",
    "EvaluateOperator",
    "ExplainOperator",
    "GateOperator",
    "HoldOperator",
    "LiveOperator",
    "NotifyOperator",
    "PromoteOperator",
    "PublishOperator",
    "RejectOperator",
    "ReopenOperator",
    "ReportOperator",
    "RequestedOperator",
    "RetrainOperator",
    "RollbackOperator",
    "ScoreOperator",
    "ShadowOperator",
    "SnapshotOperator",
    "TrainOperator",
    "ValidateOperator",
    "VerifyTargetOperator",
    "build_airflow_dags",
]


def build_airflow_dags(
    model: Model, default_args: Mapping[str, Any] | None = None, notifiers: Sequence[BaseNotifier] = ()
) -> list[DAG]:
    """Build the DAG family of a model: `<model>_train`, `_score`, `_monitor` and `_rollback`.

    Call it at the top level of a DAG file; the DAGs register themselves. While specs are only read (`windvane check`),
    nothing is built and Airflow is not imported.

    Args:
        model: The spec.
        default_args: What all tasks share besides, or instead of, the family's own defaults: `pool`, `queue`,
            `retries`, `execution_timeout`, callbacks.
        notifiers: Airflow notifiers (`SmtpNotifier`, `SlackNotifier`, your own), which are told of each incident
            once, and of its end; see `NotifyOperator` for what their templates find.

    Raises:
        UntestedAirflow: This Airflow is not one that Windvane was tested on.
    """
    from windvane import loading

    if loading.collecting():
        loading.record(model)
        return []
    importlib.import_module(f"{__name__}.compat")  # an untested Airflow is named before anything of it is missing
    from windvane.orchestration.factory import family

    return family(model, default_args, notifiers)


def __getattr__(name: str) -> Any:
    """Import an operator when it is asked for."""
    if name not in _OPERATORS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    importlib.import_module(f"{__name__}.compat")
    return getattr(importlib.import_module(f"{__name__}.operators.{_OPERATORS[name]}"), name)
