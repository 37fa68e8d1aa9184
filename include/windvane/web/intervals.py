"""Intervals of what records hold as sums and counts, without a library of statistics: pages are to open at once."""

from __future__ import annotations

import math
from statistics import NormalDist

_Z = NormalDist().inv_cdf(0.975)

Interval = tuple[float | None, float | None]
"""Lower and upper end at 95 %; None where there is none."""


def wilson(share: float | None, rows: int) -> Interval:
    """Return the interval of a share of independent rows (Wilson 1927); none of no rows."""
    if share is None or rows < 1:
        return None, None
    middle = (share + _Z**2 / (2 * rows)) / (1 + _Z**2 / rows)
    half = _Z / (1 + _Z**2 / rows) * math.sqrt(share * (1 - share) / rows + _Z**2 / (4 * rows**2))
    return max(0.0, middle - half), min(1.0, middle + half)


def of_sum(total: float, variance: float, rows: int, blocks: int) -> tuple[float, float | None, float | None]:
    """Return a mean and its interval by Student's t, from the sum of the rows and the sum's variance.

    Args:
        total: Sum over the rows.
        variance: Of that sum, with the dependence of rows within blocks in it.
        rows: At least 1.
        blocks: What the variance rests on; of fewer than two there is no interval.
    """
    mean = total / rows
    if blocks < 2 or variance <= 0:
        return mean, None, None
    half = student(blocks - 1) * math.sqrt(variance) / rows
    return mean, mean - half, mean + half


def student(freedom: int) -> float:
    """Return the 97.5 % quantile of Student's t (G. W. Hill 1970, Algorithm 396; exact for one and two degrees)."""
    if freedom == 1:
        return math.tan(0.975 * math.pi - math.pi / 2)
    if freedom == 2:
        return math.sqrt(2 / (0.05 * (2 - 0.05)) - 2)
    a = 1 / (freedom - 0.5)
    b = 48 / a**2
    c = ((20700 * a / b - 98) * a - 16) * a + 96.36
    d = ((94.5 / (b + c) - 3) / b + 1) * math.sqrt(a * math.pi / 2) * freedom
    y = (0.05 * d) ** (2 / freedom)
    if y > 0.05 + a:
        x = -_Z
        y = x * x
        if freedom < 5:
            c += 0.3 * (freedom - 4.5) * (x + 0.6)
        c = (((0.05 * d * x - 5) * x - 7) * x - 2) * x + b + c
        y = (((((0.4 * y + 6.3) * y + 36) * y + 94.5) / c - y - 3) / b + 1) * x
        y = math.expm1(a * y * y)
    else:
        y = (
            (1 / (((freedom + 6) / (freedom * y) - 0.089 * d - 0.822) * (freedom + 2) * 3) + 0.5 / (freedom + 4)) * y
            - 1
        ) * (freedom + 1) / (freedom + 2) + 1 / y
    return math.sqrt(freedom * y)
