"""Two-sample tests from counts, valid from 50 rows to millions, with ties, zeros and small error rates.

All condition on the pooled rows: which of them belong to the window is a draw without replacement when nothing moved.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import special, stats

Array = np.ndarray[Any, Any]

_REFINED = 0.05
"""Normal tails smaller than this are computed by saddlepoint; larger ones decide nothing."""
_STEPS = 60
_SMALLEST = 1e-3
"""Smallest share of a Newton step that is tried."""
_LARGE = 1000
"""Effective size above which the limiting distribution is exact for all purposes."""
_EXACT_ROWS = 10_000
"""Largest sample for the exact distribution of the Kolmogorov-Smirnov distance (scipy's own limit)."""


def ks_p(distance: float, then: Array, now: Array) -> float:
    """Return the p-value of a two-sample Kolmogorov-Smirnov distance of counts in shared bins.

    Exact by counting lattice paths (Hodges 1958, as `scipy.stats.ks_2samp`) where it matters and is affordable;
    else by the one-sample distribution at the effective size, rounded down, and above 1,000 by its limit with the
    correction of Stephens 1970, section 2. Ties make it conservative.
    """
    rows = float(then.sum()), float(now.sum())
    effective = rows[0] * rows[1] / (rows[0] + rows[1])
    if effective > _LARGE:
        root = effective**0.5
        return min(1.0, float(special.kolmogorov((root + 0.12 + 0.11 / root) * distance)))
    p_value = float(stats.kstwo.sf(distance, max(1, int(effective))))
    if p_value < _REFINED and max(rows) <= _EXACT_ROWS and min(rows) <= _EXACT_ROWS / 10:
        places = np.arange(len(then))
        first, second = (np.repeat(places, side.astype(np.int64)) for side in (then, now))
        p_value = float(stats.ks_2samp(first, second, method="exact").pvalue)
    return min(1.0, p_value)


def rank_p(scores: Array, then: Array, now: Array) -> float:
    """Return the two-sided p-value of the sum of scores of the window's rows, a permutation test.

    The tail is a double saddlepoint approximation (Skovgaard 1987, eq. 3.3; for permutations Booth and Butler 1990),
    with the sum moved towards its mean by half the step next to the commonest value, since sums of tied values jump.

    Args:
        scores: The score of each bin, shape k.
        then: Reference rows in each bin, shape k.
        now: Window rows in each bin, shape k.
    """
    total = then + now
    used = total > 0
    scores, total, drawn = scores[used], total[used], now[used]
    rows, window = float(total.sum()), float(drawn.sum())
    if len(scores) < 2 or window in (0.0, rows) or rows < 3:
        return 1.0
    centred = scores - float((scores * total).sum()) / rows
    observed = float((centred * drawn).sum())
    spread = float((centred**2 * total).sum()) / (rows - 1)
    error = (spread * window * (1 - window / rows)) ** 0.5
    if error <= 0:
        return 1.0
    commonest = int(total.argmax())
    gaps = np.abs(np.diff(np.sort(scores)))
    place = int(np.searchsorted(np.sort(scores), scores[commonest]))
    near = gaps[max(0, place - 1) : place + 1]
    observed = np.sign(observed) * max(0.0, abs(observed) - float(near[near > 0].min(initial=np.inf)) / 2)
    normal = 2 * float(stats.norm.sf(abs(observed) / error))
    if normal >= _REFINED or not np.isfinite(observed):
        return min(1.0, normal) if np.isfinite(observed) else 1.0
    return min(1.0, 2 * _tail(centred * np.sign(observed) / error, total, window, abs(observed) / error))


def _tail(scores: Array, total: Array, window: float, observed: float) -> float:
    """Return the chance that the scores of a draw of `window` rows sum to `observed` (above the mean) or more."""
    rows = float(total.sum())
    share = window / rows
    tilt = np.zeros(2)

    def cumulant(at: Array) -> tuple[float, Array]:
        power = at[0] + at[1] * scores
        raised = np.logaddexp(np.log1p(-share), np.log(share) + power)
        return float((total * raised).sum()), np.exp(np.log(share) + power - raised)

    value, chance = cumulant(tilt)
    target = np.array([window, observed])
    for _ in range(_STEPS):
        weight = total * chance * (1 - chance)
        gradient = np.array([(total * chance).sum(), (total * chance * scores).sum()]) - target
        cross = float((weight * scores).sum())
        hessian = np.array([[weight.sum(), cross], [cross, (weight * scores**2).sum()]])
        determinant = float(np.linalg.det(hessian))
        if not determinant > 0:
            break
        step = np.linalg.solve(hessian, gradient)
        scale, tried = 1.0, tilt - step
        fresh, fresh_chance = cumulant(tried)
        while fresh - tried @ target > value - tilt @ target + 1e-12 and scale > _SMALLEST:
            scale /= 4
            tried = tilt - scale * step
            fresh, fresh_chance = cumulant(tried)
        tilt, value, chance = tried, fresh, fresh_chance
        if float(np.abs(gradient).max()) < 1e-9 * max(1.0, window):
            break
    depth = 2 * float(tilt @ target - value)
    if depth <= 1e-12:
        return 0.5
    root = depth**0.5
    weight = total * chance * (1 - chance)
    cross = float((weight * scores).sum())
    spread = float(weight.sum() * (weight * scores**2).sum()) - cross**2
    bound = float(np.exp(-depth / 2))
    if not spread > 0:  # at the end of what is possible: Chernoff's bound
        return bound
    slope = float(tilt[1]) * (spread / (rows * share * (1 - share))) ** 0.5
    found = float(stats.norm.sf(root) + stats.norm.pdf(root) * (1 / slope - 1 / root))
    return found if 0 < found <= bound else bound


def share_p(then: Array, then_rows: int, now: Array, now_rows: int) -> Array:
    """Return two-sided exact p-values that shares are equal (Fisher 1935; twice the smaller tail), shape as `now`.

    Shares within one standard error of each other have 1: they decide nothing, and need no tail.
    """
    total, rows = then + now, then_rows + now_rows
    expected = total * (now_rows / rows)
    apart = np.abs(now - expected) > np.sqrt(np.maximum(expected * (1 - total / rows) * (then_rows / rows), 0.0))
    found = np.ones(len(now))
    if apart.any():
        low = stats.hypergeom.cdf(now[apart], rows, total[apart], now_rows)
        high = stats.hypergeom.sf(now[apart] - 1, rows, total[apart], now_rows)
        found[apart] = np.minimum(1.0, 2 * np.minimum(low, high))
    return found


def table_p(cells: Array) -> float:
    """Return the p-value of Pearson's chi-square on a 2 x k table under fixed margins.

    A gamma distribution with the exact mean and variance of the statistic (Dawson 1954) in place of chi-square's own.
    """
    rows, columns = cells.sum(axis=1), cells.sum(axis=0)
    total, width = float(cells.sum()), len(columns)
    if width < 2 or rows.min() <= 0 or total <= 4:
        return 1.0
    expected = rows[:, None] * columns / total
    statistic = float(((cells - expected) ** 2 / expected).sum())
    mean = total * (width - 1) / (total - 1)
    left = (total - 2) / (total - 1), (total * float((1 / rows).sum()) - 4) / (total - 2)
    right = (width - 1) * (total - width) / (total - 1), (total * float((1 / columns).sum()) - width**2) / (total - 2)
    variance = 2 * total / (total - 3) * (left[0] - left[1]) * (right[0] - right[1])
    variance += total**2 / (total - 1) * left[1] * right[1]
    if not variance > 0:
        return 1.0
    return float(stats.gamma.sf(statistic, mean**2 / variance, scale=variance / mean))
