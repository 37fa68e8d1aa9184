"""The rule `per_slice`: no slice may be surely worse, and chance may not raise an alarm more often than stated."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, ClassVar, Literal

from pydantic import Field, field_validator

from windvane import results
from windvane.lifecycle.difference import difference
from windvane.lifecycle.rules.case import LEVEL, Case, verdict, without_comparison
from windvane.lifecycle.rules.margin import excess
from windvane.lifecycle.wording import percent
from windvane.spec import Metric, Task
from windvane.spec.query import query_problems
from windvane.spec.rules import MarginRule, Names, Needs, Slices, column_problems


class PerSlice(MarginRule):
    """Fail when the version is surely worse by more than the margin on some slice (Holm over the rule's slices)."""

    positional = ("column", "metric", "margin", "rows")
    usual: ClassVar[Mapping[str, Any]] = {"margin": 0.05}

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

    @field_validator("queries", mode="before")
    @classmethod
    def _named(cls, value: Any) -> Any:
        return {} if value is None else value

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

    def needs(self, task: Task) -> Needs:
        """The metric, on each slice."""
        metric = self.metric_for(task)
        slices = Slices(metric, self.column, self.bins, self.queries, self.against)
        return Needs(metrics=(metric,), slices=(slices,))

    @property
    def by(self) -> str:
        """What the slices are made of, as people read it."""
        return self.column or "the named queries"

    def judge(self, case: Case) -> results.Verdict:
        """Fail when a slice is surely worse by more than the margin; Holm 1979 holds all false alarms at 5 %.

        With `every`, pass only when each slice is surely within the margin: an intersection-union test, in which each
        part is tested at 5 % and so is the whole (Berger 1982, theorem 1).
        """
        missing = without_comparison(self, case) if self.against == "champion" else None
        if missing:
            return missing
        other = case.comparison_version if self.against == "champion" else "baseline"
        found = _found(self, case, other)
        empty = [f"query:{name}" for name in self.queries if f"query:{name}" not in {item.slice for item in found}]
        large = [item for item in found if item.rows >= self.rows]
        if empty or not large:
            what = f"{', '.join(empty)} matches no row" if empty else f"no slice of {self.by} has {self.rows:,} rows"
            return verdict(self, "inconclusive", what)
        tested = [_tested(item, self) for item in large]
        unknown = [item for item, test in zip(large, tested, strict=True) if test is None]
        if unknown:
            why = unknown[0].problem or "The difference is not known."
            return verdict(self, "inconclusive", f"slice {unknown[0].slice} cannot be judged", detail=why)
        metric = case.metric(self.metric_for(case.model.task))
        return _concluded(self, [test for test in tested if test], len(found) - len(large), other, metric)


@dataclass(frozen=True)
class _Tested:
    name: str
    found: results.Comparison
    worse: float
    """One-sided p-value of `the difference is within the margin`."""
    limit: float
    """The margin in the metric's unit."""
    low: float
    high: float
    """One-sided 95 % ends of the difference less the margin."""

    def number(self, metric: Metric) -> results.Number:
        return difference(self.found, metric, self.low + self.limit, self.high + self.limit, self.limit, closed=True)


def _prefix(rule: PerSlice) -> str:
    """Return what the names of a rule's slices begin with, so that two rules' slices never mix."""
    return f"{rule.column}=" if not rule.bins else f"{rule.column} in "


def _names(rule: PerSlice, names: Iterable[str]) -> list[str]:
    """Return those slices that are the rule's."""
    if rule.column is None:
        return [name for name in names if name in {f"query:{query}" for query in rule.queries}]
    return [name for name in names if name.startswith(_prefix(rule))]


def _found(rule: PerSlice, case: Case, other: str) -> list[results.Comparison]:
    metric = rule.metric_for(case.model.task)
    mine = set(_names(rule, {item.slice for item in case.evaluation.comparisons if item.slice}))
    return [
        item
        for item in case.evaluation.comparisons
        if item.metric == metric and item.other == other and item.slice in mine
    ]


def _tested(item: results.Comparison, rule: PerSlice) -> _Tested | None:
    beyond = excess(item, rule.margin, relative=rule.relative)
    if beyond is None:
        return None
    return _Tested(item.slice or "", item, beyond.above(), beyond.limit, *beyond.ends())


def holm(p_values: Sequence[float], level: float = LEVEL) -> list[int]:
    """Return the positions of the hypotheses that Holm's step-down rejects, the surest first (Holm 1979)."""
    order = sorted(range(len(p_values)), key=lambda index: p_values[index])
    rejected = []
    for rank, index in enumerate(order):
        if p_values[index] > level / (len(order) - rank):
            break
        rejected.append(index)
    return rejected


def _concluded(rule: PerSlice, tested: list[_Tested], small: int, other: str, metric: Metric) -> results.Verdict:
    worse = [tested[index] for index in holm([test.worse for test in tested])]
    worst = max(tested, key=lambda test: test.found.difference or 0.0)
    margin = percent(rule.margin, 1) if rule.relative else f"{rule.margin:g}"
    detail = f"{len(tested)} slices of {rule.by} are judged, the one with the worst difference is {worst.name}."
    if small:
        detail += f" {small} slices with fewer than {rule.rows:,} rows are not judged."
    if worse:
        fact = f"{_listed(worse)} surely worse than {other} by more than {margin}"
        return verdict(rule, "fail", fact, *(test.number(metric) for test in worse), detail=detail)
    unsure = sorted((test for test in tested if test.high > 0), key=lambda test: test.name)
    if rule.every and unsure:
        fact = f"{_listed(unsure)} not surely within {margin} of {other}"
        return verdict(rule, "inconclusive", fact, *(test.number(metric) for test in unsure), detail=detail)
    fact = (
        f"every slice of {rule.by} surely within {margin} of {other}"
        if rule.every
        else f"no slice of {rule.by} surely worse than {other} by more than {margin}"
    )
    return verdict(rule, "pass", fact, worst.number(metric), detail=detail)


def _listed(tests: Sequence[_Tested]) -> str:
    """Return `origin=JFK`, or `origin=JFK and 2 more`."""
    return tests[0].name + (f" and {len(tests) - 1} more" if len(tests) > 1 else "")
