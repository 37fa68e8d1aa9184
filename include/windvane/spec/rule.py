"""Gate rules: what must hold before a version becomes champion."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from windvane.spec.base import Declaration

RuleKind = Literal[
    "better_than_baseline",
    "not_worse_than_champion",
    "better_than_champion",
    "bound",
    "per_slice",
    "min_rows",
]


class Rule(Declaration):
    """One rule of a gate. Build it with the functions of `windvane.rule`."""

    kind: RuleKind
    metric: str | None = None
    """A metric of the model's task; None for rules that need no metric, and for the task's primary metric."""
    margin: float = Field(default=0.0, ge=0)
    """Difference that is given away (`not_worse`) or demanded (`better`), in the metric's unit."""
    at_most: float | None = None
    at_least: float | None = None
    column: str | None = None
    """The column whose values are the slices."""
    rows: int | None = Field(default=None, ge=1)
    """Fewest rows: of the holdout (`min_rows`), or of a slice (`per_slice`)."""

    @property
    def label(self) -> str:
        """A short unique name, shown in verdicts: `not_worse_than_champion(log_loss, margin=0.01)`."""
        parts = [self.column or "", self.metric or ""]
        parts += [
            f"{name}={getattr(self, name):g}"
            for name in ("margin", "at_most", "at_least", "rows")
            if getattr(self, name)
        ]
        return f"{self.kind}({', '.join(part for part in parts if part)})"


def better_than_baseline(metric: str | None = None) -> Rule:
    """Pass when the metric is better than that of a baseline without features (class shares, or mean)."""
    return Rule(kind="better_than_baseline", metric=metric)


def not_worse_than_champion(metric: str | None = None, margin: float = 0.01) -> Rule:
    """Pass when the version is surely not worse than the champion by more than `margin` (paired, one-sided 95 %)."""
    return Rule(kind="not_worse_than_champion", metric=metric, margin=margin)


def better_than_champion(metric: str | None = None, margin: float = 0.0) -> Rule:
    """Pass when the version is surely better than the champion by more than `margin` (paired, one-sided 95 %)."""
    return Rule(kind="better_than_champion", metric=metric, margin=margin)


def bound(metric: str, *, at_most: float | None = None, at_least: float | None = None) -> Rule:
    """Pass when the bad end of the metric's 95 % interval is within the bound."""
    return Rule(kind="bound", metric=metric, at_most=at_most, at_least=at_least)


def per_slice(column: str, metric: str | None = None, margin: float = 0.05, rows: int = 200) -> Rule:
    """Pass when no slice of `column` is surely worse than under the champion by more than `margin` (Holm-corrected)."""
    return Rule(kind="per_slice", column=column, metric=metric, margin=margin, rows=rows)


def min_rows(rows: int) -> Rule:
    """Pass when the holdout has at least `rows` rows."""
    return Rule(kind="min_rows", rows=rows)
