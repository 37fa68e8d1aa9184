"""The evidence of `windvane show MODEL VERSION`: metrics, differences, slices, fairness, robustness."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from rich.console import RenderableType

from windvane.cli.output import line, table
from windvane.results import Evaluation, FitWarning
from windvane.results.reason import cells
from windvane.spec import units_of


def evaluation_blocks(evaluation: Evaluation, spec: Mapping[str, Any]) -> list[RenderableType]:
    """Return what the verdicts rest on.

    Args:
        evaluation: The evaluation.
        spec: The model's declaration as it is kept; metrics' units come from it.
    """
    return [
        *heading("metrics"),
        *_metrics(evaluation, units_of(spec)),
        *_differences(evaluation),
        *_backtest(evaluation),
        *_slices(evaluation),
        *_fairness(evaluation),
        *_robustness(evaluation),
        *(line(note) for note in evaluation.notes),
    ]


def warning_blocks(found: Sequence[FitWarning]) -> list[RenderableType]:
    """Return what fitting warned of; nothing where it did not."""
    rows = [(item.category, item.count, item.message) for item in found]
    return [*heading("warnings of the fit"), table(("warning", "times", "message"), rows)] if rows else []


def heading(text: str) -> list[RenderableType]:
    """Return an empty line and a title."""
    return [line(""), line(text, style="bold underline")]


def _metrics(evaluation: Evaluation, unit: Callable[[str], str]) -> list[RenderableType]:
    baseline = {item.metric: item.value for item in evaluation.baseline}
    champion = {item.metric: item.value for item in evaluation.champion_metrics}
    rows = [
        (
            item.metric,
            item.value,
            unit(item.metric),
            _interval(item.low, item.high) or item.problem,
            baseline.get(item.metric),
            champion.get(item.metric),
        )
        for item in evaluation.metrics
    ]
    against = f"champion v{evaluation.champion}" if evaluation.champion else "champion"
    held = f"{evaluation.holdout_start:%Y-%m-%d %H:%M} to {evaluation.holdout_end:%Y-%m-%d %H:%M}"
    message = f"on {evaluation.rows:,} rows held out, {held} UTC"
    if evaluation.dependence:
        message += f"; intervals take {evaluation.dependence} as dependent ({evaluation.clusters:,} groups)"
    problems = [line(f"no evidence: {problem}", style="red") for problem in evaluation.problems]
    return [line(message), *problems, table(("metric", "value", "unit", "95 % interval", "baseline", against), rows)]


def _differences(evaluation: Evaluation) -> list[RenderableType]:
    """The paired differences to the champion, on all rows."""
    name = f"v{evaluation.champion}"
    rows = [
        (item.metric, cells(evaluation.change(item))[1], item.std_error, item.problem)
        for item in evaluation.comparisons
        if item.other == name and item.slice is None
    ]
    title = f"differences to champion {name}"
    return [*heading(title), table(("metric", "difference", "standard error", ""), rows)] if rows else []


def _backtest(evaluation: Evaluation) -> list[RenderableType]:
    """How the recipe does a window later, where a rule asks for it."""
    found = evaluation.backtest
    if found is None:
        return []
    if found.problem:
        return [*heading("a window later"), line(found.problem)]
    baseline = {item.metric: item.value for item in found.baseline}
    rows = []
    for item in found.metrics:
        held = evaluation.metric(item.metric)
        interval = _interval(item.low, item.high) or item.problem
        rows.append((item.metric, item.value, interval, baseline.get(item.metric), held.value if held else None))
    told = f"fitted on {found.trained_rows:,} rows before {found.window}, on its {found.rows:,} rows"
    heads = ("metric", "value", "95 % interval", "baseline", "on the holdout")
    return [*heading("a window later"), line(told), table(heads, rows)]


def _slices(evaluation: Evaluation) -> list[RenderableType]:
    differences = {(item.slice, item.metric): item for item in evaluation.comparisons if item.slice}
    rows = []
    for name, found in evaluation.slices.items():
        for item in found:
            beside = differences.get((name, item.metric))
            difference = cells(evaluation.change(beside))[1] if beside else None
            interval = _interval(item.low, item.high) or item.problem
            rows.append((name, item.metric, item.value, interval, difference, item.rows))
    titles = ("slice", "metric", "value", "95 % interval", "difference", "rows")
    return [*heading("slices"), table(titles, rows)] if rows else []


def _fairness(evaluation: Evaluation) -> list[RenderableType]:
    drawn: list[RenderableType] = []
    for found in evaluation.fairness:
        ratio = _interval(found.ratio_low, found.ratio_high)
        message = found.problem or (
            f"difference {_number(found.difference)} ({_interval(found.low, found.high)}), "
            f"ratio {_number(found.ratio)} ({ratio}); group unknown in {found.missing:,} rows"
        )
        rows = [
            (group.group, group.rows, group.selection_rate, group.true_positive_rate, group.false_positive_rate)
            for group in found.groups
        ]
        titles = (found.column, "rows", "decided positive", "of the positives", "of the negatives")
        drawn += [*heading(f"fairness: {found.measure.replace('_', ' ')} by {found.column}"), line(message)]
        drawn += [table(titles, rows)] if rows else []
    return drawn


def _robustness(evaluation: Evaluation) -> list[RenderableType]:
    rows = [
        (
            item.perturbation,
            item.comparison.metric,
            item.comparison.difference,
            item.comparison.std_error,
            item.comparison.problem,
        )
        for item in evaluation.robustness
    ]
    titles = ("inputs", "metric", "worse by", "standard error", "")
    return [*heading("robustness"), table(titles, rows)] if rows else []


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.6g}"


def _interval(low: float | None, high: float | None) -> str | None:
    return None if low is None or high is None else f"{low:.6g} to {high:.6g}"
