"""When a trial is ended early: only where it is surely worse than the best one on the same rows.

Source: asymptotic confidence sequences, Waudby-Smith, Arbour, Sinha, Kennedy and Ramdas (2024), "Time-uniform central
limit theory and asymptotic confidence sequences", Annals of Statistics 52(6), equation 8. Their bound holds at all
times at once, so that looking after each fold costs nothing.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from windvane.results import FoldLoss

ALPHA = 0.02
"""Chance that a trial that is no worse is ended, over all its folds."""
_LEAST = 20
"""Fewest pieces: the bound holds in the limit."""
_BEST_AT = 50.0
"""Number of pieces at which the bound is tightest."""


class Beside(NamedTuple):
    """A trial beside another one on the pieces that both were judged on.

    Args:
        difference: Its mean loss less the other's; positive is worse.
        low: Lower bound of that at all times.
        pieces: How many pieces there are.
    """

    difference: float
    low: float
    pieces: int

    @property
    def surely_worse(self) -> bool:
        """True when even the lower bound is above 0."""
        return self.low > 0


def beside(own: Sequence[FoldLoss], other: Sequence[FoldLoss]) -> Beside:
    """Compare two trials on the folds that both have.

    Args:
        own: The folds of the first one.
        other: The folds of the second one.
    """
    known = {fold.fold: fold for fold in other}
    both = [(fold, known[fold.fold]) for fold in own if fold.fold in known]
    if not both:
        return Beside(0.0, -math.inf, 0)
    apart = np.concatenate([np.subtract(mine.pieces, theirs.pieces) for mine, theirs in both])
    weights = np.concatenate([mine.weights for mine, _ in both])
    mean = float(np.average(apart, weights=weights))
    count = len(apart)
    if count < _LEAST:
        return Beside(mean, -math.inf, count)
    scaled = apart * weights / weights.mean()
    return Beside(mean, mean - _width(float(scaled.std(ddof=1)), count), count)


def _width(deviation: float, count: int) -> float:
    """Return half the width of the confidence sequence after `count` pieces."""
    level = 2 * ALPHA  # of the two sides, one counts
    rho2 = (-2 * math.log(level) + math.log(-2 * math.log(level) + 1)) / _BEST_AT
    inside = 2 * (count * rho2 + 1) / (count**2 * rho2) * math.log(math.sqrt(count * rho2 + 1) / level)
    return deviation * math.sqrt(inside)
