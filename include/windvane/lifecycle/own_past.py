"""A column's own past: how far it moved from window to window, and whether it moves now as it never did."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from windvane.results import ColumnProfile, Profile
from windvane.results.record import storable

Array = np.ndarray[Any, Any]

_PASTS = 3
"""Earlier windows that show how a column usually moves."""
_SUDDEN = 0.15
"""Least Kolmogorov-Smirnov distance to the nearest earlier window that is news."""
_TIMES, _STEPS, _FAR = 2.0, 3.0, 0.3
"""Times the usual distance, or steps of the mean at such a distance, from which a move is sudden."""
_BACK = 1.5
"""Times the usual distance within which a column is in line with its past."""
_CHANCE = 1.63
"""Times sqrt(1/n + 1/m): the Kolmogorov-Smirnov distance that chance exceeds in 1 % (Kolmogorov 1933)."""


@dataclass(frozen=True, eq=False)
class OwnPast:
    """How a number was spread in the reference and in the windows before, over the reference's bins.

    Args:
        edges: The inner ends of the bins.
        sides: Rows in each bin: of the reference, then of earlier windows, the newest first.
        means: Means of the earlier windows, the newest first.
        low: The least value of all of them.
        high: The largest.
    """

    edges: Array
    sides: tuple[Array, ...]
    means: tuple[float, ...]
    low: float = 0.0
    high: float = 0.0

    @property
    def known(self) -> bool:
        """True where enough earlier windows are known to say what is usual."""
        return len(self.means) >= _PASTS

    @cached_property
    def below(self) -> Array:
        """The share of the rows up to each bin, a row a side; those of a side without rows are not known."""
        return _below(np.stack(self.sides))

    def nearest(self, values: Array) -> float:
        """Return the distance of a window's numbers to the nearest window before."""
        return self.nearest_of(counted(values, self.edges))

    def nearest_of(self, counts: Array) -> float:
        """Return the distance of the rows in each bin to the nearest window before."""
        return float(np.min(_apart(_below(counts), self.below)))

    @cached_property
    def usual(self) -> float:
        """The largest distance of an earlier window to the nearest other one."""
        if len(self.sides) < 2:
            return 1.0
        apart = _apart(self.below[:, None], self.below[None])
        np.fill_diagonal(apart, np.inf)
        return float(apart[1:].min(axis=1).max())

    @cached_property
    def step(self) -> float:
        """The largest step of the mean from window to window."""
        return max((abs(one - other) for one, other in pairwise(self.means)), default=float("inf"))

    def sudden(self, values: Array, near: float | None = None) -> bool:
        """True where a window moved as none before it did.

        Args:
            values: The window's numbers.
            near: Their distance to the nearest window before, where it is known.
        """
        if not self.known:
            return False
        near, chance = self.nearest(values) if near is None else near, self.chance(len(values))
        if near < _SUDDEN:
            return False
        if near >= max(_SUDDEN, _TIMES * self.usual + chance):
            return True
        return near >= _FAR and self._away(float(values.mean())) > _STEPS * self.step

    def in_line(self, values: Array, left: float) -> bool:
        """True where a window's numbers, set right, are as near to those before as those were to each other."""
        allowed = max(self.chance(len(values)), _BACK * self.usual)
        noise = _CHANCE * 2 * float(values.std()) / max(1, len(values)) ** 0.5
        return left <= allowed and self._away(float(values.mean())) <= _BACK * self.step + noise

    def out_of_step(self, mean: float) -> bool:
        """True where a mean is farther from those before than they were from each other, one after the other."""
        return self.known and self._away(mean) > _BACK * self.step

    @cached_property
    def learned(self) -> float:
        """Rows of the reference."""
        return float(self.sides[0].sum())

    def chance(self, rows: int) -> float:
        """Return the distance that chance alone leaves."""
        return float(_CHANCE * (1 / rows + 1 / max(1.0, self.learned)) ** 0.5)

    def _away(self, mean: float) -> float:
        return min((abs(mean - other) for other in self.means), default=0.0)


class Pasts:
    """What the checks of a window's columns share: the values of each column, and its past, each worked out once.

    Args:
        frame: The window's rows.
        reference: Profile of the rows the champion was trained on.
        before: Those of earlier windows that were in order, in the reference's bins, the newest first.
    """

    def __init__(self, frame: pd.DataFrame, reference: Profile, before: Sequence[Profile] = ()) -> None:
        self.frame = frame
        self.reference = reference
        self.before = before
        self._numbers: dict[str, Array] = {}
        self._texts: dict[str, dict[str, int]] = {}
        self._pasts: dict[str, OwnPast] = {}
        self._counts: dict[str, Array] = {}
        self._nearest: dict[str, float] = {}

    def numbers(self, name: str) -> Array:
        """Return the finite values of a column; not to be changed."""
        if name not in self._numbers:
            values = self.frame[name]
            plain = values.dtype.kind in "fiu"
            known = (values if plain else pd.to_numeric(values, errors="coerce")).to_numpy(dtype=float)
            self._numbers[name] = known[np.isfinite(known)]
        return self._numbers[name]

    def texts(self, name: str) -> dict[str, int]:
        """Return the rows of each value of a column, as a profile keeps it, the commonest first; not to be changed."""
        if name not in self._texts:
            found: dict[str, int] = {}
            for value, count in self.frame[name].value_counts().items():
                kept = storable(str(value))
                found[kept] = found.get(kept, 0) + int(count)
            self._texts[name] = found
        return self._texts[name]

    def of(self, name: str) -> OwnPast:
        """Return a number's past."""
        if name not in self._pasts:
            self._pasts[name] = own_past(name, self.reference, self.before)
        return self._pasts[name]

    def nearest(self, name: str) -> float:
        """Return the distance of a number to the nearest window before."""
        if name not in self._nearest:
            self._nearest[name] = self.of(name).nearest_of(self.counts(name))
        return self._nearest[name]

    def counts(self, name: str) -> Array:
        """Return the rows of a number in each of the reference's bins; not to be changed."""
        if name not in self._counts:
            self._counts[name] = counted(self.numbers(name), self.of(name).edges)
        return self._counts[name]


def own_past(name: str, reference: Profile, before: Sequence[Profile]) -> OwnPast:
    """Return a number's past.

    Args:
        name: The column.
        reference: Profile of the rows the champion was trained on.
        before: Those of earlier windows that were in order, in the reference's bins, the newest first.
    """
    then = reference.columns[name]
    pasts = [past.columns[name] for past in before if name in past.columns]
    pasts = [past for past in pasts if past.edges == then.edges and any(past.counts)]
    sides = tuple(_floats(column.counts) for column in (then, *pasts))
    means = tuple(past.mean for past in pasts if past.mean is not None)
    lows = [column.minimum for column in (then, *pasts) if column.minimum is not None]
    highs = [column.maximum for column in (then, *pasts) if column.maximum is not None]
    return OwnPast(_floats(then.edges), sides, means, min(lows, default=0.0), max(highs, default=0.0))


def out_of_line(reference: Profile, current: Profile, before: Sequence[Profile]) -> set[str]:
    """Return the columns that are spread as in no window before: farther from each than those were from each other.

    Args:
        reference: Profile of the rows the champion was trained on.
        current: Profile of the window.
        before: Those of earlier windows that were in order, in the reference's bins, the newest first.
    """
    found = set()
    for name, then in reference.columns.items():
        pasts = [past.columns[name] for past in before if name in past.columns]
        now = current.columns.get(name)
        if now is None or len(pasts) < _PASTS:
            continue
        spreads = np.stack([_spread(column, then) for column in (now, then, *pasts)])
        rows = spreads.sum(axis=1)
        if rows.min() < 1:
            continue
        apart = _apart if then.kind == "number" else _unlike
        shares = _below(spreads) if then.kind == "number" else spreads / rows[:, None]
        near = float(apart(shares[0], shares[1:]).min())
        if near < _SUDDEN:
            continue
        between = apart(shares[1:, None], shares[None, 1:])
        np.fill_diagonal(between, np.inf)
        usual = float(between[1:].min(axis=1).max())
        chance = _CHANCE * (1 / rows[0] + 1 / rows[1]) ** 0.5
        if near >= max(_SUDDEN, _TIMES * usual + chance):
            found.add(name)
    return found


def _floats(values: Sequence[float]) -> Array:
    """Return an array of plain numbers, in a third of the time that numpy takes to look at each of them."""
    return np.frombuffer(array("d", values)) if values else np.empty(0)


def _spread(column: ColumnProfile, then: ColumnProfile) -> Array:
    if then.kind == "number":
        return _floats(column.counts)
    return np.array([*(column.categories.get(value, 0) for value in then.categories), column.other], dtype=float)


def _unlike(one: Array, other: Array) -> Array:
    """Return the share of rows by which spreads over values differ (total variation)."""
    return np.asarray(np.abs(one - other).sum(axis=-1) / 2)


def shares(value: float, column: ColumnProfile) -> float:
    """Return the share of a window's rows that are in the bin of a value."""
    place = int(np.searchsorted(np.asarray(column.edges), value, side="left"))
    total = float(sum(column.counts))
    return float(column.counts[place] / total) if total and place < len(column.counts) else 0.0


def counted(values: Array, edges: Array) -> Array:
    """Return the rows in each bin."""
    return np.bincount(np.searchsorted(edges, values, side="left"), minlength=len(edges) + 1).astype(float)


def _below(counts: Array) -> Array:
    total = counts.sum(axis=-1, keepdims=True)
    return np.asarray(np.cumsum(counts, axis=-1) / np.where(total, total, np.nan))


def _apart(one: Array, other: Array) -> Array:
    """Return the Kolmogorov-Smirnov distances of spreads; 0 where one has no rows."""
    return np.asarray(np.nan_to_num(np.abs(one - other).max(axis=-1)))


def distance(one: Array, other: Array) -> float:
    """Return the Kolmogorov-Smirnov distance of two spreads over the same bins."""
    if not one.sum() or not other.sum():
        return 0.0
    return float(np.abs(np.cumsum(one) / one.sum() - np.cumsum(other) / other.sum()).max())
