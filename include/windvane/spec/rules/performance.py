"""Rules about how good a version is: alone, beside a baseline, beside the champion, and slice by slice."""

from __future__ import annotations

from itertools import pairwise
from typing import Any, Literal

from pydantic import Field, field_validator

from windvane.spec.query import query_problems
from windvane.spec.rules.base import MetricRule, Names, Rule, column_problems


class Bound(MetricRule):
    """Pass when the bad end of the metric's 95 % interval is within a bound."""

    kind: Literal["bound"] = "bound"
    at_most: float | None = None
    at_least: float | None = None

    def problems(self, names: Names) -> list[str]:
        """Exactly one of the two bounds."""
        found = super().problems(names)
        if (self.at_most is None) == (self.at_least is None):
            found.append(f"gate rule 'bound' on {self.metric!r} needs one of at_most, at_least")
        return found


class MarginRule(MetricRule):
    """A rule about a paired difference and a margin."""

    margin: float = Field(default=0.0, ge=0)
    """Difference that is given away (not worse) or demanded (better), in the metric's unit."""
    relative: bool = False
    """Read the margin as a share of the other side's value."""


class BetterThanBaseline(MarginRule):
    """Pass when the metric is surely better than that of a baseline without features (class shares, or mean)."""

    kind: Literal["better_than_baseline"] = "better_than_baseline"


class BetterThanChampion(MarginRule):
    """Pass when the version is surely better than the champion by more than the margin."""

    kind: Literal["better_than_champion"] = "better_than_champion"


class NotWorseThanChampion(MarginRule):
    """Pass when the version is surely not worse than the champion by more than the margin."""

    kind: Literal["not_worse_than_champion"] = "not_worse_than_champion"


class NotWorseLive(Rule):
    """Pass when the version, scoring in shadow, was surely not worse than the champion on matured live windows."""

    kind: Literal["not_worse_live"] = "not_worse_live"
    margin: float = Field(default=0.01, ge=0)
    """Difference that is given away, in the unit of the task's primary metric."""
    windows: int = Field(default=1, ge=1)
    """Fewest matured windows that both scored."""
    rows: int = Field(default=100, ge=10)
    """Fewest rows of them together."""


class PerSlice(MarginRule):
    """Fail when the version is surely worse by more than the margin on some slice (Holm over the rule's slices)."""

    kind: Literal["per_slice"] = "per_slice"
    column: str | None = None
    """The column whose values are the slices; missing values are a slice of their own."""
    bins: tuple[float, ...] = ()
    """Rising edges that cut a numeric column: below the first, `[first, second)`, …, from the last on."""
    queries: dict[str, str] = Field(default_factory=dict)
    """Named slices by a condition: `{"young renters": "age < 30 and housing == 'rent'"}`."""
    rows: int = Field(default=200, ge=20)
    """Fewest rows of a slice that is judged."""
    against: Literal["champion", "baseline"] = "champion"
    """What each slice is compared with."""
    every: bool = False
    """Ask more: pass only when every slice is surely within the margin."""

    @field_validator("bins", mode="before")
    @classmethod
    def _edges(cls, value: Any) -> Any:
        return tuple(value) if isinstance(value, list) else value

    def problems(self, names: Names) -> list[str]:
        """Either a column or queries; rising bins of a number; conditions over known columns."""
        found = super().problems(names)
        if (self.column is None) == (not self.queries):
            found.append("gate rule 'per_slice' needs a column, or queries")
        if self.column is not None:
            found += column_problems(self, (self.column,), names.columns)
        if self.bins and any(low >= high for low, high in pairwise(self.bins)):
            found.append(f"gate rule 'per_slice': bins must rise, not {list(self.bins)}")
        if self.bins and self.column is None:
            found.append("gate rule 'per_slice': bins cut a column; name it")
        for name, query in self.queries.items():
            found += [
                f"gate rule 'per_slice', slice {name!r}: {message}" for message in query_problems(query, names.columns)
            ]
        return found

    @property
    def by(self) -> str:
        """What the slices are made of, for sentences."""
        return self.column or "the named queries"
