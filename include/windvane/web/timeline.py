"""The timeline: lines over windows, what happened at each below them, and a way to each window's page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from windvane.web.svg import TURNED, Place, Values, scale, svg

_WIDTH, _LEFT, _RIGHT, _TOP, _BOTTOM = 960.0, 64.0, 16.0, 16.0, 30.0


@dataclass(frozen=True)
class Series:
    """A line of a chart.

    Args:
        name: What it is.
        values: One a label; None leaves a gap.
        kind: `main`, `frozen` or `previous`: colour and dashes.
    """

    name: str
    values: Values
    kind: str = "main"


@dataclass(frozen=True)
class Mark:
    """Something that happened at a label, drawn below the lines.

    Args:
        index: Which label.
        kind: `retrain`, `alert`, `promote`, `rollback`, …: its shape and colour.
        text: What happened.
    """

    index: int
    kind: str
    text: str


def lines(
    identity: str,
    title: str,
    labels: Sequence[str],
    series: Sequence[Series],
    marks: Sequence[Mark] = (),
    hrefs: Sequence[str] = (),
    unit: str = "",
) -> Markup:
    """Draw lines over labels, with what happened at each.

    Args:
        identity: Unique on the page.
        title: What the chart shows.
        labels: Along the x axis.
        series: The lines.
        marks: What happened.
        hrefs: Where each label leads; none leaves the points bare.
        unit: Of the y axis.
    """
    known = [value for line in series for value in line.values if value is not None]
    lanes = list(dict.fromkeys(mark.kind for mark in marks))
    height = 232.0 + 20 * len(lanes)
    bottom = height - _BOTTOM - 12 - 20 * len(lanes)
    low, high, ticks = scale(known)
    step = (_WIDTH - _LEFT - _RIGHT) / max(1, len(labels))

    def x(index: float) -> float:
        return _LEFT + step * (index + 0.5)

    def y(value: float) -> float:
        return bottom - (value - low) / (high - low) * (bottom - _TOP)

    drawn = [_grid(ticks, y, unit), _labels(labels, x, height)]
    drawn += [_line(line, x, y) for line in series]
    drawn += [_lane(kind, place, bottom, marks, x) for place, kind in enumerate(lanes)]
    drawn.append(_hits(labels, series, marks, hrefs, x, step, bottom + 12 + 20 * len(lanes)))
    message = f"{len(labels)} windows, {labels[0]} to {labels[-1]}. " if labels else "No window. "
    message += "; ".join(_message(line, labels) for line in series)
    return svg(identity, title, message, _WIDTH, height, drawn, role="group" if hrefs else "img")


def _grid(ticks: Sequence[float], y: Place, unit: str) -> Markup:
    drawn = Markup("").join(
        Markup(
            '<line class="grid" x1="{}" y1="{:.1f}" x2="{}" y2="{:.1f}"/>'
            '<text class="tick" x="{}" y="{:.1f}" text-anchor="end">{}</text>'
        ).format(_LEFT, y(tick), _WIDTH - _RIGHT, y(tick), _LEFT - 8, y(tick) + 4, f"{tick:.4g}")
        for tick in ticks
    )
    return drawn + (TURNED.format(x=12, y=110, text=unit) if unit else Markup(""))


def _labels(labels: Sequence[str], x: Place, height: float) -> Markup:
    every = max(1, -(-len(labels) // 12))
    return Markup("").join(
        Markup('<text class="tick" x="{:.1f}" y="{:.1f}" text-anchor="middle">{}</text>').format(
            x(index), height - 8, label[:10]
        )
        for index, label in enumerate(labels)
        if index % every == 0
    )


def _line(line: Series, x: Place, y: Place) -> Markup:
    """Draw a line, broken where a value is missing, a lone value as a point."""
    runs: list[list[str]] = [[]]
    for index, value in enumerate(line.values):
        if value is None:
            runs.append([])
        else:
            runs[-1].append(f"{x(index):.1f},{y(value):.1f}")
    drawn = Markup("")
    for run in filter(None, runs):
        drawn += Markup('<polyline class="line {}" points="{}"/>').format(line.kind, " ".join(run))
        if line.kind == "main" or len(run) == 1:
            for point in run:
                drawn += Markup('<circle class="dot {}" cx="{}" cy="{}" r="3.5"/>').format(line.kind, *point.split(","))
    return drawn


_SHAPES = {
    "alert": Markup('<path d="M{x} {top}l7 13h-14z" class="mark bad"/>'),
    "retrain": Markup('<path d="M{x} {top}l7 7 -7 7 -7 -7z" class="mark warn"/>'),
    "rollback": Markup('<path d="M{right} {top}l-13 7 13 7z" class="mark bad"/>'),
    "reorder": Markup('<path d="M{right} {top}l-13 7 13 7z" class="mark warn"/>'),
    "promote": Markup('<path d="M{left} {top}l13 7 -13 7z" class="mark good"/>'),
}
_CIRCLE = Markup('<circle cx="{x}" cy="{middle}" r="5.5" class="mark quiet"/>')


def shape(kind: str, x: float = 8, top: float = 1) -> Markup:
    """Draw the shape of a mark, for a chart or its legend."""
    places = {"x": f"{x:.1f}", "top": f"{top:.1f}", "left": f"{x - 6:.1f}", "right": f"{x + 6:.1f}"}
    return _SHAPES.get(kind, _CIRCLE).format(**places, middle=f"{top + 7:.1f}")


def _lane(kind: str, place: int, bottom: float, marks: Sequence[Mark], x: Place) -> Markup:
    """Draw one kind of mark in a row of its own, so that no two of different kinds cover each other."""
    top = bottom + 14 + 20 * place
    drawn = Markup('<text class="tick" x="{}" y="{:.1f}" text-anchor="end">{}</text>').format(_LEFT - 8, top + 11, kind)
    return drawn + Markup("").join(shape(kind, x(mark.index), top) for mark in marks if mark.kind == kind)


def _hits(
    labels: Sequence[str],
    series: Sequence[Series],
    marks: Sequence[Mark],
    hrefs: Sequence[str],
    x: Place,
    step: float,
    height: float,
) -> Markup:
    """Draw, over each label, a column that says everything about it and leads to its page."""
    drawn = Markup("")
    for index, label in enumerate(labels):
        values = [f"{line.name} {line.values[index]:.4g}" for line in series if line.values[index] is not None]
        happened = [mark.text for mark in marks if mark.index == index]
        message = ": ".join(filter(None, [label, "; ".join([*values, *happened])]))
        column = Markup(
            '<rect class="hit" x="{:.1f}" y="0" width="{:.1f}" height="{:.1f}"><title>{}</title></rect>'
        ).format(x(index) - step / 2, step, height, message)
        link = (
            Markup('<a href="{}" tabindex="-1" aria-label="{}">{}</a>').format(hrefs[index], message, column)
            if hrefs
            else column
        )
        drawn += link
    return drawn


def _message(line: Series, labels: Sequence[str]) -> str:
    known = [(value, label) for value, label in zip(line.values, labels, strict=True) if value is not None]
    if not known:
        return f"{line.name}: no value"
    (low, low_at), (high, high_at) = min(known), max(known)
    return f"{line.name}: last {known[-1][0]:.4g}; least {low:.4g} in {low_at}; most {high:.4g} in {high_at}"
