"""Judge slices: no slice may be surely worse, and chance may not raise an alarm more often than stated."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from windvane.lifecycle.rules.case import LEVEL, Case, verdict, without_comparison
from windvane.lifecycle.rules.performance import excess
from windvane.results import Comparison, Verdict
from windvane.spec.rules import PerSlice


@dataclass(frozen=True)
class _Tested:
    name: str
    found: Comparison
    worse: float
    """One-sided p-value of `the difference is within the margin`."""
    high: float
    """Upper one-sided 95 % end of the difference less the margin."""


def prefix_of(rule: PerSlice) -> str:
    """Return what the names of a rule's slices begin with, so that two rules' slices never mix."""
    if rule.column is None:
        return "query:"
    return f"{rule.column}=" if not rule.bins else f"{rule.column} in "


def slice_names(rule: PerSlice, names: Iterable[str]) -> list[str]:
    """Return those slices that are the rule's."""
    if rule.column is None:
        return [name for name in names if name in {f"query:{query}" for query in rule.queries}]
    return [name for name in names if name.startswith(prefix_of(rule))]


def per_slice(rule: PerSlice, case: Case) -> Verdict:
    """Fail when a slice is surely worse by more than the margin; Holm 1979 holds the false alarms of all at 5 %.

    With `every`, pass only when each slice is surely within the margin: an intersection-union test, in which each
    part is tested at 5 % and so is the whole (Berger 1982, theorem 1).
    """
    missing = without_comparison(rule, case) if rule.against == "champion" else None
    if missing:
        return missing
    other = case.comparison_version if rule.against == "champion" else "baseline"
    found = _found(rule, case, other)
    empty = [f"query:{name}" for name in rule.queries if f"query:{name}" not in {item.slice for item in found}]
    large = [item for item in found if item.rows >= rule.rows]
    if empty or not large:
        what = f"{', '.join(empty)} matches no row" if empty else f"no slice of {rule.by} has {rule.rows} rows"
        return verdict(rule, "inconclusive", what)
    tested = [_tested(item, rule) for item in large]
    unknown = [item.slice for item, test in zip(large, tested, strict=True) if test is None]
    if unknown:
        why = next(item.problem for item in large if item.slice == unknown[0])
        return verdict(rule, "inconclusive", f"{unknown[0]} of {rule.by} cannot be judged: {why or 'no number'}")
    return _message(rule, [test for test in tested if test], len(found) - len(large), other)


def _found(rule: PerSlice, case: Case, other: str) -> list[Comparison]:
    metric = rule.metric_for(case.model.task)
    mine = set(slice_names(rule, {item.slice for item in case.evaluation.comparisons if item.slice}))
    return [
        item
        for item in case.evaluation.comparisons
        if item.metric == metric and item.other == other and item.slice in mine
    ]


def _tested(item: Comparison, rule: PerSlice) -> _Tested | None:
    beyond = excess(item, rule.margin, relative=rule.relative)
    if beyond is None:
        return None
    return _Tested(item.slice or "", item, beyond.above(), beyond.ends()[1])


def holm(p_values: Sequence[float], level: float = LEVEL) -> list[int]:
    """Return the positions of the hypotheses that Holm's step-down rejects, the surest first (Holm 1979)."""
    order = sorted(range(len(p_values)), key=lambda index: p_values[index])
    rejected = []
    for rank, index in enumerate(order):
        if p_values[index] > level / (len(order) - rank):
            break
        rejected.append(index)
    return rejected


def _message(rule: PerSlice, tested: list[_Tested], small: int, other: str) -> Verdict:
    worse = [tested[index].name for index in holm([test.worse for test in tested])]
    worst = max(tested, key=lambda test: test.found.difference or 0.0)
    margin = f"{rule.margin:.0%}" if rule.relative else f"{rule.margin:g}"
    message = f"worst is {worst.name} ({worst.found.difference:+.4f} {worst.found.metric} on {worst.found.rows:,} rows)"
    left = f"; {small} slices with fewer than {rule.rows} rows are not judged" if small else ""
    value = worst.found.difference
    if worse:
        sentence = f"surely worse than {other} by more than {margin} on {', '.join(worse)}; {message}{left}"
        return verdict(rule, "fail", sentence, value, rule.margin)
    unsure = [test.name for test in tested if test.high > 0]
    if rule.every and unsure:
        sentence = f"not surely within {margin} of {other} on {', '.join(sorted(unsure))}; {message}{left}"
        return verdict(rule, "inconclusive", sentence, value, rule.margin)
    surely = "every one" if rule.every else "none"
    beside = "surely within" if rule.every else "surely worse by more than"
    sentence = f"{surely} of {len(tested)} slices of {rule.by} is {beside} {margin}; {message}{left}"
    return verdict(rule, "pass", sentence, value, rule.margin)
