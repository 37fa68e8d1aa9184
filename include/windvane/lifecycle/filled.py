"""Filled columns: one value in place of what it was, in all rows of a column or in many."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from windvane.lifecycle.checks.saying import percent_number
from windvane.lifecycle.finding import FEWEST, Finding
from windvane.lifecycle.own_past import Pasts, counted, distance, shares
from windvane.lifecycle.wording import percent
from windvane.results import ColumnProfile
from windvane.results.record import storable

Array = np.ndarray[Any, Any]

_MORE = 0.3
"""Rise of one value's share, beyond any window before, from which it was filled in."""
_VARIED = 0.9
"""Largest share of one value in the windows before, where a column of nothing else is stuck."""
_BEYOND = 0.1
"""Share of an earlier window's rows beyond the reference's values, from which new values are usual."""
_TIMES = 3.0
"""Times the largest rise from window to window that a rise must be."""
_REST = 1.63
_PASTS = 3
_OTHERS = 0.2
"""Largest share of new values in a window before, where one in half of the rows is no world's."""
_SEVERAL, _IN_ORDER = 3, 1.5
"""Other values of a column that follows the time, and runs of each, among which a default lies."""
_HALF, _FREE = 0.5, 0.05
"""A value in half of the rows was filled in, where no value had more than one in twenty."""


def filled(known: Pasts) -> list[Finding]:
    """Find columns in which one value took the place of the others.

    It is sure where that is all there is, or where what is left is spread as it was: a default was filled in.

    Args:
        known: The values of the window's columns, and their past.
    """
    reference, found = known.reference, []
    for name, then in reference.columns.items():
        if name not in known.frame.columns or then.hashed:
            continue
        if name in reference.calendar:
            pasts = [past.columns[name] for past in known.before if name in past.columns]
            item = _among(name, known.frame[name], [then, *pasts], reference.window)
            found += [item] if item else []
            continue
        number = then.kind == "number"
        share = _largest(known.numbers(name)) if number else _commonest(known.texts(name))
        if share < _MORE:
            continue  # no rise can be as large
        pasts = [past.columns[name] for past in known.before if name in past.columns]
        pasts = [past for past in pasts if past.edges == then.edges and set(past.categories) == set(then.categories)]
        if number:
            item = _number(name, known.numbers(name), then, pasts, reference.window)
        else:
            item = _category(name, known.texts(name), then, pasts, reference.window)
        found += [item] if item else []
    return found


def _among(name: str, values: pd.Series[Any], pasts: Sequence[ColumnProfile], window: str) -> Finding | None:
    """Find a value among those of a column that follows the time: without its rows it still does, with them not.

    In all rows it is stuck, where no value had more than a few rows before.
    """
    codes, distinct = pd.factorize(values)
    codes = codes[codes >= 0]
    if len(codes) < FEWEST:
        return None
    counts = np.bincount(codes)
    place = int(counts.argmax())
    share = float(counts[place] / len(codes))
    if share < _MORE:
        return None
    if share < 1:
        rest = codes[codes != place]
        expected = 2 * share * len(rest)  # runs of rows that lie among each other by chance (Wald and Wolfowitz 1940)
        several = len(np.unique(rest))
        if several < _SEVERAL or _runs(codes) < _HALF * expected or _runs(rest) > _IN_ORDER * several:
            return None
    elif len(pasts) <= _PASTS or max(_most(past) for past in pasts) > _FREE:
        return None
    value = distinct[place]
    if share - max(_usually(value, past) for past in pasts) < _MORE:
        return None
    shown = f"{value:.4g}" if isinstance(value, float) else repr(value)
    words = f"{name} is {shown} in {percent(share)} of the rows"
    others = ", and the other values still do: these rows lie among them" if share < 1 else ""
    detail = f"It follows the time in {window}{others}."
    number = percent_number(f"{name} at one value", share, allowed=f"a rise below {percent(_MORE)}", better="lower")
    return Finding(name, share, words, detail, (number,), True, "among")


def _usually(value: Any, past: ColumnProfile) -> float:
    """Return the largest share that a value may have had."""
    if past.kind == "number":
        return _held(float(value), past)
    return past.categories.get(storable(str(value)), 0) / max(1, past.rows - past.missing)


def _runs(codes: Array) -> int:
    return 1 + int((codes[1:] != codes[:-1]).sum())


def _largest(values: Array) -> float:
    """Return the share of the commonest value, or less where it is too small to matter."""
    if len(values) < FEWEST:
        return 0.0
    ordered = np.sort(values)
    apart = max(1, int(_MORE * len(ordered)) - 1)
    if not (ordered[apart:] == ordered[:-apart]).any():
        return 0.0  # no value fills so many places
    return float(np.unique(ordered, return_counts=True)[1].max() / len(ordered))


def _commonest(counts: dict[str, int]) -> float:
    return max(counts.values(), default=0) / max(1, sum(counts.values()))


def _number(
    name: str, known: Array, then: ColumnProfile, pasts: Sequence[ColumnProfile], window: str
) -> Finding | None:
    if len(known) < FEWEST or not sum(then.counts):
        return None
    distinct, counts = np.unique(known, return_counts=True)
    value, share = distinct[counts.argmax()], float(counts.max() / len(known))
    before = [_held(value, column) for column in (then, *pasts)]
    rest = counted(known[known != value], np.asarray(then.edges))
    sides = [_without(np.asarray(column.counts, dtype=float), value, then) for column in (then, *pasts)]
    most = [_most(column) for column in (then, *pasts)]
    inside = all(_outside(column, then) <= _BEYOND for column in pasts)
    return _told(name, f"{value:.4g}", share, before, rest, sides, most, window, inside=inside)


def _category(
    name: str, counts: dict[str, int], then: ColumnProfile, pasts: Sequence[ColumnProfile], window: str
) -> Finding | None:
    rows = sum(counts.values())
    if rows < FEWEST or not then.categories:
        return None
    value = max(counts, key=lambda key: (counts[key], key))
    if value not in then.categories:
        return _fresh(name, value, counts[value] / rows, [then, *pasts], window)
    totals = [max(1, column.rows - column.missing) for column in (then, *pasts)]
    pairs = list(zip((then, *pasts), totals, strict=True))
    before = [column.categories.get(value, 0) / total for column, total in pairs]
    names = [key for key in then.categories if key != value]
    rest = np.array([counts.get(key, 0) for key in names] or [0], dtype=float)
    sides = [np.array([column.categories.get(key, 0) for key in names] or [0], dtype=float) for column, _ in pairs]
    most = [max(column.categories.values(), default=0) / total for column, total in pairs]
    return _told(name, repr(value), counts[value] / rows, before, rest, sides, most, window)


def _fresh(name: str, value: str, share: float, sides: Sequence[ColumnProfile], window: str) -> Finding | None:
    """Find a value never seen in half of the rows, where none had more than a few; others are looked at elsewhere."""
    others = max(column.other / max(1, column.rows - column.missing) for column in sides)
    if len(sides) <= _PASTS or share < _HALF or max(map(_most, sides)) > _FREE or others > _OTHERS:
        return None
    words = f"{name} is {value!r} in {percent(share)} of the rows"
    detail = f"It was never so in {window}, where no value had more than {percent(max(map(_most, sides)))} of the rows."
    number = percent_number(f"{name} at one value", share, allowed=f"below {percent(_HALF)}", better="lower")
    return Finding(name, share, words, detail, (number,), True, "among")


def _told(
    name: str,
    value: str,
    share: float,
    before: Sequence[float],
    rest: Array,
    sides: Sequence[Array],
    most: Sequence[float],
    window: str,
    *,
    inside: bool = True,
) -> Finding | None:
    """Return what a value's share is, where it is news.

    Args:
        name: The column.
        value: The commonest value, as text.
        share: Its share.
        before: Its share in the reference and in earlier windows.
        rest: The other rows, by value or bin.
        sides: The other rows of the reference and of earlier windows.
        most: The largest share of one value in each of them.
        window: The reference's.
        inside: Whether earlier windows had hardly a value beyond the reference's: else each may bring new ones.
    """
    rise = share - max(before)
    enough = len(sides) > _PASTS
    stuck = share == 1.0 and max(most) <= _VARIED
    sure_stuck = share == 1.0 and max(most) <= (_HALF if enough else _FREE)
    usual = max(before) - min(before)
    if not stuck and rise < max(_MORE, _TIMES * usual):
        return None
    left = min((distance(rest, side) for side in sides if side.sum()), default=1.0)
    rows = float(rest.sum())
    chance = _REST * (1 / max(1.0, rows) + 1 / max(1.0, float(sides[0].sum()))) ** 0.5
    same = rows >= FEWEST and left <= chance
    spread = max((min(distance(one, two) for two in sides if two is not one) for one in sides[1:]), default=0.0)
    same |= rows >= FEWEST and left <= 1.5 * spread
    sure_stuck |= share == 1.0 and enough and 1.0 - max(most) >= _TIMES * (max(most) - min(most))
    fresh = (inside and max(before) == 0.0) or (share >= _HALF and max(most) <= _FREE)
    sure = sure_stuck or (enough and (same or fresh)) or (max(most) <= _FREE and (share >= _VARIED or same))
    words = f"{name} is {value} in {percent(share)} of the rows"
    detail = f"It was so in {percent(before[0])} in {window}, and in at most {percent(max(before))} of a window since."
    detail += " The other values are spread as they were." if same else ""
    number = percent_number(f"{name} at one value", share, allowed=f"a rise below {percent(_MORE)}", better="lower")
    return Finding(name, share, words, detail, (number,), sure, "stuck")


def _held(value: float, column: ColumnProfile) -> float:
    """Return the most rows that may have had a value before: all of its bin, unless nothing was there."""
    outside = column.minimum is None or column.maximum is None or not column.minimum <= value <= column.maximum
    return 0.0 if outside else shares(value, column)


def _most(column: ColumnProfile) -> float:
    """Return the largest share of a value; the outermost bins hold many values, unless there is only one."""
    if column.kind == "category":
        return max([*column.categories.values(), 0]) / max(1, column.rows - column.missing)
    total = max(1, sum(column.counts))
    if column.minimum is not None and column.minimum == column.maximum:
        return 1.0
    return max(column.counts[1:-1], default=0) / total


def _outside(column: ColumnProfile, then: ColumnProfile) -> float:
    """Return the share of a window's rows beyond all values of the reference."""
    ends = (column.counts[0], column.counts[-1]) if len(column.counts) > 1 else (0,)
    return sum(ends) / max(1, sum(column.counts)) if then.edges else 0.0


def _without(counts: Array, value: float, then: ColumnProfile) -> Array:
    counts = counts.copy()
    counts[int(np.searchsorted(np.asarray(then.edges), value, side="left"))] = 0.0
    return counts
