"""From influences to errors, where rows may have weights and may depend on each other."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import stats

from windvane.lifecycle.metrics.sample import Array, Sample

FEWEST_GROUPS = 10
"""With fewer groups of dependent rows, errors by groups are too small to be trusted (Cameron and Miller 2015, VI)."""

_ALONE = 1e-12
"""A group beside which the others weigh no more than this has no error of its own: its sum is zero."""

TAIL = 0.025
"""Chance of either bound of a two-sided 95 % interval being wrong."""


@dataclass(frozen=True)
class Spread:
    """The sums that the error of a weighted mean of influences is made of.

    Args:
        variance: Of the estimate, robust to dependence within groups: CR2 (Pustejovsky and Tipton 2018).
        skew: Third over second moment of the groups' sums, over the total weight.
        degrees: Of the variance, see `_of_groups`; number of rows less one where no groups are declared.
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
    if sample.groups:
        shared = float((ones[way] * twos[way]) @ _inflation(sample, way)) / sample.total**2
    else:
        count = sample.rows
        shared = float(ones[way] @ twos[way]) * count / max(count - 1, 1) / sample.total**2
    return found, _widest(twos, sample)[0], shared


def _sums(influence: Array, sample: Sample) -> list[Array]:
    """Return the weighted influences, summed within the groups of each way that rows depend on each other."""
    parts = influence if sample.weights is None else influence * sample.weights
    return [np.bincount(group, parts) for group in sample.groups] or [parts]


def _widest(ways: list[Array], sample: Sample) -> tuple[Spread, int]:
    found = [
        _of_groups(sums, sample, way) if sample.groups else _of_rows(sums, sample) for way, sums in enumerate(ways)
    ]
    way = max(range(len(found)), key=lambda index: found[index].variance * found[index].quantile ** 2)
    return found[way], way


def too_few_groups(sample: Sample) -> str:
    """Return why errors by groups cannot be trusted, or nothing."""
    least = min((int((_weights(sample, way) > 0).sum()) for way in range(len(sample.groups))), default=FEWEST_GROUPS)
    if least >= FEWEST_GROUPS or not sample.rows:
        return ""
    return f"its rows fall into {least} dependent groups, fewer than the {FEWEST_GROUPS} that an error needs"


def _of_rows(parts: Array, sample: Sample) -> Spread:
    """Return the spread where rows are independent: the robust variance of a mean, with n / (n - 1)."""
    count = len(parts)
    squares = parts * parts
    second, third = float(squares.sum()), float(squares @ parts)
    variance = second * count / max(count - 1, 1) / sample.total**2
    return Spread(variance, third / second / sample.total if second > 0 else 0.0, max(count - 1.0, 1.0), False)


def _of_groups(sums: Array, sample: Sample, way: int) -> Spread:
    """Return the spread where rows of a group depend on each other.

    The variance is CR2, the bias-reduced one. For a weighted mean, and a working model of independent rows whose
    variance is inverse to their weight, it has a closed form: with h the groups' shares of the weight, and s the
    groups' sums, `sum s^2 / (1 - h)`. The degrees of freedom are Satterthwaite's (1946), twice the squared mean of
    that variance over its own variance. They are the fewer ones of two: those of the working model (Pustejovsky and
    Tipton 2018), which are few where sizes differ, and those by the fourth moment of the sums (the variance of a
    variance: O'Neill 2014), which are few where a few groups carry the error.
    """
    adjusted = sums * sums * _inflation(sample, way)
    second, count = float(adjusted.sum()), len(sums)
    if second <= 0:
        return Spread(0.0, 0.0, max(count - 1.0, 1.0), True)
    squares = sums * sums
    share = _weights(sample, way) / sample.total
    pull = share**2 * _inflation(sample, way)
    by_size = 1 / float((share**2).sum() + pull.sum() ** 2 - (pull**2).sum())
    kurtosis = count * float(adjusted @ adjusted) / second**2
    by_moment = 2 * count / (kurtosis - (count - 3) / (count - 1)) if count > 1 else 1.0
    skew = float(squares @ sums) / float(squares.sum()) / sample.total
    return Spread(second / sample.total**2, skew, max(min(by_size, by_moment), 1.0), True)


def _weights(sample: Sample, way: int) -> Array:
    """Return the weight of each group."""
    return np.bincount(sample.groups[way], sample.weights)


def _inflation(sample: Sample, way: int) -> Array:
    """Return by how much a group's squared sum is too small: the group pulls the mean towards itself."""
    left = 1 - _weights(sample, way) / sample.total
    return np.where(left > _ALONE, 1 / np.maximum(left, _ALONE), 1.0)
