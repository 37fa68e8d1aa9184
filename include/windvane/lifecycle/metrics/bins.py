"""Calibration error: the mean absolute gap of score and outcome over bins of equal count."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import stats

from windvane.lifecycle.metrics.sample import Array, Sample

_BINS = (10, 5, 3, 2, 1)
_EVENTS = 10
"""Fewest outcomes of the rarer class a bin, on average."""


@dataclass(frozen=True)
class Bins:
    """Scores and outcomes by bin.

    Args:
        bin: Shape n.
        share: Weight share of each bin.
        score: Mean score of each bin.
        outcome: Mean outcome of each bin.
    """

    bin: Array
    share: Array
    score: Array
    outcome: Array

    @property
    def gap(self) -> Array:
        """Mean score less mean outcome."""
        return self.score - self.outcome


def binned(sample: Sample, order: Array) -> Bins:
    """Cut the rows into ten bins of equal count by score, fewer where a bin would have too few outcomes of a class.

    Args:
        sample: The rows.
        order: The rows, the highest score first.
    """
    rarer = min(int(sample.target.sum()), int(sample.rows - sample.target.sum()))
    count = next((bins for bins in _BINS if bins * _EVENTS <= rarer), 1)
    position = np.empty(sample.rows, dtype=np.int64)
    position[order[::-1]] = np.arange(sample.rows) * count // sample.rows
    weight = sample.counts
    total = np.bincount(position, weight, count)
    safe = np.where(total > 0, total, 1.0)
    score = np.bincount(position, weight * sample.scores, count) / safe
    outcome = np.bincount(position, weight * sample.target, count) / safe
    return Bins(position, total / sample.total, score, outcome)


def calibration_error(sample: Sample, bins: Bins) -> tuple[float, Array]:
    """Return the error (Naeini et al. 2015, with bins of equal count) and the rows' influences, bins held fixed."""
    value = float((bins.share * np.abs(bins.gap)).sum())
    return value, np.sign(bins.gap)[bins.bin] * (sample.scores - sample.target) - value


def calibration_interval(sample: Sample, bins: Bins, inflation: float, quantile: float) -> tuple[float, float]:
    """Return a 95 % interval of the calibration error.

    Each bin's rate has a Wilson interval; MOVER (Zou and Donner 2008, eq. 5) puts the bins' deviations together. The
    absolute value of a gap that is really 0 is too large by its noise, so a gap well within its own error counts
    less. The lower end is 0 unless a chi-square test says at 2.5 % that some gap is there: an interval must be able to
    hold 0.

    Args:
        sample: The rows.
        bins: The same rows by bin.
        inflation: How much larger the variance is than that of independent, equally weighted rows.
        quantile: Of the normal or t distribution, two-sided 95 %.
    """
    count = len(bins.share)
    rows = np.bincount(bins.bin, minlength=count).astype(float)
    events = np.bincount(bins.bin, sample.target, count)
    rarer = np.minimum(events, rows - events)
    spread = _within(bins, sample.target - sample.scores, rows)
    plain = _within(bins, sample.target.astype(float), rows)
    ratio = (rarer * np.divide(spread, plain, out=np.ones(count), where=plain > 0) + 5) / (rarer + 5)
    low, high = wilson(bins.outcome, rows / ratio / inflation, quantile)
    half = (high - low) / 2 / quantile
    size = np.abs(bins.gap)
    message = float((bins.share * (size - half * np.exp(-(size**2) / (2 * (0.3 * half) ** 2)))).sum())
    above, below = bins.outcome - low, high - bins.outcome
    over = bins.gap > 0
    up = float(np.sqrt(((bins.share * np.where(over, above, below)) ** 2).sum()))
    down = float(np.sqrt(((bins.share * np.where(over, below, above)) ** 2).sum()))
    sure = stats.chi2.sf(float(((bins.gap / half) ** 2).sum()), count) < 0.025
    return (max(0.0, message - down) if sure else 0.0), max(0.0, message + up)


def wilson(share: Array, rows: Array, quantile: float) -> tuple[Array, Array]:
    """Return the score interval of a proportion (Wilson 1927)."""
    z2 = quantile**2 / rows
    middle = (share + z2 / 2) / (1 + z2)
    half = np.sqrt(np.maximum(share * (1 - share), 0.0) * z2 + z2**2 / 4) / (1 + z2)
    return np.maximum(middle - half, 0.0), np.minimum(middle + half, 1.0)


def _within(bins: Bins, values: Array, rows: Array) -> Array:
    """Return the variance of values within each bin."""
    safe = np.maximum(rows, 1)
    mean = np.bincount(bins.bin, values, len(rows)) / safe
    return np.asarray(np.bincount(bins.bin, (values - mean[bins.bin]) ** 2, len(rows)) / safe)
