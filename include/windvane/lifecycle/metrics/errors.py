"""From influences to errors, where rows may have weights and may depend on each other."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import stats

from windvane.lifecycle.metrics.sample import Array, Sample

FEWEST_GROUPS = 10
"""With fewer groups of dependent rows, errors by groups are too small to be trusted (Cameron and Miller 2015, VI)."""


@dataclass(frozen=True)
class Spread:
    """The sums that the error of a weighted mean of influences is made of.

    Args:
        variance: Of the estimate, robust to dependence within groups (Liang and Zeger 1986, eq. 5, with G / (G - 1)).
        skew: Third over second moment of the groups' sums, over the total weight.
        degrees: Number of groups less one; rows are groups of their own where nothing is declared.
        clustered: Whether groups were declared.
    """

    variance: float
    skew: float
    degrees: float
    clustered: bool

    @property
    def quantile(self) -> float:
        """Of Student's t, two-sided 95 %."""
        return float(stats.t.ppf(0.975, self.degrees))


def spread(influence: Array, sample: Sample) -> Spread:
    """Return the spread of an estimate; where rows depend on each other in two ways, the wider one."""
    parts = influence if sample.weights is None else influence * sample.weights
    if not sample.groups:
        return _one(parts, sample.total, clustered=False)
    ways = [np.bincount(group, parts) for group in sample.groups]
    return max((_one(sums, sample.total, clustered=True) for sums in ways), key=lambda found: found.variance)


def covariance(first: Array, second: Array, sample: Sample) -> float:
    """Return the covariance of two estimates on the same rows, by the grouping that makes the first vary most."""
    one = first if sample.weights is None else first * sample.weights
    two = second if sample.weights is None else second * sample.weights
    pairs = [(np.bincount(group, one), np.bincount(group, two)) for group in sample.groups] or [(one, two)]
    sums = max(pairs, key=lambda pair: _one(pair[0], sample.total, clustered=True).variance)
    count = len(sums[0])
    return float((sums[0] * sums[1]).sum()) * count / max(count - 1, 1) / sample.total**2


def too_few_groups(sample: Sample) -> str:
    """Return why errors by groups cannot be trusted, or nothing."""
    least = min((int(group.max()) + 1 for group in sample.groups if len(group)), default=FEWEST_GROUPS)
    if least >= FEWEST_GROUPS:
        return ""
    return f"its rows fall into {least} dependent groups, fewer than the {FEWEST_GROUPS} that an error needs"


def _one(sums: Array, total: float, *, clustered: bool) -> Spread:
    count = len(sums)
    second = float((sums**2).sum())
    third = float((sums**3).sum())
    variance = second * count / max(count - 1, 1) / total**2
    return Spread(variance, third / second / total if second > 0 else 0.0, max(count - 1.0, 1.0), clustered)
