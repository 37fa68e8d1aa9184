"""From influences to errors, where rows may have weights and may depend on each other."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import stats

from windvane.lifecycle.metrics.sample import Array, Sample

FEWEST_GROUPS = 10
"""With fewer groups of dependent rows, errors by groups are too small to be trusted (Cameron and Miller 2015, VI)."""

TAIL = 0.025
"""Chance of either bound of a two-sided 95 % interval being wrong."""


@dataclass(frozen=True)
class Spread:
    """The sums that the error of a weighted mean of influences is made of.

    Args:
        variance: Of the estimate, robust to dependence within groups (Liang and Zeger 1986, eq. 5, with G / (G - 1)).
        skew: Third over second moment of the groups' sums, over the total weight.
        degrees: Number of groups less one; rows are groups of their own where nothing is declared.
        clustered: Whether groups were declared.
        tail: Chance of either bound of an interval being wrong.
    """

    variance: float
    skew: float
    degrees: float
    clustered: bool
    tail: float = TAIL

    @property
    def quantile(self) -> float:
        """Of Student's t, for bounds that are each wrong with a chance of `tail`."""
        return float(stats.t.isf(self.tail, self.degrees))

    @property
    def normal(self) -> float:
        """The same of the normal distribution."""
        return float(stats.norm.isf(self.tail))


def spread(influence: Array, sample: Sample) -> Spread:
    """Return the spread of an estimate; where rows depend on each other in two ways, the wider one."""
    return _widest(_sums(influence, sample), sample)[0]


def joint(first: Array, second: Array, sample: Sample) -> tuple[Spread, Spread, float]:
    """Return the spreads of two estimates on the same rows, and their covariance.

    The covariance follows the grouping of rows in which the first estimate varies most.
    """
    ones, twos = _sums(first, sample), _sums(second, sample)
    found, way = _widest(ones, sample)
    count = len(ones[way])
    shared = float(ones[way] @ twos[way]) * count / max(count - 1, 1) / sample.total**2
    return found, _widest(twos, sample)[0], shared


def _sums(influence: Array, sample: Sample) -> list[Array]:
    """Return the weighted influences, summed within the groups of each way that rows depend on each other."""
    parts = influence if sample.weights is None else influence * sample.weights
    return [np.bincount(group, parts) for group in sample.groups] or [parts]


def _widest(ways: list[Array], sample: Sample) -> tuple[Spread, int]:
    found = [_one(sums, sample.total, clustered=bool(sample.groups)) for sums in ways]
    way = max(range(len(found)), key=lambda index: found[index].variance)
    return found[way], way


def too_few_groups(sample: Sample) -> str:
    """Return why errors by groups cannot be trusted, or nothing."""
    least = min((int(group.max()) + 1 for group in sample.groups if len(group)), default=FEWEST_GROUPS)
    if least >= FEWEST_GROUPS:
        return ""
    return f"its rows fall into {least} dependent groups, fewer than the {FEWEST_GROUPS} that an error needs"


def _one(sums: Array, total: float, *, clustered: bool) -> Spread:
    count = len(sums)
    squares = sums * sums
    second, third = float(squares.sum()), float(squares @ sums)
    variance = second * count / max(count - 1, 1) / total**2
    return Spread(variance, third / second / total if second > 0 else 0.0, max(count - 1.0, 1.0), clustered)
