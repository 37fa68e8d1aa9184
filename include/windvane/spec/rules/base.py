"""What all rules share: a kind, a label, what they need, how they judge, and a check of the names they use."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, Self

from pydantic import Field

from windvane.errors import SpecError
from windvane.spec.base import Declaration, unknown
from windvane.spec.metrics import METRICS, PRIMARY, Metric, Task, metrics_for
from windvane.spec.rules.needs import Needs

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
    """One rule of a gate. Build it with `windvane.rule.<kind>(…)`.

    A kind of rule is a class in a module of its own: its `kind`, its fields, what it `needs`, and how it `judge`s.
    """

    positional: ClassVar[tuple[str, ...]] = ()
    """Fields that `windvane.rule.<kind>(…)` takes by position, in this order."""
    usual: ClassVar[Mapping[str, Any]] = {}
    """What `windvane.rule.<kind>(…)` fills in where nothing is said, and a label still shows."""

    kind: str
    inconclusive: Literal["reject", "needs_approval"] = "reject"
    """What follows when the evidence is too thin to say: never a promotion."""

    @classmethod
    def _subject(cls, fields: dict[str, Any]) -> str:  # noqa: ARG003  # a rule is known by its kind
        return f"gate rule {cls.model_fields['kind'].default!r}"

    @classmethod
    def of(cls, *values: Any, **fields: Any) -> Self:
        """Build the rule as `windvane.rule` does: some fields by position, the rest by name.

        Raises:
            SpecError: A field is unknown, given twice, missing, or out of its bounds.
        """
        problems = [f"{len(values)} values by position, at most {len(cls.positional)} allowed"]
        given = dict(zip(cls.positional, values, strict=False))
        twice = [f"field {name!r} is given twice" for name in given if name in fields]
        if len(values) > len(cls.positional) or twice:
            raise SpecError(cls._subject({}), twice or problems)
        return cls(**{**cls.usual, **given, **fields})

    @property
    def parts(self) -> tuple[Rule, ...]:
        """The rules it is made of; most are made of none."""
        return ()

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

    def needs(self, task: Task) -> Needs:  # noqa: ARG002  # most rules read what every evaluation has
        """Return what must be measured so that it can judge, besides what every evaluation has."""
        return Needs()

    @abstractmethod
    def judge(self, case: Any) -> Any:
        """Return its verdict (`results.Verdict`) on a version before the gate (`lifecycle.rules.Case`)."""


class MetricRule(Rule):
    """A rule about a metric."""

    metric: str | None = None
    """A metric the model knows; None: the task's primary one (log loss, or mean squared error)."""

    def metric_for(self, task: Task) -> str:
        """Return the metric's name for a task."""
        return self.metric or PRIMARY[task]

    def needs(self, task: Task) -> Needs:
        """The metric."""
        return Needs(metrics=(self.metric_for(task),))

    def problems(self, names: Names) -> list[str]:
        """A metric must be one that the model knows."""
        if self.metric is None or self.metric in names.metrics:
            return []
        elsewhere = [task for task in ("binary", "multiclass", "regression") if self.metric in metrics_for(task)]
        if elsewhere:
            known = ", ".join(names.metrics)
            return [f"gate rule {self.kind!r}: {self.metric!r} is no {names.task} metric; Known: {known}"]
        options = {*names.metrics, *(name for name, kind in METRICS.items().items() if names.task in kind.tasks)}
        return [f"gate rule {self.kind!r} names {unknown(f'metric {self.metric!r}', self.metric, options)}"]


class MarginRule(MetricRule):
    """A rule about a paired difference and a margin."""

    margin: float = Field(default=0.0, ge=0)
    """Difference that is given away (not worse) or required (better), in the metric's unit."""
    relative: bool = False
    """Read the margin as a share of the other side's value."""


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
