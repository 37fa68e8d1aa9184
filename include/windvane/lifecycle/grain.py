"""The grain of a number: the step that all its values are multiples of, such as whole numbers or cents.

A world that changes keeps it. Another unit does not: whole miles are no whole kilometres, and whole miles again once
they are divided by 1.609. This holds value by value, however a column is spread, so it tells another unit also where
every window is another world. It says nothing of columns without a grain.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import inf, log
from typing import Any

import numpy as np

from windvane.lifecycle.finding import FEWEST, Finding
from windvane.lifecycle.own_past import Pasts
from windvane.lifecycle.wording import percent
from windvane.results import ColumnProfile, Number

Array = np.ndarray[Any, Any]

_MOVED, _BEYOND = 0.15, 0.1
"""Least distance to all windows before, or share of the rows beyond the training's, to look at a column's grain."""
_EXPONENTS = range(3, -7, -1)
"""Powers of ten that are looked for as a grain, the coarsest first."""
_EXACT, _LONGEST = 1e-6, 1e8
"""Part of a step that rounding leaves, and steps beyond which it leaves more."""
_DISTINCT = 8
"""Distinct values, zero aside, below which a common step is chance."""
_MOST, _BACK = 0.95, 0.85
"""Share of the reference's values that make a grain, and of a window's that are back on it."""
_OFF = 0.2
"""Largest share of the values that may have the other unit's step without that unit: few multiples of a hundred are."""
_COARSE = 50.0
"""Factors from here on may be another rounding. So the size of the values must be right, too."""
_AS_LARGE = 3.0
"""Times the mean of a window before that a mean may be, once the unit is set right."""


def regrained(known: Pasts, units: Sequence[tuple[str, float, float]]) -> list[Finding]:
    """Find numbers whose values left their grain, all of them, and are on it where another unit is undone.

    Args:
        known: The values of the window's columns, and their past.
        units: Changes of unit that happen: name, factor, offset.
    """
    found = []
    for name, then in known.reference.columns.items():
        if then.kind != "number" or name not in known.frame.columns or len(then.edges) < _DISTINCT:
            continue
        values = known.numbers(name)
        if len(values) < FEWEST:
            continue
        counts = known.counts(name)  # beyond the training's values, all windows look alike
        if counts[0] + counts[-1] < _BEYOND * len(values) and known.nearest(name) < _MOVED:
            continue
        pasts = [then, *(past.columns[name] for past in known.before if name in past.columns)]
        item = _regrained(name, np.unique(values), float(values.mean()), pasts, units, known.reference.window)
        found += [item] if item else []
    return found


def grain(values: Array) -> float | None:
    """Return the largest power of ten, from 0.000001 to 1,000, that nearly all values are multiples of, if any."""
    return next((10.0**power for power in _EXPONENTS if float(_on(values, 10.0**power).mean()) >= _MOST), None)


def _regrained(
    name: str,
    values: Array,
    mean: float,
    pasts: Sequence[ColumnProfile],
    units: Sequence[tuple[str, float, float]],
    window: str,
) -> Finding | None:
    then = pasts[0]
    before = np.asarray(then.edges[1:])  # the first edge lies just below the least value
    before, values = before[before != 0], values[values != 0]
    if min(len(before), len(values)) < _DISTINCT:
        return None
    step = grain(before)
    if step is None:
        return None
    now, share = grain(values), float(_on(values, step).mean())
    fits = []
    for text, factor, offset in units:
        undone = (values - offset) / factor
        if factor < 0 or float(_on(undone, step).mean()) < _BACK:
            continue
        large = max(factor, 1 / factor) >= _COARSE
        if share > _OFF and not (large and float(_on((before - offset) / factor, step).mean()) <= _OFF):
            continue  # the values have the same step with and without the unit
        rounded = now is not None and not offset and bool(_on(np.array([now / factor]), step).all())
        gone, back = (_unlike(size, pasts) for size in (mean, (mean - offset) / factor))
        if not (large or rounded) or back <= log(_AS_LARGE) < gone:
            fits.append((back, text))
    if not fits:
        return None
    words = f"{name} looks like {min(fits)[1]}"
    detail = f"Undoing that brings all values back to multiples of {step:g}, as in {window}. Now {percent(share)} are."
    number = Number(name=f"mean of {name}", value=mean)
    return Finding(name, 1.0, words, detail, (number,), True, "regrained")


def _unlike(mean: float, pasts: Sequence[ColumnProfile]) -> float:
    """Return how far a mean is from the nearest one before, as the logarithm of their ratio."""
    sizes = [abs(past.mean) for past in pasts if past.mean]
    return min((abs(log(abs(mean) / size)) for size in sizes), default=inf) if mean else inf


def _on(values: Array, step: float) -> Array:
    """Return which values are multiples of a step, but for what rounding leaves."""
    scaled = values / step
    whole = np.abs(scaled - np.rint(scaled)) <= _EXACT
    return np.asarray(whole & (np.abs(scaled) <= _LONGEST))
