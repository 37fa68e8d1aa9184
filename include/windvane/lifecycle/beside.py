"""A column beside its closest neighbour: what follows a trend or a season moves with others, and a fault moves alone.

The mean of a number, in spreads of the reference, is held against that of the number it goes with most. Where both
follow the time of year, the difference stays near zero. Another unit, or the opposite sign, moves one of them only.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from windvane.results import ColumnProfile, Profile

_CLOSE = 0.6
"""Least rank correlation of a neighbour."""
_TIMES, _LEAST, _BACK, _NOISE = 3.0, 0.5, 1.5, 0.2
"""Times the largest difference of an earlier window, and spreads, beyond which a column has left its neighbour; the
same within which it is beside it."""
_PASTS = 3


class Beside(NamedTuple):
    """How far a number's mean is from where its neighbour's puts it.

    Args:
        neighbour: The other column.
        expected: Where the neighbour puts the mean, in spreads of the reference from its mean.
        usual: The largest difference of an earlier window.
        then: The number in the reference.
    """

    neighbour: str
    expected: float
    usual: float
    then: ColumnProfile

    def away(self, mean: float) -> float:
        """Return the difference, in spreads of the reference."""
        return abs(_place(mean, self.then) - self.expected)

    def left(self, mean: float) -> bool:
        """True where a mean is farther away than in any window before."""
        return self.away(mean) > _TIMES * self.usual + _LEAST

    def back(self, mean: float, std: float) -> bool:
        """True where a mean, set right, is where the neighbour puts it, and the spread is like it was."""
        spread = self.then.std or 0.0
        return self.away(mean) <= _BACK * self.usual + _NOISE and 0.5 * spread <= std <= 2.0 * spread


def beside(name: str, reference: Profile, current: Profile, before: Sequence[Profile]) -> Beside | None:
    """Return where a number's closest neighbour puts it; None where it has none, or too little is known.

    Args:
        name: The column.
        reference: Profile of the rows the champion was trained on.
        current: Profile of the window.
        before: Those of earlier windows that were in order.
    """
    near = [item for item in reference.links if name in (item.first, item.second) and abs(item.rank or 0.0) >= _CLOSE]
    if not near or len(before) < _PASTS:
        return None
    link = max(near, key=lambda item: (abs(item.rank or 0.0), item.first, item.second))
    other = link.second if link.first == name else link.first
    side = 1.0 if (link.rank or 0.0) > 0 else -1.0
    then, that = reference.columns[name], reference.columns[other]
    pairs = [(past.columns.get(name), past.columns.get(other)) for past in before]
    gaps = [
        abs(_place(one.mean, then) - side * _place(two.mean, that))
        for one, two in pairs
        if one is not None and two is not None and one.mean is not None and two.mean is not None
    ]
    now = current.columns.get(other)
    if len(gaps) < _PASTS or now is None or now.mean is None or not then.std or not that.std:
        return None
    return Beside(other, side * _place(now.mean, that), max(gaps), then)


def _place(mean: float, then: ColumnProfile) -> float:
    return (mean - (then.mean or 0.0)) / then.std if then.std else 0.0
