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
        low: Lower ends of the values' intervals, one a label; none draws no band.
        high: Upper ends.
    """

    name: str
    values: Values
    kind: str = "main"
    low: Values = ()
    high: Values = ()

    def says(self, index: int) -> str:
        """Return the value at a label in words, with its interval; nothing where there is none."""
        value = self.values[index]
        if value is None:
            return ""
        low, high = (ends[index] if ends else None for ends in (self.low, self.high))
        interval = f" ({low:.4g} to {high:.4g})" if low is not None and high is not None else ""
        return f"{self.name} {value:.4g}{interval}"

    @property
    def ends(self) -> list[float]:
        """All numbers that an axis must hold."""
        return [value for value in (*self.values, *self.low, *self.high) if value is not None]


@dataclass(frozen=True)
class Frame:
    """What a chart is drawn into.

    Args:
        width: In the drawing's own units; text is 12 of them high.
        height: Of the plane.
        within: Least and greatest value that the axis holds besides those drawn: charts beside each other share it.
        level: A value that lines are held to, drawn across.
    """

    width: float = _WIDTH
    height: float = 174.0
    within: tuple[float, ...] = ()
    level: float | None = None

    def scale(self, series: Sequence[Series]) -> tuple[float, float, list[float]]:
        """Return the ends of the axis, and round numbers to label."""
        level = () if self.level is None else (self.level,)
        return scale([*(end for line in series for end in line.ends), *self.within, *level])


SMALL = Frame(width=400.0, height=130.0)
"""For charts beside each other."""


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
    frame: Frame = Frame(),
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
        frame: Its size, and what its axis holds besides.
    """
    lanes = list(dict.fromkeys(mark.kind for mark in marks))
    bottom = _TOP + frame.height
    height = bottom + 12 + 20 * len(lanes) + _BOTTOM
    low, high, ticks = frame.scale(series)
    step = (frame.width - _LEFT - _RIGHT) / max(1, len(labels))

    def x(index: float) -> float:
        return _LEFT + step * (index + 0.5)

    def y(value: float) -> float:
        return bottom - (value - low) / (high - low) * (bottom - _TOP)

    drawn = [_grid(ticks, y, unit, frame), _labels(labels, x, height, frame.width)]
    if frame.level is not None:
        drawn.append(_ACROSS.format(_LEFT, y(frame.level), frame.width - _RIGHT))
    drawn += [_interval(line, x, y) for line in series]
    drawn += [_line(line, x, y) for line in series]
    drawn += [_lane(kind, place, bottom, marks, x) for place, kind in enumerate(lanes)]
    drawn.append(_hits(labels, series, marks, hrefs, x, step, bottom + 12 + 20 * len(lanes)))
    message = f"{len(labels)} windows, {labels[0]} to {labels[-1]}. " if labels else "No window. "
    message += "; ".join(_message(line, labels) for line in series)
    css = "wide" if frame.width == _WIDTH else "small-lines"
    return svg(identity, title, message, frame.width, height, drawn, css=css, role="group" if hrefs else "img")


_ACROSS = Markup('<line class="level" x1="{0}" y1="{1:.1f}" x2="{2}" y2="{1:.1f}"/>')


def _grid(ticks: Sequence[float], y: Place, unit: str, frame: Frame) -> Markup:
    drawn = Markup("").join(
        Markup(
            '<line class="grid" x1="{}" y1="{:.1f}" x2="{}" y2="{:.1f}"/>'
            '<text class="tick" x="{}" y="{:.1f}" text-anchor="end">{}</text>'
        ).format(_LEFT, y(tick), frame.width - _RIGHT, y(tick), _LEFT - 8, y(tick) + 4, f"{tick:.4g}")
        for tick in ticks
    )
    return drawn + (TURNED.format(x=12, y=_TOP + frame.height / 2, text=unit) if unit else Markup(""))


def _labels(labels: Sequence[str], x: Place, height: float, width: float) -> Markup:
    every = max(1, -(-len(labels) // int(width / 80)))
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


def _interval(line: Series, x: Place, y: Place) -> Markup:
    """Draw the intervals of a line as a band, a lone one as a stroke."""
    runs: list[list[tuple[float, float, float]]] = [[]]
    for index, (low, high) in enumerate(zip(line.low, line.high, strict=True)):
        if low is None or high is None:
            runs.append([])
        else:
            runs[-1].append((x(index), y(low), y(high)))
    drawn = Markup("")
    for run in filter(None, runs):
        if len(run) == 1:
            at, low, high = run[0]
            shape = f"M{at:.1f} {low:.1f}V{high:.1f}"
        else:
            there = "L".join(f"{at:.1f} {high:.1f}" for at, _, high in run)
            back = "L".join(f"{at:.1f} {low:.1f}" for at, low, _ in reversed(run))
            shape = f"M{there}L{back}Z"
        drawn += Markup('<path class="interval {}" d="{}"/>').format(line.kind, shape)
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
        values = [line.says(index) for line in series if line.values[index] is not None]
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
