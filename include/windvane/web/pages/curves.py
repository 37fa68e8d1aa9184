"""The curves of an evaluation, drawn beside the champion's, with their points for the table behind each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from windvane.results import Curve, CurvePoint, Evaluation
from windvane.web import charts
from windvane.web.charts import Plotted
from windvane.web.words import number

_WORDS = {
    "calibration": ("Calibration", "score", "outcome"),
    "roc": ("ROC", "false positive rate", "true positive rate"),
    "precision_recall": ("Precision and recall", "recall", "precision"),
}


@dataclass(frozen=True)
class Figure:
    """A chart, and what it is drawn from.

    Args:
        title: What it shows.
        chart: The drawing.
        heads: Of the columns of `rows`.
        rows: Every point, in words.
    """

    title: str
    chart: Markup
    heads: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]


def figures(evaluation: Evaluation | None, task: str) -> list[Figure]:
    """Draw every kind of curve that an evaluation has, and of a regression what is left beside each prediction."""
    found = evaluation.curves if evaluation else ()
    kinds = dict.fromkeys(curve.kind for curve in found)
    drawn = [_figure(kind, [curve for curve in found if curve.kind == kind]) for kind in kinds]
    means = [curve for curve in found if curve.kind == "calibration"]
    return [*drawn, _residuals(means)] if task == "regression" and means else drawn


def _residuals(found: Sequence[Curve]) -> Figure:
    """Draw the mean residual of each bin of the prediction: its mean outcome less its mean prediction."""
    own_last = sorted(found, key=lambda curve: curve.of == "own")
    left = {curve.of: [_residual(point) for point in curve.points] for curve in own_last}
    lines = [Plotted(_side(curve), _kind(curve), left[curve.of]) for curve in own_last]
    rows = [
        (_side(curve), number(x), number(y), _interval(low, high), number(point.rows))
        for curve in own_last[::-1]
        for point, (x, y, low, high) in zip(curve.points, left[curve.of], strict=True)
    ]
    sure = [(low, high) for _, _, low, high in left[own_last[-1].of] if low is not None and high is not None]
    off = sum(low > 0 or high < 0 for low, high in sure)
    message = f"in {off} of {len(sure)} bins of {_side(own_last[-1])} the interval of the mean residual leaves out 0"
    across, up = "prediction", "outcome less prediction"
    chart = charts.plane("curve-residuals", "Residuals", lines, across, up, message, diagonal=False, apart=True)
    return Figure("Residuals", chart, ("side", across, f"{up}, mean", "95 % interval", "rows"), rows)


def _residual(point: CurvePoint) -> tuple[float, float, float | None, float | None]:
    low, high = (None if end is None else end - point.x for end in (point.low, point.high))
    return point.x, point.y - point.x, low, high


def _figure(kind: str, found: Sequence[Curve]) -> Figure:
    title, across, up = _WORDS[kind]
    own_last = sorted(found, key=lambda curve: curve.of == "own")
    lines = [
        Plotted(_side(curve), _kind(curve), [(point.x, point.y, point.low, point.high) for point in curve.points])
        for curve in own_last
    ]
    rows = [
        (_side(curve), number(point.x), number(point.y), _interval(point.low, point.high), number(point.rows))
        for curve in own_last[::-1]
        for point in curve.points
    ]
    message, diagonal = _message(kind, own_last), kind != "precision_recall"
    chart = charts.plane(f"curve-{kind}", title, lines, across, up, message, diagonal=diagonal)
    heads = ("side", across, f"{up}, mean" if kind == "calibration" else up, "95 % interval", "rows")
    width = 5 if kind == "calibration" else 3
    return Figure(title, chart, heads[:width], [row[:width] for row in rows])


def _message(kind: str, found: Sequence[Curve]) -> str:
    if kind != "calibration":
        return f"{', '.join(_side(curve) for curve in found)}, point by point in the table"
    own = [point for point in found[-1].points if point.low is not None and point.high is not None]
    off = [point for point in own if not (point.low or 0) <= point.x <= (point.high or 0)]
    return f"in {len(off)} of {len(own)} bins of {_side(found[-1])} the interval of the outcome leaves out the score"


def _side(curve: Curve) -> str:
    return "this version" if curve.of == "own" else curve.of


def _kind(curve: Curve) -> str:
    return "main" if curve.of == "own" else "previous"


def _interval(low: float | None, high: float | None) -> str:
    return "" if low is None or high is None else f"{number(low)} to {number(high)}"
