"""Densities over a column's values, then and now: a bar's area is its share of the rows, wherever its ends are."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from windvane.results import ColumnProfile

_BEYOND = 0.5
"""How far the axis reaches beyond the inner edges on each side, as a part of their span."""

_NARROWEST = 0.01
"""Width of a bar whose rows all have one value, as a part of the span."""

Bar = tuple[float, float, float]
"""Low end, high end, and share of the rows."""


def densities(then: ColumnProfile, now: ColumnProfile, groups: Sequence[Sequence[int]]) -> dict[str, Any]:
    """Return the fields of a `Distribution` that hold its densities; none when the ends are not known.

    The outermost bins end at each side's own least and greatest value. A value far beyond the inner edges would hide
    everything else, so the axis ends near the edges, and the shares beyond it are told in words.

    Args:
        then: Profile of the rows that the version was trained on.
        now: Profile of the window's rows, in the same bins.
        groups: Which bins are drawn as one.
    """
    if len(groups) < 2 or None in (then.minimum, then.maximum, now.minimum, now.maximum):
        return {}
    first, last = then.edges[groups[0][-1]], then.edges[groups[-1][0] - 1]
    low, high = (then.edges[0], then.edges[-1])
    span = (high - low) or abs(high) or 1.0
    sides = [_bars(side, groups, span * _NARROWEST) for side in (then, now)]
    least = max(min(bars[0][0] for bars in sides), first - span * _BEYOND)
    most = min(max(bars[-1][1] for bars in sides), last + span * _BEYOND)
    ends = {end for bars in sides for bar in bars for end in bar[:2] if least < end < most}
    bounds = (least, *sorted(ends), most)
    then_density, now_density = (_resampled(bars, bounds) for bars in sides)
    return {
        "bounds": bounds,
        "then_density": then_density,
        "now_density": now_density,
        "beside": tuple(_beside(then, now, sides, least, most)),
    }


def _bars(side: ColumnProfile, groups: Sequence[Sequence[int]], narrowest: float) -> list[Bar]:
    bars = []
    for group in groups:
        inner_low = side.edges[group[0] - 1] if group[0] else None
        inner_high = side.edges[group[-1]] if group[-1] < len(side.edges) else None
        share = sum(side.counts[place] for place in group) / side.rows
        if inner_low is None and inner_high is not None:
            low, high = min(side.minimum or 0.0, inner_high - narrowest), inner_high
        elif inner_high is None and inner_low is not None:
            low, high = inner_low, max(side.maximum or 0.0, inner_low + narrowest)
        else:
            assert inner_low is not None and inner_high is not None  # there are two groups at least
            low, high = inner_low, inner_high
        bars.append((low, high, share))
    return bars


def _resampled(bars: Sequence[Bar], bounds: Sequence[float]) -> tuple[float, ...]:
    """Return the density of each interval; every end of a bar within the bounds is a bound."""
    found = []
    for low, high in pairwise(bounds):
        middle = (low + high) / 2
        found.append(next((share / (end - begin) for begin, end, share in bars if begin <= middle < end), 0.0))
    return tuple(found)


def _beside(
    then: ColumnProfile, now: ColumnProfile, sides: Sequence[Sequence[Bar]], least: float, most: float
) -> list[str]:
    told = []
    below = [_outside(bars[0], least, below=True) for bars in sides]
    above = [_outside(bars[-1], most, below=False) for bars in sides]
    if any(below):
        told.append(f"Not drawn, below {least:.4g}: {below[0]:.1%} then, {below[1]:.1%} now.")
    if any(above):
        told.append(f"Not drawn, above {most:.4g}: {above[0]:.1%} then, {above[1]:.1%} now.")
    missing = [side.missing / side.rows for side in (then, now)]
    if any(missing):
        told.append(f"Missing: {missing[0]:.1%} then, {missing[1]:.1%} now.")
    return told


def _outside(bar: Bar, end: float, *, below: bool) -> float:
    """Return the share of a bar that lies beyond the axis, its rows spread evenly over it."""
    low, high, share = bar
    beyond = (min(end, high) - low) if below else (high - max(end, low))
    return share * max(0.0, beyond) / (high - low)
