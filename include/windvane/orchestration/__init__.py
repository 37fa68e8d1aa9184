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

    from windvane.orchestration.arrivals import After, Awaited
    from windvane.orchestration.deadlines import Deadline
    from windvane.orchestration.project import open_project
    from windvane.pipeline import Resources
    from windvane.spec import Model

__all__ = [
    "ActOperator",
    "After",
    "AlertOperator",
    "ApproveOperator",
    "CheckOperator",
    "CollectOperator",
    "Deadline",
    "DecideOperator",
    "DeliverOperator",
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
    "Resources",
    "RetrainOperator",
    "RollbackOperator",
    "ScoreOperator",
    "ShadowOperator",
    "SnapshotOperator",
    "TrainOperator",
    "TryOperator",
    "ValidateOperator",
    "VerifyTargetOperator",
    "build_airflow_dags",
    "open_project",
]

_DECLARED = {"After": "arrivals", "Deadline": "deadlines"}
"""What a DAG file may give to `build_airflow_dags`, and the module that has it."""


def build_airflow_dags(
    model: Model,
    default_args: Mapping[str, Any] | None = None,
    notifiers: Sequence[BaseNotifier] = (),
    tasks: Mapping[str, Resources] | None = None,
    python: str | None = None,
    after: Awaited | Mapping[str, Awaited] | None = None,
    deadlines: Mapping[str, str | Deadline] | None = None,
) -> list[DAG]:
    """Build the DAG family of a model: `<model>_train`, `_score`, `_monitor`, `_rollback` and `_act`.

    Call it at the top level of a DAG file; the DAGs register themselves. While specs are only read (`windvane check`),
    nothing is built and Airflow is not imported.

    Args:
        model: The spec.
        default_args: What all tasks share besides, or instead of, the family's own defaults: `pool`, `queue`,
            `retries`, `execution_timeout`, callbacks.
        notifiers: Airflow notifiers (`SmtpNotifier`, `SlackNotifier`, your own), which are notified of each incident
            once, and of its end; see `NotifyOperator` for what their templates find.
        tasks: What single tasks may use, by their name, or by `dag.task` where several DAGs have one of that name:
            `tasks={"train": Resources(queue="big"), "score.snapshot": Resources(pool="warehouse")}`.
        python: Interpreter of the model's own Python environment on the workers, `/opt/envs/churn/bin/python`. All
            tasks that run its code or load its versions work there; None for the workers' own environment.
        after: An asset whose partitions `score` waits for instead of the clock, `Asset("bookings")`; with
            `After(asset, each="day")` a window is whole when its days are. Or several, by the DAG that waits.
        deadlines: By when a window must be done, by the DAG: `{"score": "06:00"}`, the first 06:00 after its end, or
            `Deadline("3h", tell=SyncCallback(…))`.

    Raises:
        SpecError: `tasks` names no task of the family; `after` or `deadlines` are not such as a DAG can have.
        UntestedAirflow: This Airflow is not one that Windvane was tested on.
    """
    from windvane import loading

    if loading.collecting():
        loading.record(model)
        return []
    importlib.import_module(f"{__name__}.compat")  # an untested Airflow is named before anything of it is missing
    from windvane.orchestration.factory import family

    return family(model, default_args, notifiers, tasks, python, after, deadlines)


def __getattr__(name: str) -> Any:
    """Import an operator, or what opens a project, when it is asked for."""
    from windvane.orchestration.operators import MODULES, operator_of

    if name == "Resources":
        from windvane.pipeline import Resources

        return Resources
    if name in _DECLARED:
        return getattr(importlib.import_module(f"{__name__}.{_DECLARED[name]}"), name)
    if name == "open_project":
        return importlib.import_module(f"{__name__}.project").open_project
    if name not in MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    importlib.import_module(f"{__name__}.compat")
    return operator_of(name)
