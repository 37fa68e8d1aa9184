"""What all rules share: a kind, a short label, what an inconclusive outcome leads to, and a check of their names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from windvane.spec.base import Declaration, unknown
from windvane.spec.metrics import PRIMARY, Metric, Task, metrics_for

_NAMING = ("column", "measure", "metric", "path")
"""Fields whose value alone names a rule, and comes first."""


@dataclass(frozen=True)
class Names:
    """What a model's rules may name.

    Args:
        task: The model's task.
        metrics: Metrics it knows.
        columns: Columns of its snapshots that a slice may use: features of the source, and carried ones.
        numbers: The numeric ones among its features of the source.
        protected: Its protected columns.
    """

    task: Task
    metrics: Mapping[str, Metric]
    columns: tuple[str, ...]
    numbers: tuple[str, ...]
    protected: tuple[str, ...]


class Rule(Declaration):
    """One rule of a gate. Build it with the functions of `windvane.rule`."""

    kind: str
    inconclusive: Literal["reject", "needs_approval"] = "reject"
    """What follows when the evidence is too thin to say: never a promotion."""

    @classmethod
    def _subject(cls, fields: dict[str, Any]) -> str:  # noqa: ARG003  # a rule is known by its kind
        return f"gate rule {cls.model_fields['kind'].default!r}"

    @property
    def label(self) -> str:
        """A short unique name, shown in verdicts: `not_worse_than_champion(log_loss, margin=0.01)`."""
        fields = type(self).model_fields
        ordered = sorted(fields, key=lambda name: name not in _NAMING)
        changed = [name for name in ordered if getattr(self, name) not in (fields[name].default, None, {})]
        parts = [_shown(name, getattr(self, name)) for name in changed if name not in ("kind", "inconclusive")]
        return f"{self.kind}({', '.join(parts)})"

    def problems(self, names: Names) -> list[str]:  # noqa: ARG002  # most rules name something
        """Return what is wrong with this rule for a model, a line each."""
        return []


class MetricRule(Rule):
    """A rule about a metric."""

    metric: str | None = None
    """A metric the model knows; None: the task's primary one (log loss, or mean squared error)."""

    def metric_for(self, task: Task) -> str:
        """Return the metric's name for a task."""
        return self.metric or PRIMARY[task]

    def problems(self, names: Names) -> list[str]:
        """A metric must be one that the model knows."""
        if self.metric is None or self.metric in names.metrics:
            return []
        elsewhere = [task for task in ("binary", "multiclass", "regression") if self.metric in metrics_for(task)]
        if elsewhere:
            known = ", ".join(names.metrics)
            return [f"gate rule {self.kind!r}: {self.metric!r} is no {names.task} metric; Known: {known}"]
        return [f"gate rule {self.kind!r} names {unknown(f'metric {self.metric!r}', self.metric, names.metrics)}"]


def column_problems(rule: Rule, columns: tuple[str, ...], known: tuple[str, ...]) -> list[str]:
    """Return a line for each column that is not known."""
    return [
        f"gate rule {rule.kind!r} names {unknown(f'column {column!r}', column, known)}"
        for column in columns
        if column not in known
    ]


def _shown(name: str, value: Any) -> str:
    """Return one field of a label."""
    if isinstance(value, bool):
        return name
    if isinstance(value, int | float):
        return f"{name}={value:g}"
    if isinstance(value, str):
        return value if name in _NAMING else f"{name}={value}"
    return f"{name}=[{', '.join(f'{item:g}' if isinstance(item, float) else str(item) for item in value)}]"
