"""Accessible SVG: a title, a description, axes, and no style that a strict policy blocks.

Colours and fonts come from the style sheet, by class, so that a chart is light or dark with its page. Every value is
escaped by `markupsafe`; a page puts the same numbers into a table beneath.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from markupsafe import Markup

Values = Sequence[float | None]
Place = Callable[[float], float]

TURNED = Markup('<text class="tick" x="{x}" y="{y}" text-anchor="middle" transform="rotate(-90 {x} {y})">{text}</text>')
"""A text along a vertical axis."""
DOT = Markup('<circle class="dot {}" cx="{:.1f}" cy="{:.1f}" r="{}"><title>{}</title></circle>')
"""A point that says what it is."""


def svg(
    identity: str,
    title: str,
    message: str,
    width: float,
    height: float,
    drawn: Sequence[Markup],
    css: str = "wide",
    role: str = "img",
) -> Markup:
    """Return a chart: what it shows, what it says in words, its size, and what is drawn."""
    return Markup(
        '<svg class="chart {css}" viewBox="0 0 {width:g} {height:g}" role="{role}" aria-labelledby="{id}-t {id}-d">'
        '<title id="{id}-t">{title}</title><desc id="{id}-d">{message}</desc>{drawn}</svg>'
    ).format(
        css=css,
        role=role,
        width=width,
        height=height,
        id=identity,
        title=title,
        message=message,
        drawn=Markup("").join(drawn),
    )


def scale(known: Sequence[float]) -> tuple[float, float, list[float]]:
    """Return the ends of an axis that holds all values, and round numbers to label."""
    low, high = (min(known), max(known)) if known else (0.0, 1.0)
    if high - low < 1e-12 * max(1.0, abs(high)):
        low, high = low - (abs(low) or 1) * 0.05, high + (abs(high) or 1) * 0.05
    raw = (high - low) / 4
    base = 10.0 ** math.floor(math.log10(raw))
    step = next(base * factor for factor in (1, 2, 2.5, 5, 10) if base * factor >= raw)
    low, high = math.floor(low / step) * step, math.ceil(high / step) * step
    return low, high, [low + step * index for index in range(round((high - low) / step) + 1)]
