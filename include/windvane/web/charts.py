"""Charts as accessible SVG: a title, a description, shapes beside colours, and no style that a strict policy blocks.

Colours and fonts come from the style sheet, by class, so that a chart is light or dark with its page. Every value is
escaped by `markupsafe`; a page puts the same numbers into a table beneath.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from markupsafe import Markup

Values = Sequence[float | None]
Place = Callable[[float], float]

_TURNED = Markup(
    '<text class="tick" x="{x}" y="{y}" text-anchor="middle" transform="rotate(-90 {x} {y})">{text}</text>'
)
_DOT = Markup('<circle class="dot {}" cx="{:.1f}" cy="{:.1f}" r="{}"><title>{}</title></circle>')

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
    low, high, ticks = _scale(known)
    step = (_WIDTH - _LEFT - _RIGHT) / max(1, len(labels))

    def x(index: float) -> float:
        return _LEFT + step * (index + 0.5)

    def y(value: float) -> float:
        return bottom - (value - low) / (high - low) * (bottom - _TOP)

    drawn = [_grid(ticks, y, unit), _labels(labels, x, height)]
    drawn += [_line(line, x, y) for line in series]
    drawn += [_lane(kind, place, bottom, marks, x) for place, kind in enumerate(lanes)]
    drawn.append(_hits(labels, series, marks, hrefs, x, step, bottom + 12 + 20 * len(lanes)))
    told = f"{len(labels)} windows, {labels[0]} to {labels[-1]}. " if labels else "No window. "
    told += "; ".join(_told(line, labels) for line in series)
    return _svg(identity, title, told, _WIDTH, height, drawn, role="group" if hrefs else "img")


def spark(identity: str, title: str, values: Values) -> Markup:
    """Draw a small line without axes."""
    known = [value for value in values if value is not None]
    if len(known) < 2:
        return Markup("")
    low, high, _ = _scale(known)
    points = [
        f"{4 + 112 * index / (len(values) - 1):.1f},{26 - 22 * (value - low) / (high - low):.1f}"
        for index, value in enumerate(values)
        if value is not None
    ]
    last = points[-1].split(",")
    drawn = Markup('<polyline class="line main" points="{}"/><circle class="dot main" cx="{}" cy="{}" r="3"/>')
    told = f"from {known[0]:.4g} to {known[-1]:.4g}, between {min(known):.4g} and {max(known):.4g}"
    return _svg(identity, title, told, 120, 30, [drawn.format(" ".join(points), *last)], css="spark")


def bars(identity: str, title: str, labels: Sequence[str], then: Sequence[float], now: Sequence[float]) -> Markup:
    """Draw shares of rows, then and now, side by side.

    Args:
        identity: Unique on the page.
        title: What the chart shows.
        labels: Bins or values.
        then: Shares at training, between 0 and 1.
        now: Shares in the window.
    """
    high = max([*then, *now, 1e-9])
    step = 480.0 / max(1, len(labels))
    width = max(1.0, step * 0.38)
    drawn = []
    for index, (label, one, other) in enumerate(zip(labels, then, now, strict=True)):
        left = step * index + step * 0.1
        drawn.append(
            Markup(
                "<g><title>{}: {:.1%} then, {:.1%} now</title>"
                '<rect class="bar then" x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}"/>'
                '<rect class="bar now" x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}"/></g>'
            ).format(
                label,
                one,
                other,
                *(left, 110 - 100 * one / high, width, 100 * one / high),
                *(left + width, 110 - 100 * other / high, width, 100 * other / high),
            )
        )
    drawn.append(Markup('<line class="axis" x1="0" y1="110" x2="480" y2="110"/>'))
    moved = max(range(len(labels)), key=lambda index: abs(now[index] - then[index]), default=None)
    told = "no bins"
    if moved is not None:
        told = f"the share that changed most is {labels[moved]}: {then[moved]:.1%} then, {now[moved]:.1%} now"
    return _svg(identity, title, told, 480, 112, drawn, css="bars")


def intervals(identity: str, title: str, rows: Sequence[tuple[str, float, float | None, float | None, str]]) -> Markup:
    """Draw values with their intervals, one below the other.

    Args:
        identity: Unique on the page.
        title: What the chart shows.
        rows: Name, value, low, high, and kind (`main`, `frozen`, `previous`).
    """
    numbers = [item for _, value, low, high, _ in rows for item in (value, low, high) if item is not None]
    least, most, ticks = _scale(numbers)

    def x(value: float) -> float:
        return 118 + (value - least) / (most - least) * 270

    height = 24.0 * len(rows) + 28
    drawn = []
    for tick in ticks:
        drawn.append(
            Markup('<line class="grid" x1="{0:.1f}" y1="0" x2="{0:.1f}" y2="{1:.1f}"/>').format(x(tick), height - 22)
        )
        drawn.append(
            Markup('<text class="tick" x="{:.1f}" y="{:.1f}" text-anchor="middle">{}</text>').format(
                x(tick), height - 6, f"{tick:.4g}"
            )
        )
    for place, (name, value, low, high, kind) in enumerate(rows):
        middle = 24.0 * place + 14
        told = f"{name}: {value:.4g}" + (f" ({low:.4g} to {high:.4g})" if low is not None and high is not None else "")
        shape = Markup("<title>{}</title>").format(told)
        if low is not None and high is not None:
            shape += Markup('<line class="line {}" x1="{:.1f}" y1="{}" x2="{:.1f}" y2="{}"/>').format(
                kind, x(low), middle, x(high), middle
            )
        shape += Markup('<circle class="dot {}" cx="{:.1f}" cy="{}" r="5"/>').format(kind, x(value), middle)
        label = Markup('<text class="tick" x="108" y="{}" text-anchor="end">{}</text>').format(middle + 4, name)
        drawn.append(Markup("<g>{}</g>{}").format(shape, label))
    return _svg(
        identity, title, "; ".join(f"{name} {value:.4g}" for name, value, *_ in rows), 400, height, drawn, css="forest"
    )


@dataclass(frozen=True)
class Plotted:
    """A line of points over a plane.

    Args:
        name: What it is.
        kind: `main`, `frozen` or `previous`: colour and dashes.
        points: x, y, and the ends of the interval of y where it has one.
    """

    name: str
    kind: str
    points: Sequence[tuple[float, float, float | None, float | None]]


def plane(
    identity: str, title: str, lines: Sequence[Plotted], across: str, up: str, told: str, *, diagonal: bool
) -> Markup:
    """Draw lines over a plane; both axes run over the same values, those of a share from 0 to 1.

    Args:
        identity: Unique on the page.
        title: What the chart shows.
        lines: The lines, those in front last.
        across: What x is.
        up: What y is.
        told: What the chart says, in words.
        diagonal: Draw where x and y are the same.
    """
    numbers = [value for line in lines for point in line.points for value in point if value is not None]
    inside = not numbers or (min(numbers) >= 0 and max(numbers) <= 1)
    least, most, ticks = (0.0, 1.0, [0.0, 0.25, 0.5, 0.75, 1.0]) if inside else _scale(numbers)

    def x(value: float) -> float:
        return 56 + 272 * (value - least) / (most - least)

    def y(value: float) -> float:
        return 280 - 272 * (value - least) / (most - least)

    label = Markup(
        '<text class="tick" x="{:.1f}" y="296" text-anchor="middle">{}</text>'
        '<text class="tick" x="50" y="{:.1f}" text-anchor="end">{}</text>'
    )
    drawn = [Markup('<rect class="frame" x="56" y="8" width="272" height="272"/>')]
    drawn += [label.format(x(tick), f"{tick:.4g}", y(tick) + 4, f"{tick:.4g}") for tick in ticks]
    if diagonal:
        drawn.append(Markup('<line class="grid" x1="56" y1="280" x2="328" y2="8"/>'))
    drawn += [_plotted(line, x, y, across, up) for line in lines]
    drawn.append(Markup('<text class="tick" x="192" y="314" text-anchor="middle">{}</text>').format(across))
    drawn.append(_TURNED.format(x=12, y=144, text=up))
    return _svg(identity, title, told, 340, 320, drawn, css="curve")


def _plotted(line: Plotted, x: Place, y: Place, across: str, up: str) -> Markup:
    """Draw a line; points that have an interval are drawn as well, each with its own."""
    path = " ".join(f"{x(one):.1f},{y(other):.1f}" for one, other, *_ in line.points)
    drawn = Markup('<polyline class="line {}" points="{}"><title>{}</title></polyline>').format(
        line.kind, path, line.name
    )
    for one, other, low, high in line.points:
        if low is None or high is None:
            continue
        told = f"{line.name}: {across} {one:.3g}, {up} {other:.3g} ({low:.3g} to {high:.3g})"
        drawn += Markup('<line class="line {0}" x1="{1:.1f}" y1="{2:.1f}" x2="{1:.1f}" y2="{3:.1f}"/>').format(
            f"{line.kind} whole", x(one), y(low), y(high)
        )
        drawn += _DOT.format(line.kind, x(one), y(other), 4, told)
    return drawn


def _svg(
    identity: str,
    title: str,
    told: str,
    width: float,
    height: float,
    drawn: Sequence[Markup],
    css: str = "wide",
    role: str = "img",
) -> Markup:
    return Markup(
        '<svg class="chart {css}" viewBox="0 0 {width:g} {height:g}" role="{role}" aria-labelledby="{id}-t {id}-d">'
        '<title id="{id}-t">{title}</title><desc id="{id}-d">{told}</desc>{drawn}</svg>'
    ).format(
        css=css,
        role=role,
        width=width,
        height=height,
        id=identity,
        title=title,
        told=told,
        drawn=Markup("").join(drawn),
    )


def _scale(known: Sequence[float]) -> tuple[float, float, list[float]]:
    """Return the ends of an axis that holds all values, and round numbers to label."""
    low, high = (min(known), max(known)) if known else (0.0, 1.0)
    if high - low < 1e-12 * max(1.0, abs(high)):
        low, high = low - (abs(low) or 1) * 0.05, high + (abs(high) or 1) * 0.05
    raw = (high - low) / 4
    base = 10.0 ** math.floor(math.log10(raw))
    step = next(base * factor for factor in (1, 2, 2.5, 5, 10) if base * factor >= raw)
    low, high = math.floor(low / step) * step, math.ceil(high / step) * step
    return low, high, [low + step * index for index in range(round((high - low) / step) + 1)]


def _grid(ticks: Sequence[float], y: Place, unit: str) -> Markup:
    drawn = Markup("").join(
        Markup(
            '<line class="grid" x1="{}" y1="{:.1f}" x2="{}" y2="{:.1f}"/>'
            '<text class="tick" x="{}" y="{:.1f}" text-anchor="end">{}</text>'
        ).format(_LEFT, y(tick), _WIDTH - _RIGHT, y(tick), _LEFT - 8, y(tick) + 4, f"{tick:.4g}")
        for tick in ticks
    )
    return drawn + (_TURNED.format(x=12, y=110, text=unit) if unit else Markup(""))


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
        told = ": ".join(filter(None, [label, "; ".join([*values, *happened])]))
        column = Markup(
            '<rect class="hit" x="{:.1f}" y="0" width="{:.1f}" height="{:.1f}"><title>{}</title></rect>'
        ).format(x(index) - step / 2, step, height, told)
        link = (
            Markup('<a href="{}" tabindex="-1" aria-label="{}">{}</a>').format(hrefs[index], told, column)
            if hrefs
            else column
        )
        drawn += link
    return drawn


def _told(line: Series, labels: Sequence[str]) -> str:
    known = [(value, label) for value, label in zip(line.values, labels, strict=True) if value is not None]
    if not known:
        return f"{line.name}: no value"
    (low, low_at), (high, high_at) = min(known), max(known)
    return f"{line.name}: last {known[-1][0]:.4g}; least {low:.4g} in {low_at}; most {high:.4g} in {high_at}"
