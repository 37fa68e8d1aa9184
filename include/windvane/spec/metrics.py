"""The metrics a gate rule or a check may name, with their tasks and directions; and a user's own."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from pydantic import Field, field_validator

from windvane.spec.base import Declaration, checked_path

Task = Literal["binary", "multiclass", "regression"]

_PINBALL = re.compile(r"^pinball\((0?\.\d+)\)$")
_NAME = re.compile(r"^[a-z][a-z0-9_]{0,62}$")


@dataclass(frozen=True)
class Metric:
    """What a metric's name means.

    Args:
        name: The name used in specs, results and pages.
        tasks: Tasks it is defined for.
        greater_is_better: Its direction.
        additive: True when it is a mean of one loss a row.
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
        Metric("f1", ("binary", "multiclass"), True, False, "share"),
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

EXPECTED_COST = Metric("expected_cost", ("binary", "multiclass"), False, True, "cost")
"""Known to a model that declares `costs`."""


class OwnMetric(Declaration):
    """A metric of the user's own: a function `(outcomes, scores) -> float`.

    It gets arrays: outcomes as in training (0 and 1, labels, or numbers), and scores (the probability of 1; n x k for
    several classes; or predictions). Its interval comes from a bootstrap, which calls it some hundred times.
    """

    path: str
    """Import path of the function, `package.module:metric`."""
    name: str = ""
    """What rules and pages call it; empty: the function's name."""
    greater_is_better: bool = False
    """Its direction."""
    unit: str = ""
    """The unit shown beside the number."""
    rows: int = Field(default=10_000, ge=100)
    """Most rows (sampled under the seed) of a bootstrap replicate."""

    @field_validator("path")
    @classmethod
    def _path(cls, value: str) -> str:
        return checked_path(value)

    @property
    def label(self) -> str:
        """The name it goes by."""
        return self.name or self.path.rpartition(":")[2].rpartition(".")[2]

    def described(self, task: Task) -> Metric:
        """Return what the gate needs to know about it."""
        return Metric(self.label, (task,), self.greater_is_better, False, self.unit)

    def problems(self) -> list[str]:
        """Return what is wrong with its name."""
        if not _NAME.fullmatch(self.label):
            return [f"metrics: {self.label!r} must start with a lower-case letter and hold only a-z, 0-9 and _"]
        if self.label in METRICS or self.label == EXPECTED_COST.name:
            return [f"metrics: {self.label!r} is a built-in metric; give yours another name"]
        return []


def metrics_for(task: Task) -> list[str]:
    """Return the names of the metrics defined for a task, the task's primary one first."""
    names = [name for name, metric in METRICS.items() if task in metric.tasks]
    return sorted(names, key=lambda name: name != PRIMARY[task])


def quantile_of(name: str) -> float | None:
    """Return the quantile of `pinball(0.9)`; None for any other name."""
    match = _PINBALL.match(name)
    quantile = float(match[1]) if match else None
    return quantile if quantile and 0 < quantile < 1 else None


def known_metrics(
    task: Task, own: Iterable[OwnMetric] = (), *, costs: bool = False, named: Iterable[str] = ()
) -> dict[str, Metric]:
    """Return the metrics a model knows: the task's, `expected_cost` with costs, its own, and quantile losses it names.

    Args:
        task: The model's task.
        own: Its own metrics.
        costs: Whether it declares costs.
        named: Names that may be quantile losses (`pinball(0.9)`), which only regression knows.
    """
    known = {name: METRICS[name] for name in metrics_for(task)}
    if costs and task != "regression":
        known[EXPECTED_COST.name] = EXPECTED_COST
    for name in named:
        if task == "regression" and quantile_of(name) is not None:
            known[name] = Metric(name, ("regression",), False, True, "target")
    return known | {metric.label: metric.described(task) for metric in own}
