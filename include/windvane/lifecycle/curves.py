"""Curves of a version on its holdout: calibration with intervals, ROC, and precision over recall, as few points."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy import stats

from windvane.lifecycle.metrics import Array, Sample
from windvane.lifecycle.metrics.bins import binned, wilson
from windvane.lifecycle.metrics.sample import broken
from windvane.results import Curve, CurvePoint

_BINS = 10
_POINTS = 40
"""Most points of a curve that has one for each score."""
_Z = float(stats.norm.ppf(0.975))


def curves(sample: Sample, of: str) -> tuple[Curve, ...]:
    """Return the curves of one side.

    Binary: calibration, ROC and precision-recall (Fawcett 2006; Davis and Goadrich 2006). Multiclass: calibration of
    the label that was chosen (Guo et al. 2017). Regression: the mean outcome over bins of the prediction.

    Args:
        sample: The rows, with the side's scores.
        of: The side: `own`, or the champion as `v3`.
    """
    if broken(sample):
        return ()
    if sample.task == "regression":
        return (_means(sample, of),)
    if sample.task == "multiclass":
        right = (sample.decided == sample.chosen).astype(np.int64)
        sample = replace(sample, task="binary", target=right, scores=sample.scores.max(axis=1), classes=None)
        return (_calibration(sample, of, np.argsort(-sample.scores, kind="stable")),)
    order = np.argsort(-sample.scores, kind="stable")
    both = 0 < float(sample.target.sum()) < sample.rows
    return (_calibration(sample, of, order), *(_ranking(sample, of, order) if both else ()))


def _calibration(sample: Sample, of: str, order: Array) -> Curve:
    bins = binned(sample, order)
    count = len(bins.share)
    weight = np.bincount(bins.bin, sample.counts, count)
    counted = weight**2 / np.bincount(bins.bin, sample.counts**2, count)
    error, _ = _errors(sample, bins.bin, sample.target - bins.outcome[bins.bin], count)
    plain = float((bins.outcome * (1 - bins.outcome) / counted).sum())
    # Over all bins: a bin of few groups that all came out alike would seem to have no error at all (Kish 1965)
    effect = max(1.0, float((error**2).sum()) / plain) if plain > 0 else 1.0
    low, high = wilson(bins.outcome, counted / effect, _Z)
    return Curve(
        kind="calibration",
        of=of,
        points=_binned(bins.score, bins.outcome, low, high, np.bincount(bins.bin, minlength=count)),
    )


def _means(sample: Sample, of: str) -> Curve:
    """Return the mean outcome over bins of equal count of the prediction, with its 95 % interval."""
    count = min(_BINS, max(1, sample.rows // 20))
    position = np.empty(sample.rows, dtype=np.int64)
    position[np.argsort(sample.scores, kind="stable")] = np.arange(sample.rows) * count // sample.rows
    weight = np.bincount(position, sample.counts, count)
    safe = np.where(weight > 0, weight, 1.0)
    score = np.bincount(position, sample.counts * sample.scores, count) / safe
    mean = np.bincount(position, sample.counts * sample.target, count) / safe
    error, quantile = _errors(sample, position, sample.target - mean[position], count)
    half = quantile * error
    rows = np.bincount(position, minlength=count)
    return Curve(kind="calibration", of=of, points=_binned(score, mean, mean - half, mean + half, rows))


def _errors(sample: Sample, position: Array, residual: Array, count: int) -> tuple[Array, Array]:
    """Return the standard error of each bin's mean, and the quantile of its t distribution.

    Of the ways in which rows depend on each other the widest counts, with as many degrees of freedom as the bin has
    groups, less one (Liang and Zeger 1986).
    """
    pull = sample.counts * residual
    weight = np.bincount(position, sample.counts, count)
    ways = [_way(pull**2, np.bincount(position, minlength=count), position, count)]
    for group in sample.groups:
        cell = group * count + position
        size = (int(group.max()) + 1) * count
        sums = np.bincount(cell, pull, size).reshape(-1, count)
        there = (np.bincount(cell, minlength=size) > 0).reshape(-1, count).sum(axis=0)
        ways.append(_way((sums**2).ravel(), there, np.tile(np.arange(count), len(sums)), count))
    squares, quantiles = (np.array(part) for part in zip(*ways, strict=True))
    widest = np.argmax(squares * quantiles**2, axis=0)
    at = (widest, np.arange(count))
    return np.sqrt(squares[at]) / np.where(weight > 0, weight, 1.0), quantiles[at]


def _way(squares: Array, groups: Array, position: Array, count: int) -> tuple[Array, Array]:
    """Return the variance of each bin's sum over its groups, and the quantile for that many groups."""
    freedom = np.maximum(groups - 1, 1)
    return np.bincount(position, squares, count) * groups / freedom, stats.t.ppf(0.975, freedom)


def _ranking(sample: Sample, of: str, order: Array) -> tuple[Curve, Curve]:
    scores, weight = sample.scores[order], sample.counts[order]
    ends = np.append(np.flatnonzero(np.diff(scores)), len(scores) - 1)  # rows of one score are one step
    hits = np.cumsum(weight * sample.target[order])[ends]
    taken = np.cumsum(weight)[ends]
    recall, misses = hits / hits[-1], taken - hits
    false = misses / misses[-1]
    precision = hits / np.where(taken > 0, taken, 1.0)
    roc = _thinned(np.append(0.0, false), np.append(0.0, recall))
    return (
        Curve(kind="roc", of=of, points=roc),
        Curve(kind="precision_recall", of=of, points=_thinned(recall, precision)),
    )


def _thinned(x: Array, y: Array) -> tuple[CurvePoint, ...]:
    """Return points that are evenly spread along the curve, its ends among them."""
    way = np.append(0.0, np.cumsum(np.abs(np.diff(x)) + np.abs(np.diff(y))))
    kept = np.unique(np.searchsorted(way, np.linspace(0.0, way[-1], _POINTS)).clip(0, len(x) - 1))
    return tuple(CurvePoint(x=_short(x[place]), y=_short(y[place])) for place in np.union1d(kept, [0, len(x) - 1]))


def _binned(x: Array, y: Array, low: Array, high: Array, rows: Array) -> tuple[CurvePoint, ...]:
    return tuple(
        CurvePoint(x=_short(one), y=_short(other), low=_short(least), high=_short(most), rows=int(number))
        for one, other, least, most, number in zip(x, y, low, high, rows, strict=True)
        if number
    )


def _short(value: float) -> float:
    """Return a value to seven digits: more is no evidence, and would only fill the record."""
    return float(f"{value:.7g}")
