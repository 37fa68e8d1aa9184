"""Charts that stand in a page beside its tables: sparks, bars, intervals, and lines over a plane."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from windvane.web.svg import DOT, TURNED, Place, Values, scale, svg


def spark(identity: str, title: str, values: Values) -> Markup:
    """Draw a small line without axes."""
    known = [value for value in values if value is not None]
    if len(known) < 2:
        return Markup("")
    low, high, _ = scale(known)
    points = [
        f"{4 + 112 * index / (len(values) - 1):.1f},{26 - 22 * (value - low) / (high - low):.1f}"
        for index, value in enumerate(values)
        if value is not None
    ]
    last = points[-1].split(",")
    drawn = Markup('<polyline class="line main" points="{}"/><circle class="dot main" cx="{}" cy="{}" r="3"/>')
    message = f"from {known[0]:.4g} to {known[-1]:.4g}, between {min(known):.4g} and {max(known):.4g}"
    return svg(identity, title, message, 120, 30, [drawn.format(" ".join(points), *last)], css="spark")


def bars(identity: str, title: str, labels: Sequence[str], then: Sequence[float], now: Sequence[float]) -> Markup:
    """Draw shares of rows, then and now, a pair of bars for each value, over an axis in percent.

    Args:
        identity: Unique on the page.
        title: What the chart shows.
        labels: Values.
        then: Shares at training, between 0 and 1.
        now: Shares in the window.
    """
    _, most, ticks = scale([0.0, max([*then, *now, 1e-9])])
    bottom = 26.0 * len(labels) + 6

    def x(share: float) -> float:
        return 128 + 330 * share / most

    drawn = [
        Markup(
            '<line class="grid" x1="{0:.1f}" y1="0" x2="{0:.1f}" y2="{1:.1f}"/>'
            '<text class="tick" x="{0:.1f}" y="{2:.1f}" text-anchor="middle">{3}</text>'
        ).format(x(tick), bottom, bottom + 16, f"{100 * tick:.3g} %")
        for tick in ticks
    ]
    for index, (label, one, other) in enumerate(zip(labels, then, now, strict=True)):
        top = 26.0 * index + 4
        drawn.append(
            Markup(
                "<g><title>{}: {:.1%} then, {:.1%} now</title>"
                '<text class="tick" x="120" y="{:.1f}" text-anchor="end">{}</text>'
                '<rect class="bar then" x="128" y="{:.1f}" width="{:.1f}" height="9"/>'
                '<rect class="bar now" x="128" y="{:.1f}" width="{:.1f}" height="9"/></g>'
            ).format(
                *(label, one, other),
                *(top + 14, label if len(label) <= 18 else f"{label[:17]}…"),
                *(top, x(one) - 128, top + 10, x(other) - 128),
            )
        )
    moved = max(range(len(labels)), key=lambda index: abs(now[index] - then[index]), default=None)
    message = "no values"
    if moved is not None:
        message = f"the share that changed most is {labels[moved]}: {then[moved]:.1%} then, {now[moved]:.1%} now"
    drawn.append(
        Markup('<text class="tick" x="293" y="{:.1f}" text-anchor="middle">share of the rows</text>').format(
            bottom + 32
        )
    )
    return svg(identity, title, message, 480, bottom + 38, drawn, css="bars")


def densities(
    identity: str, title: str, across: str, bounds: Sequence[float], then: Sequence[float], now: Sequence[float]
) -> Markup:
    """Draw two densities over the values of a column.

    Args:
        identity: Unique on the page.
        title: What the chart shows.
        across: The column.
        bounds: Ends of the intervals, one more than densities.
        then: Share of the rows per unit at training.
        now: The same in the window.
    """
    _, most, ups = scale([0.0, max([*then, *now, 1e-12])])
    _, _, ticks = scale(bounds)

    def x(value: float) -> float:
        return 64 + 406 * (value - bounds[0]) / (bounds[-1] - bounds[0])

    def y(density: float) -> float:
        return 150 - 140 * density / most

    drawn = [
        Markup(
            '<line class="grid" x1="64" y1="{0:.1f}" x2="470" y2="{0:.1f}"/>'
            '<text class="tick" x="58" y="{1:.1f}" text-anchor="end">{2}</text>'
        ).format(y(tick), y(tick) + 4, f"{tick:.4g}")
        for tick in ups
    ]
    drawn += [
        Markup('<text class="tick" x="{:.1f}" y="166" text-anchor="middle">{}</text>').format(x(tick), f"{tick:.4g}")
        for tick in ticks
        if bounds[0] <= tick <= bounds[-1]
    ]
    for css, heights in (("area", now), ("outline", then)):
        path = [f"M{x(bounds[0]):.1f},150"]
        for place, height in enumerate(heights):
            path.append(f"V{y(height):.1f}H{x(bounds[place + 1]):.1f}")
        drawn.append(Markup('<path class="bar {}" d="{}V150"/>').format(css, "".join(path)))
    shares = [
        (abs(other - one) * (bounds[place + 1] - bounds[place]), place)
        for place, (one, other) in enumerate(zip(then, now, strict=True))
    ]
    _, moved = max(shares)
    width = bounds[moved + 1] - bounds[moved]
    message = (
        f"the share that changed most is {bounds[moved]:.4g} to {bounds[moved + 1]:.4g}: "
        f"{then[moved] * width:.1%} then, {now[moved] * width:.1%} now"
    )
    drawn.append(Markup('<line class="axis" x1="64" y1="150" x2="470" y2="150"/>'))
    drawn.append(Markup('<text class="tick" x="267" y="184" text-anchor="middle">{}</text>').format(across[:60]))
    drawn.append(TURNED.format(x=12, y=80, text="share of values per unit"))
    return svg(identity, title, message, 480, 190, drawn, css="bars")


def intervals(identity: str, title: str, rows: Sequence[tuple[str, float, float | None, float | None, str]]) -> Markup:
    """Draw values with their intervals, one below the other.

    Args:
        identity: Unique on the page.
        title: What the chart shows.
        rows: Name, value, low, high, and kind (`main`, `frozen`, `previous`).
    """
    numbers = [item for _, value, low, high, _ in rows for item in (value, low, high) if item is not None]
    least, most, ticks = scale(numbers)

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
        message = f"{name}: {value:.4g}" + (
            f" ({low:.4g} to {high:.4g})" if low is not None and high is not None else ""
        )
        shape = Markup("<title>{}</title>").format(message)
        if low is not None and high is not None:
            shape += Markup('<line class="line {}" x1="{:.1f}" y1="{}" x2="{:.1f}" y2="{}"/>').format(
                kind, x(low), middle, x(high), middle
            )
        shape += Markup('<circle class="dot {}" cx="{:.1f}" cy="{}" r="5"/>').format(kind, x(value), middle)
        label = Markup('<text class="tick" x="108" y="{}" text-anchor="end">{}</text>').format(middle + 4, name)
        drawn.append(Markup("<g>{}</g>{}").format(shape, label))
    return svg(
        identity, title, "; ".join(f"{name} {value:.4g}" for name, value, *_ in rows), 416, height, drawn, css="forest"
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
    identity: str,
    title: str,
    lines: Sequence[Plotted],
    across: str,
    up: str,
    message: str,
    *,
    diagonal: bool,
    apart: bool = False,
) -> Markup:
    """Draw lines over a plane; both axes run over the same values, those of a share from 0 to 1.

    Args:
        identity: Unique on the page.
        title: What the chart shows.
        lines: The lines, those in front last.
        across: What x is.
        up: What y is.
        message: What the chart says, in words.
        diagonal: Draw where x and y are the same.
        apart: Let each axis run over its own values, and draw where y is nothing.
    """
    places = [point[0] for line in lines for point in line.points]
    heights = [value for line in lines for point in line.points for value in point[1:] if value is not None]
    across_scale = _shared_scale(places if apart else [*places, *heights])
    up_scale = scale([0.0, *heights]) if apart else across_scale

    def x(value: float) -> float:
        return 56 + 272 * (value - across_scale[0]) / (across_scale[1] - across_scale[0])

    def y(value: float) -> float:
        return 280 - 272 * (value - up_scale[0]) / (up_scale[1] - up_scale[0])

    below = Markup('<text class="tick" x="{:.1f}" y="296" text-anchor="middle">{}</text>')
    beside = Markup('<text class="tick" x="50" y="{:.1f}" text-anchor="end">{}</text>')
    drawn = [Markup('<rect class="frame" x="56" y="8" width="272" height="272"/>')]
    drawn += [below.format(x(tick), f"{tick:.4g}") for tick in across_scale[2]]
    drawn += [beside.format(y(tick) + 4, f"{tick:.4g}") for tick in up_scale[2]]
    if diagonal:
        drawn.append(Markup('<line class="grid" x1="56" y1="280" x2="328" y2="8"/>'))
    if apart:
        drawn.append(Markup('<line class="grid" x1="56" y1="{0:.1f}" x2="328" y2="{0:.1f}"/>').format(y(0.0)))
    drawn += [_plotted(line, x, y, across, up) for line in lines]
    drawn.append(Markup('<text class="tick" x="192" y="314" text-anchor="middle">{}</text>').format(across))
    drawn.append(TURNED.format(x=12, y=144, text=up))
    return svg(identity, title, message, 340, 320, drawn, css="curve")


def _shared_scale(numbers: Sequence[float]) -> tuple[float, float, list[float]]:
    """Return the ends and ticks of an axis: those of a share where all numbers can be one."""
    inside = not numbers or (min(numbers) >= 0 and max(numbers) <= 1)
    return (0.0, 1.0, [0.0, 0.25, 0.5, 0.75, 1.0]) if inside else scale(numbers)


def _plotted(line: Plotted, x: Place, y: Place, across: str, up: str) -> Markup:
    """Draw a line; points that have an interval are drawn as well, each with its own."""
    path = " ".join(f"{x(one):.1f},{y(other):.1f}" for one, other, *_ in line.points)
    drawn = Markup('<polyline class="line {}" points="{}"><title>{}</title></polyline>').format(
        line.kind, path, line.name
    )
    for one, other, low, high in line.points:
        if low is None or high is None:
            continue
        message = f"{line.name}: {across} {one:.3g}, {up} {other:.3g} ({low:.3g} to {high:.3g})"
        drawn += Markup('<line class="line {0}" x1="{1:.1f}" y1="{2:.1f}" x2="{1:.1f}" y2="{3:.1f}"/>').format(
            f"{line.kind} whole", x(one), y(low), y(high)
        )
        drawn += DOT.format(line.kind, x(one), y(other), 4, message)
    return drawn
