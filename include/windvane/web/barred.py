"""Bars from zero with intervals, and the bound that they are held to."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from windvane.web.svg import scale, svg

_LEFT, _RIGHT, _ROW = 150.0, 350.0, 26.0
_LABEL = 20
"""Characters of a bar's name that fit; the rest stands in its tooltip."""


@dataclass(frozen=True)
class Bar:
    """A bar.

    Args:
        name: What it is of.
        value: Its end; it begins at zero.
        low: Lower end of the value's interval, where it has one.
        high: Upper end.
        outside: True when the whole bar is not as it must be.
    """

    name: str
    value: float
    low: float | None = None
    high: float | None = None
    outside: bool = False


@dataclass(frozen=True)
class Bound:
    """A line that values are held to.

    Args:
        value: Where it is.
        name: What it says, such as `at most 0.1`.
    """

    value: float
    name: str


def barred(
    identity: str,
    title: str,
    bars: Sequence[Bar],
    across: str,
    figure: Callable[[float], str],
    bounds: Sequence[Bound] = (),
) -> Markup:
    """Draw bars one below the other, each with its interval and its numbers.

    Args:
        identity: Unique on the page.
        title: What the chart shows.
        bars: At least one.
        across: What the axis is of, with its unit.
        figure: How a value is written.
        bounds: What the values are held to.
    """
    numbers = [end for bar in bars for end in (bar.value, bar.low, bar.high) if end is not None]
    least, most, ticks = scale([0.0, *numbers, *(bound.value for bound in bounds)])
    top = 18.0 if bounds else 4.0
    bottom = top + _ROW * len(bars)

    def x(value: float) -> float:
        return _LEFT + (_RIGHT - _LEFT) * (value - least) / (most - least)

    every = 2 if len(ticks) > 5 else 1
    drawn = [
        Markup(
            '<line class="grid" x1="{0:.1f}" y1="{1}" x2="{0:.1f}" y2="{2:.1f}"/>'
            '<text class="tick" x="{0:.1f}" y="{3:.1f}" text-anchor="middle">{4}</text>'
        ).format(x(tick), top, bottom, bottom + 15, figure(tick))
        for tick in ticks[::every]
    ]
    drawn += [_bar(bar, top + _ROW * place, x, figure) for place, bar in enumerate(bars)]
    drawn.append(
        Markup('<line class="axis" x1="{0:.1f}" y1="{1}" x2="{0:.1f}" y2="{2:.1f}"/>').format(x(0), top, bottom)
    )
    for bound in bounds:
        drawn.append(
            Markup(
                '<line class="bound" x1="{0:.1f}" y1="{1}" x2="{0:.1f}" y2="{2:.1f}"/>'
                '<text class="tick bound-name" x="{0:.1f}" y="11" text-anchor="middle">{3}</text>'
            ).format(x(bound.value), top - 3, bottom, bound.name)
        )
    drawn.append(
        Markup('<text class="tick" x="{:.1f}" y="{:.1f}" text-anchor="middle">{}</text>').format(
            (_LEFT + _RIGHT) / 2, bottom + 32, across
        )
    )
    message = "; ".join(_said(bar, figure) for bar in bars)
    message += "".join(f"; {bound.name}" for bound in bounds)
    return svg(identity, title, message, 540, bottom + 38, drawn, css="barred")


def _bar(bar: Bar, top: float, x: Callable[[float], float], figure: Callable[[float], str]) -> Markup:
    left, right = sorted((x(0), x(bar.value)))
    middle = top + _ROW / 2
    shape = Markup('<rect class="bar value{}" x="{:.1f}" y="{:.1f}" width="{:.1f}" height="12"/>').format(
        " outside" if bar.outside else "", left, middle - 6, max(right - left, 1)
    )
    ends = ""
    if bar.low is not None and bar.high is not None:
        shape += Markup(
            '<path class="whisker" d="M{0:.1f} {2:.1f}H{1:.1f}M{0:.1f} {3:.1f}v8M{1:.1f} {3:.1f}v8"/>'
        ).format(x(bar.low), x(bar.high), middle, middle - 4)
        ends = f" ({figure(bar.low)} to {figure(bar.high)})"
    name = bar.name if len(bar.name) <= _LABEL else f"{bar.name[: _LABEL - 1]}…"
    return Markup(
        '<g><title>{}</title><text class="tick" x="{}" y="{:.1f}" text-anchor="end">{}</text>{}'
        '<text class="tick" x="{}" y="{:.1f}">{}{}</text></g>'
    ).format(_said(bar, figure), _LEFT - 8, middle + 4, name, shape, _RIGHT + 8, middle + 4, figure(bar.value), ends)


def _said(bar: Bar, figure: Callable[[float], str]) -> str:
    ends = f" ({figure(bar.low)} to {figure(bar.high)})" if bar.low is not None and bar.high is not None else ""
    return f"{bar.name}: {figure(bar.value)}{ends}"
