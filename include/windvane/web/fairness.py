"""Fairness and robustness of a version as tables and bars: what is measured, its interval, and what is allowed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from windvane.results import Disparity, Evaluation, Number, Version
from windvane.results.reason import cells
from windvane.web import charts
from windvane.web.words import number, percent

_MEASURES = {
    "demographic_parity": "Demographic parity: how far shares of positive decisions lie apart",
    "equalised_odds": "Equalised odds: how far true and false positive rates lie apart",
    "equal_opportunity": "Equal opportunity: how far true positive rates lie apart",
}
_HEADS = ("Group", "Rows", "Decided positive", "True positive rate", "False positive rate")
_RATES = ("selection_rate", "true_positive_rate", "false_positive_rate")


@dataclass(frozen=True)
class Fairness:
    """One measure of one protected column.

    Args:
        title: What is measured, of which column.
        measured: The difference and the ratio, each as name, value, interval and what is allowed.
        note: What is left out, or why there is no number.
        rows: A group each, as people read it.
        chart: The groups' rates as bars.
    """

    title: str
    measured: tuple[tuple[str, str, str, str], ...]
    note: str
    rows: tuple[tuple[str, ...], ...] = ()
    chart: Any = ""
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
    rates = [
        (f"{group.group:.16}", group.selection_rate, None, None, "main")
        for group in found.groups
        if group.selection_rate is not None
    ]
    chart = charts.intervals(f"fairness-{place}", f"Decided positive, by {found.column}", rates) if rates else ""
    rows = tuple(
        (group.group, f"{group.rows:,}", *(percent(getattr(group, name)) for name in _RATES)) for group in found.groups
    )
    kept = tuple(item for item in measured if item[1] != "-") if not found.problem else ()
    return Fairness(title, kept, note, rows, chart)


def _allowed(found: Disparity, version: Version) -> dict[str, str]:
    """Return what the gate's rules allow of a measure, by what they hold to it."""
    leaves = [leaf for verdict in (version.gate.verdicts if version.gate else ()) for leaf in verdict.leaves()]
    numbers = [item for leaf in leaves if leaf.rule.startswith("fairness") for item in leaf.numbers]
    named = [item for item in numbers if found.column in item.name and found.measure.replace("_", " ") in item.name]
    return {what: item.allowed for item in named for what in ("difference", "ratio") if what in item.name}


def _interval(low: float | None, high: float | None) -> str:
    return f"{number(low)} to {number(high)}" if low is not None and high is not None else ""
