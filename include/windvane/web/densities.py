"""Densities over a column's values, then and now: a bar's area is its share of the rows, wherever its ends are."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from windvane.results import ColumnProfile

_BEYOND = 2.0
"""How far the axis reaches beyond the inner edges on each side, as a part of their span."""

_NARROWEST = 0.01
"""Width of a bar whose rows all have one value, as a part of the span."""

Bar = tuple[float, float, float]
"""Low end, high end, and share of the rows."""


def densities(then: ColumnProfile, now: ColumnProfile, groups: Sequence[Sequence[int]]) -> dict[str, Any]:
    """Return the fields of a `Distribution` that hold its densities; none when the ends are not known.

    The outermost bins end at each side's own least and greatest value. A value far beyond the inner edges would hide
    everything else: the axis ends before it, the rows of that bin are drawn up to there, and words tell of it.

    Args:
        then: Profile of the rows that the version was trained on.
        now: Profile of the window's rows, in the same bins.
        groups: Which bins are drawn as one.
    """
    known = [end for side in (then, now) for end in (side.minimum, side.maximum) if end is not None]
    if len(groups) < 2 or len(known) < 4:
        return {}
    low, high = then.edges[0], then.edges[-1]
    span = (high - low) or abs(high) or 1.0
    least, most = max(min(known), low - span * _BEYOND), min(max(known), high + span * _BEYOND)
    least, most = min(least, low - span * _NARROWEST), max(most, high + span * _NARROWEST)
    sides = [_bars(side, groups, (least, most), span * _NARROWEST) for side in (then, now)]
    bounds = sorted({least, most, *(end for bars in sides for bar in bars for end in bar[:2])})
    then_density, now_density = (_resampled(bars, bounds) for bars in sides)
    return {
        "bounds": tuple(bounds),
        "then_density": then_density,
        "now_density": now_density,
        "beside": tuple(_beside(then, now, least, most)),
    }


def _bars(
    side: ColumnProfile, groups: Sequence[Sequence[int]], axis: tuple[float, float], narrowest: float
) -> list[Bar]:
    """Return the bars of one side that have rows, within the axis and between its least and greatest value."""
    found = []
    for group in groups:
        count = sum(side.counts[place] for place in group)
        low = side.edges[group[0] - 1] if group[0] else axis[0]
        high = side.edges[group[-1]] if group[-1] < len(side.edges) else axis[1]
        first, last = (
            max(low, low if side.minimum is None else side.minimum),
            min(high, high if side.maximum is None else side.maximum),
        )
        if last - first < narrowest <= high - low:  # one value, or values beyond the axis
            first, last = (low, high) if first >= high or last <= low else _around(first, last, low, high, narrowest)
        if count:
            found.append((first, last, count / sum(side.counts)))
    return found


def _around(first: float, last: float, low: float, high: float, width: float) -> tuple[float, float]:
    """Return a bar of a width about a value, within its bin."""
    begin = min(max(low, (first + last - width) / 2), high - width)
    return begin, begin + width


def _resampled(bars: Sequence[Bar], bounds: Sequence[float]) -> tuple[float, ...]:
    """Return the density of each interval; every end of a bar is a bound."""
    found = []
    for low, high in pairwise(bounds):
        middle = (low + high) / 2
        found.append(sum(share / (end - begin) for begin, end, share in bars if begin <= middle < end))
    return tuple(found)


def _beside(then: ColumnProfile, now: ColumnProfile, least: float, most: float) -> list[str]:
    told = []
    for name, side in (("then", then), ("now", now)):
        if side.minimum is not None and side.minimum < least:
            told.append(f"Values down to {side.minimum:.4g} {name}: the first bar is drawn from {least:.4g}.")
        if side.maximum is not None and side.maximum > most:
            told.append(f"Values up to {side.maximum:.4g} {name}: the last bar is drawn up to {most:.4g}.")
    missing = [side.missing / side.rows for side in (then, now)]
    if any(missing):
        told.append(f"Missing, and in no bar: {missing[0]:.1%} of the rows then, {missing[1]:.1%} now.")
    return told
