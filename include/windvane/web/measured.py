"""What was measured of a version, as tables and as intervals beside the champion's."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from windvane.results import Estimate, Evaluation, Number, Record, Verdict, Version
from windvane.spec import units_of
from windvane.web import charts
from windvane.web.tables import Column, Table, table_of
from windvane.web.visit import Visit
from windvane.web.words import number


class MetricLine(Record):
    """A metric of a version beside the comparison versions', on the same rows."""

    metric: str
    unit: str
    value: Estimate
    champion: Estimate | None = None
    baseline: Estimate | None = None
    difference: float | None = None
    """To the champion: this version's value minus the champion's."""


class SliceLine(Record):
    """A metric on one slice of the rows."""

    name: str
    value: Estimate
    difference: float | None = None


def metrics_table(visit: Visit, evaluation: Evaluation | None, model: str) -> Table[MetricLine]:
    """Return each metric beside the champion's and that of a constant."""
    beside = _named(evaluation) or "Champion"
    words = _sides(evaluation)
    columns = [
        Column("metric", "Metric", note=lambda line: line.unit, filters=True),
        Column("value", "This version", "number", _value("value"), note=_interval("value")),
        Column("champion", beside, "number", _value("champion"), note=_interval("champion")),
        Column("baseline", "Without features", "number", _value("baseline"), note=_interval("baseline")),
        Column("difference", f"Difference to {beside}", "change", note=lambda line: words.get(_key(line), "")),
    ]
    empty = "This version was not evaluated yet."
    lines = _metric_lines(evaluation, units_of(visit.moment.spec(model))) if evaluation else []
    return table_of("metrics", "Metrics", columns, lines, visit.requested, empty)


def _metric_lines(evaluation: Evaluation, unit: Callable[[str], str]) -> list[MetricLine]:
    champion = {item.metric: item for item in evaluation.champion_metrics}
    baseline = {item.metric: item for item in evaluation.baseline}
    differences = _differences(evaluation)
    return [
        MetricLine(
            metric=item.metric,
            unit=unit(item.metric),
            value=item,
            champion=champion.get(item.metric),
            baseline=baseline.get(item.metric),
            difference=differences.get((item.metric, None)),
        )
        for item in evaluation.metrics
    ]


def _changes(evaluation: Evaluation | None) -> Mapping[tuple[str, str | None], Number]:
    """Return the differences to the champion, by metric and slice: new minus old."""
    if evaluation is None:
        return {}
    found = [item for item in evaluation.comparisons if item.other != "baseline"]
    return {(item.metric, item.slice): evaluation.change(item) for item in found}


def _differences(evaluation: Evaluation) -> Mapping[tuple[str, str | None], float | None]:
    return {key: change.value for key, change in _changes(evaluation).items()}


def _sides(evaluation: Evaluation | None) -> Mapping[tuple[str, str | None], str]:
    """Return `▼ better`, `▲ worse` for each difference."""
    return {
        key: f"{'▲' if up else '▼'} {'better' if up == (change.better == 'higher') else 'worse'}"
        for key, change in _changes(evaluation).items()
        if change.better
        for up in [(change.value or 0.0) > 0]
    }


def _key(line: MetricLine | SliceLine) -> tuple[str, str | None]:
    return line.value.metric, line.name if isinstance(line, SliceLine) else None


def _value(field: str) -> Any:
    return lambda line: getattr(line, field).value if getattr(line, field) else None


def _interval(field: str) -> Any:
    return lambda line: interval(getattr(line, field))


def interval(estimate: Estimate | None) -> str:
    """Return an estimate's 95 % interval in words."""
    if estimate is None or estimate.low is None or estimate.high is None:
        return ""
    return f"{number(estimate.low)} to {number(estimate.high)}"


def slices_table(visit: Visit, evaluation: Evaluation | None) -> Table[SliceLine]:
    """Return each metric of each slice."""
    rows = []
    if evaluation:
        differences = _differences(evaluation)
        for name, estimates in evaluation.slices.items():
            rows += [
                SliceLine(name=name, value=item, difference=differences.get((item.metric, name))) for item in estimates
            ]
    words, beside = _sides(evaluation), _named(evaluation) or "the champion"
    columns = [
        Column("name", "Slice", filters=True),
        Column("metric", "Metric", value=lambda line: line.value.metric),
        Column("value", "This version", "number", _value("value"), note=_interval("value")),
        Column("difference", f"Difference to {beside}", "change", note=lambda line: words.get(_key(line), "")),
        Column("rows", "Rows", "number", value=lambda line: line.value.rows),
    ]
    return table_of("slices", "Slices", columns, rows, visit.requested, "No slice is declared.")


def verdicts_table(visit: Visit, version: Version) -> Table[Verdict]:
    """Return the verdicts as they are exported: each with the first of its numbers; the page shows all of them."""

    def first(name: str) -> Callable[[Verdict], Any]:
        return lambda verdict: getattr(verdict.numbers[0], name) if verdict.numbers else None

    columns = [
        Column("outcome", "Outcome", "state", choices=("pass", "fail", "inconclusive")),
        Column("headline", "Why", filters=True),
        Column("rule", "Rule", filters=True),
        Column("number", "Number", value=first("name")),
        Column("value", "Value", "number", value=first("value")),
        Column("low", "From", "number", value=first("low")),
        Column("high", "To", "number", value=first("high")),
        Column("unit", "Unit", value=first("unit")),
        Column("allowed", "Allowed", value=first("allowed")),
    ]
    rows = version.gate.verdicts if version.gate else ()
    return table_of("verdicts", "Verdicts", columns, rows, visit.requested, "The gate has not judged this version yet.")


def forest(evaluation: Evaluation | None, unit: Callable[[str], str]) -> list[tuple[str, Any]]:
    """Draw each metric's interval beside the champion's and the baseline's."""
    drawn = []
    for line in _metric_lines(evaluation, unit)[:8] if evaluation else ():
        sides: list[tuple[str, Estimate | None, str]] = [
            ("this version", line.value, "main"),
            (_named(evaluation), line.champion, "previous"),
            ("without features", line.baseline, "frozen"),
        ]
        known = [(name, item, kind) for name, item, kind in sides if item is not None]
        rows = [(name, item.value, item.low, item.high, kind) for name, item, kind in known if item.value is not None]
        if rows:
            measured = f" ({line.unit})" if line.unit else ""
            title = f"{line.metric}{measured}, with 95 % intervals"
            drawn.append((title, charts.intervals(f"forest-{line.metric}", title, rows)))
    return drawn


def _named(evaluation: Evaluation | None) -> str:
    """Return whom a version was judged beside: champion at that time, or by a late window's arrival another one."""
    return f"v{evaluation.champion}" if evaluation and evaluation.champion else ""


def verdict_state(verdict: Verdict) -> str:
    """Return what follows from a verdict, as a chip says it: it passes, refuses, asks a person or only warns."""
    if verdict.outcome == "pass":
        return "pass"
    return {"needs_approval": "asks", "warn": "warns"}.get(verdict.unless_passed, verdict.outcome)
