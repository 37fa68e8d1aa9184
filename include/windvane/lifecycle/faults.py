"""Pipeline faults: numbers that another unit, another column or a single value explains better than the world does.

Seasons and heavy tails come near to a change of unit often enough. So a fault is sure only where the shape comes back
exactly; what is merely like one is odd, and is told without blocking anything.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from windvane.lifecycle.beside import beside
from windvane.lifecycle.checks.saying import percent_number
from windvane.lifecycle.finding import FEWEST, Finding
from windvane.lifecycle.own_past import OwnPast, Pasts
from windvane.lifecycle.twosample import ks_p
from windvane.lifecycle.wording import percent
from windvane.results import ColumnProfile, Number, Profile

Array = np.ndarray[Any, Any]

_MOVED, _FAR_MOVED = 0.3, 0.5
"""Smallest Kolmogorov-Smirnov distance at which another unit is looked for, and one that few changes reach."""
_RESTORED, _CLEARLY = 0.15, 0.1
"""Largest distance that is left when the unit is changed back: after a far move, and after a nearer one, where it may
also be no more than chance leaves (1.63 / sqrt(n): 1 %)."""
_SMALL_PART = 0.2
"""The same of a part of the rows, which are few."""
_PART = 0.05
"""Smallest share of rows outside the reference's range in which another unit is looked for."""
_COARSE = 50.0
"""Factors from here on are no season: the shape need not come back as exactly."""
_TOGETHER = 2
"""So many other numbers that moved with a column make a small change of unit a season."""
_NEIGHBOURS = 0.2
"""Largest share of columns that jump at once, for each to be out of line with its neighbours; one always may."""
_TURNED = 0.6
"""Share of a number's values that must be on the other side of zero, as large as they were: the others may be zero."""
_SHAPED = 0.2
"""Largest usual distance of a column's windows that still gives it a shape which a unit could bring back."""
_BINS, _KNOWN = 1000, 0.9
"""With fewer edges than a profile may have, they are the values; share of them from which no unit changed."""
_FAR = 10.0
"""Spreads of the reference between its median and the window's, beyond which no change of the world is believed."""

UNITS: tuple[tuple[str, float, float], ...] = (
    ("degrees Fahrenheit instead of Celsius", 1.8, 32.0),
    ("degrees Celsius instead of Fahrenheit", 1 / 1.8, -32.0 / 1.8),
    ("kelvin instead of degrees Celsius", 1.0, 273.15),
    ("degrees Celsius instead of kelvin", 1.0, -273.15),
    *(
        (text, value, 0.0)
        for factor, name in (
            (100.0, "100"),
            (1000.0, "1,000"),
            (1e6, "1,000,000"),
            (60.0, "60"),
            (3600.0, "3,600"),
            (86400.0, "86,400"),
            (1.609344, "1.609 (miles, kilometres)"),
            (2.2046226, "2.205 (kilograms, pounds)"),
            (2.54, "2.54 (inches, centimetres)"),
            (3.2808399, "3.281 (metres, feet)"),
        )
        for text, value in ((f"values multiplied by {name}", factor), (f"values divided by {name}", 1 / factor))
    ),
    ("the opposite sign", -1.0, 0.0),
)
"""Changes of unit that happen: name, factor, offset."""


class _Column(NamedTuple):
    name: str
    values: Array
    edges: Array
    counts: Array
    past: OwnPast
    now: Array


def faults(known: Pasts, current: Profile, alpha: float, besides: Sequence[str] = ()) -> list[Finding]:
    """Find numbers in another unit, or with the opposite sign.

    Args:
        known: The values of the window's columns, and their past.
        current: Profile of the window, with the reference's bins.
        alpha: Chance of any column being looked at that did not move.
        besides: Columns whose values are explained already.
    """
    reference = known.reference
    columns = [
        _Column(name, known.numbers(name), past.edges, past.sides[0], past, known.counts(name))
        for name, then in reference.columns.items()
        if then.kind == "number" and name in known.frame.columns and name in current.columns
        if name not in reference.calendar and name not in besides
        for past in [known.of(name)]
    ]
    columns = [item for item in columns if len(item.values) >= FEWEST and item.past.learned >= FEWEST]
    columns = [item for item in columns if len(item.edges) > 1]
    if not columns:
        return []
    moved = {item.name: _surely_moved(item, alpha / len(columns)) for item in columns}
    others = sum(distance >= _MOVED for distance in moved.values()) - 1
    signs = [_negative(item) for item in columns]
    sudden = {item.name for item in columns if item.past.sudden(item.values, known.nearest(item.name))}
    alone = len(sudden) <= max(1, _NEIGHBOURS * len(columns))
    found = [
        sign
        or (_jump(item) if alone and item.name in sudden else None)
        or _unit(item, reference, moved[item.name], others)
        for item, sign in zip(columns, signs, strict=True)
    ]
    told = {item.column for item in found if item and item.sure}
    left = [_left_neighbour(item, reference, current, known.before) for item in columns if item.name not in told]
    strange = [item for item in left if item]
    if len(strange) <= max(2, _NEIGHBOURS * len(columns)):
        best = {item.column: item for item in strange}
        found = [best.pop(item.column, item) if item else None for item in found] + list(best.values())
    return [item for item in found if item]


def _negative(column: _Column) -> Finding | None:
    """Find a number that was on one side of zero in all windows before, and is on the other now, as large as ever."""
    past, values = column.past, column.values
    if not past.known or past.low * past.high < 0:
        return None
    side = 1.0 if past.high > 0 else -1.0
    turned, least, most = -side * values, min(abs(past.low), abs(past.high)), max(abs(past.low), abs(past.high))
    span = most - least  # where files are sorted, each window goes a little farther
    inside = (turned >= least - span) & (turned <= most + span) & (turned > 0)
    if float(inside.mean()) < _TURNED:
        return None
    words = f"{column.name} looks like the opposite sign: {percent(float(inside.mean()))} of the values"
    detail = f"It lay between {past.low:.4g} and {past.high:.4g} in all windows before."
    number = Number(name=f"mean of {column.name}", value=float(values.mean()))
    return Finding(column.name, 1.0, words, detail, (number,), True, "turned")


def turned_back(known: Pasts) -> list[Finding]:
    """Find a number that grew, or fell, from window to window with the time, and is now back before all of them."""
    found = []
    for name in known.reference.calendar:
        then = known.reference.columns.get(name)
        if then is None or then.kind != "number" or then.mean is None or name not in known.frame.columns:
            continue
        values, past = known.numbers(name), known.of(name)
        if len(values) < FEWEST or not past.known:
            continue
        steps = np.diff([then.mean, *past.means[::-1]])
        mean, side = float(values.mean()), float(np.sign(steps[0]))
        if not side or not (steps * side > 0).all() or side * (mean - then.mean) >= 0:
            continue
        words = f"{name} followed the time in all windows before, and went back to a mean of {mean:.4g}"
        detail = (
            f"Its mean was {then.mean:.4g} in {known.reference.window}, and {past.means[0]:.4g} in the window before."
        )
        number = Number(name=f"mean of {name}", value=mean)
        found.append(Finding(name, 1.0, words, detail, (number,), True, "turned"))
    return found


def _jump(column: _Column) -> Finding | None:
    """Find a change of unit where a column moved as it never did, alone, and the change undone is in line with it."""
    past, rows = column.past, column.values
    near = past.nearest(rows)
    fits = []
    for text, factor, offset in UNITS:
        undone = (rows - offset) / factor
        left = past.nearest(undone)
        if left <= near / 2 and past.in_line(undone, left):
            fits.append((left, text, factor))
    if not fits:
        return None
    left, text, factor = min(fits)
    undone_words = f"from {percent(near)} to {percent(left)} of the rows"
    detail = (
        f"Undoing that takes the distance of {column.name} to the nearest window before {undone_words}."
        f" These windows were at most {percent(past.usual)} apart, and hardly another column moved."
    )
    number = percent_number(f"distance of {column.name}", near, better="lower")
    shaped = past.usual <= _SHAPED and left <= max(past.chance(len(rows)), past.usual)
    sure = shaped and _is_exact(column, factor)
    return Finding(column.name, near, f"{column.name} looks like {text}", detail, (number,), sure, "jump")


def _surely_moved(column: _Column, alpha: float) -> float:
    """Return how far a column moved, as a Kolmogorov-Smirnov distance; 0 where that may be chance."""
    if len(column.edges) < 3:
        return 0.0
    counts, now = _uncommon(column.counts, column.now)
    distance = _far_apart(counts, now)
    return distance if distance >= _MOVED and ks_p(distance, counts, now) < alpha else 0.0


def _left_neighbour(column: _Column, reference: Profile, current: Profile, before: Sequence[Profile]) -> Finding | None:
    """Find a change of unit where a column left its closest neighbour, and comes back beside it where it is undone."""
    place = beside(column.name, reference, current, before)
    mean, std = float(column.values.mean()), float(column.values.std())
    if place is None or not place.left(mean) or not column.past.out_of_step(mean):
        return None
    fits = []
    for text, factor, offset in UNITS:
        undone = (mean - offset) / factor
        distance = column.past.nearest((column.values - offset) / factor)
        if place.back(undone, std / abs(factor)) and distance <= column.past.nearest(column.values):
            fits.append((place.away(undone), text, factor))
    if not fits:
        return None
    left, text, factor = min(fits)
    spreads = f"from {place.away(mean):.1f} to {left:.1f} of its spreads"
    detail = f"Undoing that brings {column.name} beside {place.neighbour}, with which it goes: {spreads}."
    number = Number(name=f"spreads from {place.neighbour}", value=place.away(mean), better="lower")
    return Finding(
        column.name, 1.0, f"{column.name} looks like {text}", detail, (number,), _is_exact(column, factor), "jump"
    )


def _is_exact(column: _Column, factor: float) -> bool:
    """True where a change of unit is large, or took the values off what they were multiples of."""
    large = factor > 0 and max(factor, 1 / factor) >= _COARSE
    return large or not (_same_values(column) or (factor > 0 and _same_lattice(column)))


def _same_values(column: _Column) -> bool:
    """True where nearly all values are ones that the reference has: those of another unit are not."""
    return len(column.edges) < _BINS and float(np.isin(column.values, column.edges).mean()) >= _KNOWN


def _unit(column: _Column, reference: Profile, moved: float, others: int) -> Finding | None:
    """Find a change of unit that explains the window, all of it or a part, or a location no change explains."""
    then = reference.columns[column.name]
    if moved >= _MOVED:
        left, text, factor = _undone(column.values, column)
        chance = _left_by_chance(len(column.values), column)
        if left <= (_RESTORED if moved >= _FAR_MOVED else chance):
            small = factor > 0 and max(factor, 1 / factor) < _COARSE
            exact = not small or (left <= chance and others < _TOGETHER and _is_exact(column, factor))
            exact &= not column.past.known or column.past.sudden(column.values)
            undone = f"from {percent(moved)} to {percent(left)} of the rows"
            detail = f"Undoing that takes the distance of {column.name} to {reference.window} {undone}."
            number = percent_number(f"distance of {column.name}", moved, better="lower")
            return Finding(column.name, moved, f"{column.name} looks like {text}", detail, (number,), exact)
    part = _part(column, then, reference.window)
    return part or (_far(column, moved, reference.window) if moved >= _FAR_MOVED else None)


def _part(column: _Column, then: ColumnProfile, window: str) -> Finding | None:
    """Find a part of the rows in another unit: those outside the range that the reference has.

    It is sure where the rows together are a clean mixture, the other part being just as the reference was, and nothing
    lies between the two: a heavy tail has values there.
    """
    if then.minimum is None or then.maximum is None:
        return None
    beyond = (column.values < then.minimum) | (column.values > then.maximum)
    outside, inside = column.values[beyond], column.values[~beyond]
    share = len(outside) / len(column.values)
    if share < _PART or len(outside) < FEWEST:
        return None
    left, text, factor = _undone(outside, column)
    chance = _left_by_chance(len(outside), column, _SMALL_PART)
    if left > max(_CLEARLY, chance):
        return None
    clean = len(inside) < FEWEST or _distance(inside, column) <= _left_by_chance(len(inside), column)
    sure = clean and left <= chance and (factor <= 0 or _is_exact(column, factor)) and _apart(outside, then)
    message = f"{column.name} looks like {text} in {percent(share)} of the rows"
    number = percent_number(f"{column.name} out of range", share, allowed=f"below {percent(_PART)}", better="lower")
    detail = f"All of them lie outside the range of {window}."
    return Finding(column.name, share, message, detail, (number,), sure)


def _apart(outside: Array, then: ColumnProfile) -> bool:
    """True where few of the values out of range lie just beyond it, within one more range: a heavy tail has most there.

    Of values in another unit some may, namely those that were smallest.
    """
    assert then.minimum is not None
    assert then.maximum is not None
    span = then.maximum - then.minimum
    near = (outside <= then.maximum + span) & (outside >= then.minimum - span)
    return float(near.mean()) <= 0.5


def _same_lattice(column: _Column) -> bool:
    """True where old and new values are all multiples of one step, such as whole numbers: a unit leaves its step."""
    for step in (1.0, 0.5, 0.1, 0.01, 0.001, 0.0001, 0.00001):
        if all(_on(values, step) for values in (column.edges, column.values)):
            return True
        if _on(column.edges, step):
            return False
    return False


def _on(values: Array, step: float) -> bool:
    scaled = values / step
    return bool(len(values)) and bool(np.all(np.abs(scaled - np.round(scaled)) <= 1e-7 * np.maximum(1, np.abs(scaled))))


def _far(column: _Column, moved: float, window: str) -> Finding | None:
    below = np.cumsum(column.counts)
    low, middle, high = (float(column.edges[np.searchsorted(below, share * below[-1])]) for share in (0.05, 0.5, 0.95))
    spread, median = high - low, float(np.median(column.values))
    if spread > 0 and abs(median - middle) > _FAR * spread:
        message = f"{column.name} has a median of {median:.4g}, far from {middle:.4g} in {window}"
        number = Number(name=f"median of {column.name}", value=median)
        return Finding(column.name, moved, message, numbers=(number,), sure=False)
    return None


def _undone(values: Array, column: _Column) -> tuple[float, str, float]:
    """Return the smallest distance that undoing a change of unit leaves, that change, and its factor."""
    return min((_distance((values - offset) / factor, column), text, factor) for text, factor, offset in UNITS)


def _left_by_chance(rows: int, column: _Column, most: float = _CLEARLY) -> float:
    total = column.counts.sum()
    return float(min(most, 1.63 * ((rows + total) / (rows * total)) ** 0.5 + 0.01))


def _distance(values: Array, column: _Column) -> float:
    """Return the Kolmogorov-Smirnov distance at the bin edges, of the values other than the commonest."""
    now = np.bincount(np.searchsorted(column.edges, values, side="left"), minlength=len(column.counts)).astype(float)
    return _far_apart(*_uncommon(column.counts, now))


def _far_apart(counts: Array, now: Array) -> float:
    if counts.sum() < FEWEST or now.sum() < FEWEST:
        return 0.0
    return float(np.abs(np.cumsum(counts) / counts.sum() - np.cumsum(now) / now.sum()).max())


def _uncommon(counts: Array, now: Array) -> tuple[Array, Array]:
    """Return the rows then and now in each bin, without the commonest value.

    Zero stays zero in most units: where one value holds a large share, the others show the unit.
    """
    common = int(counts.argmax())
    if counts[common] > 0.2 * counts.sum() and now[common] > 0:
        return np.delete(counts, common), np.delete(now, common)
    return counts, now
