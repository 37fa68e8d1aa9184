"""A version's page: should it go live? What the gate says, how good it is beside the champion, what it was made of."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from windvane.errors import WindvaneError
from windvane.lifecycle.overriding import overridden_by
from windvane.lifecycle.wording import refitted
from windvane.results import Approval, Estimate, Evaluation, Number, Promotion, Record, Verdict, Version
from windvane.spec import units_of
from windvane.stores.pages import ModelLine
from windvane.web import charts
from windvane.web.actions import links, state_of
from windvane.web.fairness import fairness_of, robustness_of
from windvane.web.page import page
from windvane.web.pages.curves import figures
from windvane.web.tables import Column, Listing, Table, table_of
from windvane.web.visit import Page, Visit
from windvane.web.words import number, number_of

_PROMOTIONS = 200
"""Moves of the champion that are looked through for one of this version."""

_DRAWN = frozenset(
    {
        *("model", "version", "snapshot", "holdout_start", "holdout_end", "rows", "metrics", "baseline", "champion"),
        *("champion_metrics", "comparisons", "slices", "notes", "curves", "fairness", "robustness"),
        "backtest",
    }
)
"""Fields of an evaluation that the page has a form of its own for; it tells whatever else there is as well."""


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


class VersionData(Record):
    """Everything on a version's page."""

    model: ModelLine
    version: Version
    evaluation: Evaluation | None
    metrics: Listing[MetricLine]
    slices: Listing[SliceLine]
    verdicts: Listing[Verdict]
    further: dict[str, Any]
    """What its evaluation tells besides, such as fairness and robustness."""
    missing: tuple[str, ...]
    answers: tuple[Approval, ...] = ()
    """The questions to people about it, the newest first."""
    overridden: Promotion | None = None
    """The promotion by which a person overrode the gate's refusal of it."""


@page("/models/{model}/versions/{number}", VersionData)
def build(visit: Visit, model: str, number: str) -> Page:
    """Tell whether a version should go live."""
    name = visit.see(model)
    line = visit.moment.line(name)
    version = visit.moment.version(name, number_of(number, name))
    raw, missing = evaluation_of(visit, version)
    evaluation = Evaluation.model_validate(raw) if raw else None
    metrics = _metrics(visit, evaluation, name)
    slices = _slices(visit, evaluation)
    verdicts = _verdicts(visit, version)
    data = VersionData(
        model=line,
        version=version,
        evaluation=evaluation,
        metrics=metrics.listing,
        slices=slices.listing,
        verdicts=verdicts.listing,
        further={key: value for key, value in raw.items() if key not in _DRAWN and value not in (None, [], {}, "")},
        missing=missing,
        answers=tuple(visit.moment.approvals(name, version.version)),
        overridden=overridden_by(version, visit.moment.promotions(name, _PROMOTIONS)),
    )
    crumbs = [("Models", visit.url()), (visit.called(name), visit.model_url(name))]
    shown = {
        "refitted": refitted(version),
        "interval": interval,
        "forest": _forest(evaluation, units_of(visit.moment.spec(name))),
        "figures": figures(evaluation),
        "fairness": fairness_of(evaluation, version),
        "robustness": robustness_of(evaluation),
        "estimator": _estimator(visit, version),
        "run_url": visit.run_url(version.run_id),
        "log_url": visit.around.log_url(version.run_id) if visit.around else "",
        "actions": links(visit, "version", name, state_of(visit, line, version)),
        "training_windows": len(version.snapshots),
    }
    tables: dict[str, Table[Any]] = {"verdicts": verdicts, "metrics": metrics, "slices": slices}
    return Page(f"v{version.version}", "version.html", data, crumbs, tables, shown)


def _estimator(visit: Visit, version: Version) -> tuple[tuple[str, str], ...]:
    """Return the estimator that a version was trained with and its parameters, as its own declaration says."""
    kept, _ = visit.artifact(version.spec_digest)
    try:
        declared = json.loads(kept).get("estimator") if kept else None
    except ValueError:
        declared = None
    if not isinstance(declared, dict):
        return (("Estimator", "not known: its declaration is not kept"),)
    params = declared.get("params") or {}
    told = ", ".join(f"{name} = {number(value)}" for name, value in sorted(params.items()))
    return (("Estimator", str(declared.get("path", ""))), ("Parameters", told or "the estimator's own defaults"))


def evaluation_of(visit: Visit, version: Version) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Return a version's evaluation as it is kept, unknown fields too, or why it is not to be had."""
    kept, error = visit.artifact(version.evaluation)
    if isinstance(error, WindvaneError):
        return {}, (f"{error.name}: {error.cause}",)
    if kept is None:
        return {}, ()
    try:
        raw = json.loads(kept)
        Evaluation.model_validate(raw)
    except ValueError:
        return {}, (f"the evaluation {version.evaluation} is of a form that this version does not know",)
    return raw, ()


def _metrics(visit: Visit, evaluation: Evaluation | None, model: str) -> Table[MetricLine]:
    champion = f"Champion v{evaluation.champion}" if evaluation and evaluation.champion else "Champion"
    words = _sides(evaluation)
    columns = [
        Column("metric", "Metric", note=lambda line: line.unit, filters=True),
        Column("value", "This version", "number", _value("value"), note=_interval("value")),
        Column("champion", champion, "number", _value("champion"), note=_interval("champion")),
        Column("baseline", "Without features", "number", _value("baseline"), note=_interval("baseline")),
        Column("difference", "Difference to the champion", "number", note=lambda line: words.get(_key(line), "")),
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


def _slices(visit: Visit, evaluation: Evaluation | None) -> Table[SliceLine]:
    rows = []
    if evaluation:
        differences = _differences(evaluation)
        for name, estimates in evaluation.slices.items():
            rows += [
                SliceLine(name=name, value=item, difference=differences.get((item.metric, name))) for item in estimates
            ]
    words = _sides(evaluation)
    columns = [
        Column("name", "Slice", filters=True),
        Column("metric", "Metric", value=lambda line: line.value.metric),
        Column("value", "This version", "number", _value("value"), note=_interval("value")),
        Column("difference", "Difference to the champion", "number", note=lambda line: words.get(_key(line), "")),
        Column("rows", "Rows", "number", value=lambda line: line.value.rows),
    ]
    return table_of("slices", "Slices", columns, rows, visit.requested, "No slice is declared.")


def _verdicts(visit: Visit, version: Version) -> Table[Verdict]:
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


def _forest(evaluation: Evaluation | None, unit: Callable[[str], str]) -> list[tuple[str, Any]]:
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
    return f"champion v{evaluation.champion}" if evaluation else ""
