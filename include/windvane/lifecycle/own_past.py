"""A column's own past: how far it moved from window to window, and whether it moves now as it never did."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

from windvane.results import ColumnProfile, Profile

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


class OwnPast(NamedTuple):
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

    def nearest(self, values: Array) -> float:
        """Return the distance of a window's numbers to the nearest window before."""
        counts = counted(values, self.edges)
        return min(distance(counts, side) for side in self.sides)

    @property
    def usual(self) -> float:
        """The largest distance of an earlier window to the nearest other one."""
        found = []
        for place, side in enumerate(self.sides):
            others = [other for number, other in enumerate(self.sides) if number != place]
            found.append(min((distance(side, other) for other in others), default=1.0))
        return max(found[1:], default=1.0)

    @property
    def step(self) -> float:
        """The largest step of the mean from window to window."""
        return max((abs(one - other) for one, other in pairwise(self.means)), default=float("inf"))

    def sudden(self, values: Array) -> bool:
        """True where a window moved as none before it did."""
        if not self.known:
            return False
        near, chance = self.nearest(values), self.chance(len(values))
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

    def chance(self, rows: int) -> float:
        """Return the distance that chance alone leaves."""
        return float(_CHANCE * (1 / rows + 1 / max(1.0, float(self.sides[0].sum()))) ** 0.5)

    def _away(self, mean: float) -> float:
        return min((abs(mean - other) for other in self.means), default=0.0)


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
    sides = tuple(np.asarray(column.counts, dtype=float) for column in (then, *pasts))
    means = tuple(past.mean for past in pasts if past.mean is not None)
    lows = [column.minimum for column in (then, *pasts) if column.minimum is not None]
    highs = [column.maximum for column in (then, *pasts) if column.maximum is not None]
    return OwnPast(np.asarray(then.edges), sides, means, min(lows, default=0.0), max(highs, default=0.0))


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
        apart = distance if then.kind == "number" else _unlike
        here, *sides = (_spread(column, then) for column in (now, then, *pasts))
        rows = [float(side.sum()) for side in (here, *sides)]
        if min(rows) < 1:
            continue
        usual = max(
            min(apart(side, other) for number, other in enumerate(sides) if number != place)
            for place, side in enumerate(sides)
            if place
        )
        chance = _CHANCE * (1 / rows[0] + 1 / rows[1]) ** 0.5
        if min(apart(here, side) for side in sides) >= max(_SUDDEN, _TIMES * usual + chance):
            found.add(name)
    return found


def _spread(column: ColumnProfile, then: ColumnProfile) -> Array:
    if then.kind == "number":
        return np.asarray(column.counts, dtype=float)
    return np.array([*(column.categories.get(value, 0) for value in then.categories), column.other], dtype=float)


def _unlike(one: Array, other: Array) -> float:
    """Return the share of rows by which two spreads over values differ (total variation)."""
    return float(np.abs(one / one.sum() - other / other.sum()).sum() / 2)


def shares(value: float, column: ColumnProfile) -> float:
    """Return the share of a window's rows that are in the bin of a value."""
    place = int(np.searchsorted(np.asarray(column.edges), value, side="left"))
    total = float(sum(column.counts))
    return float(column.counts[place] / total) if total and place < len(column.counts) else 0.0


def counted(values: Array, edges: Array) -> Array:
    """Return the rows in each bin."""
    return np.bincount(np.searchsorted(edges, values, side="left"), minlength=len(edges) + 1).astype(float)


def distance(one: Array, other: Array) -> float:
    """Return the Kolmogorov-Smirnov distance of two spreads over the same bins."""
    if not one.sum() or not other.sum():
        return 0.0
    return float(np.abs(np.cumsum(one) / one.sum() - np.cumsum(other) / other.sum()).max())
