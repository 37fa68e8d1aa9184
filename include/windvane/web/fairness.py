"""Fairness and robustness of a version as bars and tables: what is measured, its interval, and what is allowed."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from windvane.results import Disparity, Evaluation, Number, Version
from windvane.results.reason import cells
from windvane.web.barred import Bar, Bound, barred
from windvane.web.intervals import wilson
from windvane.web.words import number, percent

_MEASURES = {
    "demographic_parity": "Demographic parity: how far shares of positive decisions lie apart",
    "equalised_odds": "Equalised odds: how far true and false positive rates lie apart",
    "equal_opportunity": "Equal opportunity: how far true positive rates lie apart",
}
_HEADS = ("Group", "Rows", "Decided positive", "95 % interval", "True positive rate", "False positive rate")
_BOUND = re.compile(r"^(at most|at least|below|above) \+?(\d+(?:\.\d+)?)$")
"""How the gate's rules write what they allow; another text is shown beside the number and draws no line."""


@dataclass(frozen=True)
class Fairness:
    """One measure of one protected column.

    Args:
        title: What is measured, of which column.
        measured: The difference and the ratio, each as name, value, interval and what is allowed.
        note: What is left out, or why there is no number.
        rows: A group each, as people read it.
        charts: Title and drawing: the measure beside its bound, and the groups' rates, as bars with intervals.
    """

    title: str
    measured: tuple[tuple[str, str, str, str], ...]
    note: str
    rows: tuple[tuple[str, ...], ...] = ()
    charts: tuple[tuple[str, Any], ...] = ()
    heads: tuple[str, ...] = field(default=_HEADS)


def fairness_of(evaluation: Evaluation | None, version: Version) -> list[Fairness]:
    """Return the measures of a version's evaluation, with what its gate allowed."""
    return [_drawn(place, item, version) for place, item in enumerate(evaluation.fairness)] if evaluation else []


def robustness_of(evaluation: Evaluation | None) -> list[tuple[str, str, str, str]]:
    """Return what each perturbation of the inputs does: inputs, metric, change with better or worse, and a problem."""
    rows = []
    for item in evaluation.robustness if evaluation else ():
        name, value, _, _ = cells(_change(item.comparison))
        rows.append((item.perturbation.replace("_", " "), name, value, item.comparison.problem))
    return rows


def _change(found: Any) -> Number:
    from windvane.lifecycle.difference import difference
    from windvane.spec.metrics import metric_of

    return difference(found, metric_of(found.metric), 0.0, 0.0, 0.0)


def _drawn(place: int, found: Disparity, version: Version) -> Fairness:
    allowed = _allowed(found, version)
    measured = [
        ("difference", number(found.difference), _interval(found.low, found.high), allowed.get("difference", "")),
        ("ratio", number(found.ratio), _interval(found.ratio_low, found.ratio_high), allowed.get("ratio", "")),
    ]
    left_out = f"{found.missing:,} rows without a known group are left out. " if found.missing else ""
    note = f"{left_out}Groups of fewer than {found.fewest:,} rows are not compared."
    if found.problem:
        note = f"Not measured: {found.problem}."
    title = f"{_MEASURES.get(found.measure, found.measure.replace('_', ' ').capitalize())}, by {found.column}"
    rows = []
    for group in found.groups:
        low, high = wilson(group.selection_rate, group.rows)
        ends = f"{percent(low)} to {percent(high)}" if low is not None else "-"
        rates = (percent(group.true_positive_rate), percent(group.false_positive_rate))
        rows.append((group.group, f"{group.rows:,}", percent(group.selection_rate), ends, *rates))
    kept = tuple(item for item in measured if item[1] != "-") if not found.problem else ()
    return Fairness(title, kept, note, tuple(rows), _charts(place, found, allowed))


def _charts(place: int, found: Disparity, allowed: dict[str, str]) -> tuple[tuple[str, Any], ...]:
    drawn: list[tuple[str, Any]] = []
    sides = {
        "difference": (found.difference, found.low, found.high),
        "ratio": (found.ratio, found.ratio_low, found.ratio_high),
    }
    for name, (value, low, high) in sides.items():
        if value is None or found.problem or (name == "ratio" and not allowed.get(name)):
            continue
        bound = bound_of(allowed.get(name, ""))
        bar = Bar(f"by {found.column}", value, low, high, outside=bool(bound) and _outside(bound, low, high, value))
        title = f"{name.capitalize()} between groups" + (f", allowed {bound.name}" if bound else ", no rule holds it")
        chart = barred(f"fairness-{place}-{name}", title, [bar], name, number, [bound] if bound else [])
        drawn.append((title, chart))
    bars = [
        Bar(f"{group.group} ({group.rows:,} rows)", group.selection_rate, *wilson(group.selection_rate, group.rows))
        for group in found.groups
        if group.selection_rate is not None
    ]
    if bars:
        title = f"Decided positive, by {found.column}, with 95 % intervals"
        drawn.append((title, barred(f"fairness-{place}", title, bars, "share of the group's rows", percent)))
    return tuple(drawn)


def bound_of(allowed: str) -> Bound | None:
    """Return the line that a text such as `at most 0.1` names; None where it names none."""
    found = _BOUND.match(allowed)
    return Bound(float(found[2]), allowed) if found else None


def _outside(bound: Bound | None, low: float | None, high: float | None, value: float) -> bool:
    """Return whether the interval reaches beyond its bound, which a rule of fairness does not allow."""
    if bound is None:
        return False
    if bound.name.startswith(("at most", "below")):
        return (value if high is None else high) > bound.value
    return (value if low is None else low) < bound.value


def _allowed(found: Disparity, version: Version) -> dict[str, str]:
    """Return what the gate's rules allow of a measure, by what they hold to it."""
    leaves = [leaf for verdict in (version.gate.verdicts if version.gate else ()) for leaf in verdict.leaves()]
    numbers = [item for leaf in leaves if leaf.rule.startswith("fairness") for item in leaf.numbers]
    named = [item for item in numbers if found.column in item.name and found.measure.replace("_", " ") in item.name]
    return {what: item.allowed for item in named for what in ("difference", "ratio") if what in item.name}


def _interval(low: float | None, high: float | None) -> str:
    return f"{number(low)} to {number(high)}" if low is not None and high is not None else ""
