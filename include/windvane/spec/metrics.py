"""The metrics a gate rule or a check may name, with their tasks and directions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Task = Literal["binary", "multiclass", "regression"]


@dataclass(frozen=True)
class Metric:
    """What a metric's name means.

    Args:
        name: The name used in specs, results and pages.
        tasks: Tasks it is defined for.
        greater_is_better: Its direction.
        additive: True when it is a mean of one loss a row, so that two versions can be compared row by row.
        unit: The unit shown beside the number (`nat`, `share`, or `target` for the target's own unit).
    """

    name: str
    tasks: tuple[Task, ...]
    greater_is_better: bool
    additive: bool
    unit: str


METRICS: dict[str, Metric] = {
    metric.name: metric
    for metric in (
        Metric("log_loss", ("binary", "multiclass"), False, True, "nat"),
        Metric("brier", ("binary", "multiclass"), False, True, "squared share"),
        Metric("accuracy", ("binary", "multiclass"), True, True, "share"),
        Metric("roc_auc", ("binary",), True, False, "share"),
        Metric("average_precision", ("binary",), True, False, "share"),
        Metric("calibration_error", ("binary",), False, False, "share"),
        Metric("mae", ("regression",), False, True, "target"),
        Metric("mse", ("regression",), False, True, "squared target"),
        Metric("rmse", ("regression",), False, False, "target"),
        Metric("r2", ("regression",), True, False, "share"),
    )
}

PRIMARY: dict[str, str] = {"binary": "log_loss", "multiclass": "log_loss", "regression": "mse"}


def metrics_for(task: Task) -> list[str]:
    """Return the names of the metrics defined for a task, the task's primary one first."""
    names = [name for name, metric in METRICS.items() if task in metric.tasks]
    return sorted(names, key=lambda name: name != PRIMARY[task])
