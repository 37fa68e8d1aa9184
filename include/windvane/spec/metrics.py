"""The metrics a gate rule or a check may name, with their tasks and directions; and a user's own."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Literal

from pydantic import Field, field_validator

from windvane.open_list import OpenList
from windvane.spec.base import Declaration, checked_path

Task = Literal["binary", "multiclass", "regression"]

_NAME = re.compile(r"^[a-z][a-z0-9_]{0,62}$")


@dataclass(frozen=True)
class Metric:
    """What a metric's name means.

    Args:
        name: The name used in specs, results and pages.
        tasks: Tasks it is defined for.
        greater_is_better: Its direction.
        unit: The unit shown beside the number (`nat`, `share`, or `target` for the target's own unit).
    """

    name: str
    tasks: tuple[Task, ...]
    greater_is_better: bool
    unit: str


class MetricKind:
    """One kind of metric: a subclass in a module that an entry point of `windvane.metrics` names.

    The module is imported when a DAG file is parsed: it imports nothing heavy but within its functions. A kind has
    `losses`, if it is a mean of one number a row, or else `measure` (and then mostly an `interval`).
    """

    name: ClassVar[str] = ""
    """What specs, results and pages call it."""
    tasks: ClassVar[tuple[Task, ...]] = ()
    """Tasks it is defined for."""
    greater_is_better: ClassVar[bool] = False
    """Its direction."""
    unit: ClassVar[str] = ""
    """The unit shown beside the number; `target` and `squared target` stand for the target's own."""
    order: ClassVar[int] = 1000
    """Where it stands among the others: the smallest first."""
    usual: ClassVar[bool] = False
    """Whether every model of its tasks is measured by it; else only one whose gate names it."""
    with_costs: ClassVar[bool] = False
    """Whether every model that declares `costs` is measured by it, and no other may be."""
    least: ClassVar[float | None] = 0.0
    """The smallest value it can have; None where there is none."""

    @classmethod
    def matches(cls, name: str) -> bool:
        """Return whether a name is one of this kind; a family of metrics has many."""
        return name == cls.name

    @classmethod
    def metric(cls, name: str) -> Metric:
        """Return what a name of this kind means."""
        return Metric(name, cls.tasks, cls.greater_is_better, cls.unit)

    @classmethod
    def losses(cls, name: str, sample: Any) -> Any:  # noqa: ARG003 (for subclasses)
        """Return one number a row whose weighted mean is the metric, shape n.

        Args:
            name: The metric's name.
            sample: Outcomes and scores (`windvane.lifecycle.metrics.Sample`).

        Returns:
            None for a metric that is no such mean, and has a `measure`.
        """
        return None

    @classmethod
    def measure(cls, name: str, sample: Any, cache: Any) -> Any:  # noqa: ARG003 (for subclasses)
        """Return the metric's value and the influence of each row on it (`windvane.lifecycle.metrics.Measured`).

        Args:
            name: The metric's name.
            sample: Outcomes and scores.
            cache: What several metrics of one sample share, such as the sorted scores.

        Returns:
            None for a metric that is the weighted mean of its `losses`.
        """
        return None

    @classmethod
    def interval(cls, measured: Any, value: float, error: Any) -> Any:  # noqa: ARG003 (for subclasses)
        """Return the ends of the 95 % interval and the method's name, or why there is none.

        Args:
            measured: What `measure` returned.
            value: Its value.
            error: The spread of the influences (`windvane.lifecycle.metrics.errors.Spread`).

        Returns:
            None for the interval of a mean.
        """
        return None


def _name_of(item: object) -> str | None:
    return (item.name or None) if isinstance(item, type) and issubclass(item, MetricKind) else None


METRICS: OpenList[type[MetricKind]] = OpenList(
    "windvane.metrics", "metric", _name_of, "windvane.lifecycle.metric_kinds"
)
"""Every kind of metric that an installed package brings."""

PRIMARY: dict[str, str] = {"binary": "log_loss", "multiclass": "log_loss", "regression": "mse"}
"""The metric that stands for a task where none is named."""


def kind_of_metric(name: str) -> type[MetricKind]:
    """Return the kind of a metric's name.

    Raises:
        UnknownKind: No installed package brings it.
    """
    if name in METRICS:
        return METRICS.get(name)
    return next((kind for kind in METRICS.items().values() if kind.matches(name)), None) or METRICS.get(name)


def is_known(name: str) -> bool:
    """Return whether an installed package brings a metric of this name."""
    return any(kind.matches(name) for kind in METRICS.items().values())


def metric_of(name: str) -> Metric:
    """Return what a metric's name means.

    Raises:
        UnknownKind: No installed package brings it.
    """
    return kind_of_metric(name).metric(name)


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
        return Metric(self.label, (task,), self.greater_is_better, self.unit)

    def problems(self) -> list[str]:
        """Return what is wrong with its name."""
        if not _NAME.fullmatch(self.label):
            return [f"metrics: {self.label!r} must start with a lower-case letter and hold only a-z, 0-9 and _"]
        if is_known(self.label):
            return [f"metrics: {self.label!r} is a built-in metric; give yours another name"]
        return []


def metrics_for(task: Task) -> list[str]:
    """Return the names of the metrics that every model of a task is measured by, the task's primary one first."""
    found = sorted(METRICS.items().values(), key=lambda kind: (kind.order, kind.name))
    names = [kind.name for kind in found if kind.usual and task in kind.tasks]
    return sorted(names, key=lambda name: name != PRIMARY[task])


def known_metrics(
    task: Task,
    own: Iterable[OwnMetric] = (),
    *,
    costs: bool = False,
    named: Iterable[str] = (),
    target: str = "the target",
) -> dict[str, Metric]:
    """Return the metrics a model knows: the task's, those of its costs, those that its gate names, and its own.

    Args:
        task: The model's task.
        own: Its own metrics.
        costs: Whether it declares costs.
        named: Names that its gate asks for.
        target: The target, which units are named after.
    """
    kinds = METRICS.items().values()
    known = {name: metric_of(name) for name in metrics_for(task)}
    if costs:
        known |= {kind.name: kind.metric(kind.name) for kind in kinds if kind.with_costs and task in kind.tasks}
    for name in named:
        kind = next((kind for kind in kinds if kind.matches(name) and task in kind.tasks), None)
        if kind is not None and not kind.with_costs:
            known[name] = kind.metric(name)
    known = {name: replace(metric, unit=shown_unit(metric.unit, target)) for name, metric in known.items()}
    return known | {metric.label: metric.described(task) for metric in own}


def shown_unit(unit: str, target: str) -> str:
    """Return a metric's unit as people read it: the target's own is named after it."""
    return {"target": f"unit of {target}", "squared target": f"squared unit of {target}"}.get(unit, unit)


def units_of(spec: Mapping[str, Any]) -> Callable[[str], str]:
    """Return what gives each metric of a stored spec its unit; empty where no installed package knows it.

    Args:
        spec: A spec's JSON, as the registry keeps it; the package of a kind that it names may be gone.
    """
    own = {OwnMetric(**item).label: item.get("unit", "") for item in spec.get("metrics", ())}
    target = str(spec.get("target", "the target"))

    def unit(name: str) -> str:
        if name in own:
            return str(own[name])
        kind = next((kind for kind in METRICS.items().values() if kind.matches(name)), None)
        return shown_unit(kind.unit, target) if kind else ""

    return unit
