"""Curves of a version on its holdout: calibration with intervals, ROC, and precision over recall, as few points."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from windvane.lifecycle.metrics import Array, Sample
from windvane.lifecycle.metrics.bins import binned, wilson
from windvane.lifecycle.metrics.errors import spread, too_few_groups
from windvane.lifecycle.metrics.intervals import inflation
from windvane.lifecycle.metrics.measure import Cache
from windvane.lifecycle.metrics.ranking import Ranked
from windvane.lifecycle.metrics.sample import broken
from windvane.results import Curve, CurvePoint

_BINS = 10
_FEWEST = 20
"""Rows that a bin of predictions needs."""
_POINTS = 40
"""Most points of a curve that has one for each score."""


def curves(sample: Sample, of: str, cache: Cache | None = None) -> tuple[Curve, ...]:
    """Return the curves of one side.

    Binary: calibration, ROC and precision-recall (Fawcett 2006; Davis and Goadrich 2006). Multiclass: calibration of
    the label that was chosen (Guo et al. 2017). Regression: the mean outcome over bins of the prediction.

    Args:
        sample: The rows, with the side's scores.
        of: The side: `own`, or the champion as `v3`.
        cache: Of this very sample, which metrics were taken of.
    """
    if broken(sample):
        return ()
    if sample.task == "regression":
        return (_means(sample, of),)
    if sample.task == "multiclass":
        right = (sample.decided == sample.chosen).astype(np.int64)
        sample = replace(sample, task="binary", target=right, scores=sample.scores.max(axis=1), classes=None)
        return (_calibration(sample, of, Cache(sample).ranked()),)
    sort = (cache or Cache(sample)).ranked()
    both = min(sort.positive.sum(), sort.negative.sum()) > 0
    return (_calibration(sample, of, sort), *(_ranking(sort, of) if both else ()))


def _calibration(sample: Sample, of: str, sort: Ranked) -> Curve:
    """Return each bin's share of outcomes, with Wilson's interval on as many rows as the bins together are worth."""
    bins = binned(sample, sort.order)
    rows = np.bincount(bins.bin, minlength=len(bins.share))
    if too_few_groups(sample):
        return Curve(kind="calibration", of=of, points=_binned(bins.score, bins.outcome, None, rows))
    error = spread(sample.scores - sample.target - bins.gap[bins.bin], sample)
    ends = wilson(bins.outcome, rows / inflation(sample, bins), error.quantile)
    return Curve(kind="calibration", of=of, points=_binned(bins.score, bins.outcome, ends, rows))


def _means(sample: Sample, of: str) -> Curve:
    """Return the mean outcome over bins of equal count of the prediction, with its 95 % interval."""
    count = min(_BINS, max(1, sample.rows // _FEWEST))
    position = np.empty(sample.rows, dtype=np.int64)
    position[np.argsort(sample.scores, kind="stable")] = np.arange(sample.rows) * count // sample.rows
    weight = np.bincount(position, sample.counts, count)
    safe = np.where(weight > 0, weight, 1.0)
    score, mean = (np.bincount(position, sample.counts * part, count) / safe for part in (sample.scores, sample.target))
    rows = np.bincount(position, minlength=count)
    if too_few_groups(sample):
        return Curve(kind="calibration", of=of, points=_binned(score, mean, None, rows))
    pull = (sample.target - mean[position]) * sample.total / safe[position]  # the influence on the mean of its own bin
    errors = [spread(np.where(position == place, pull, 0.0), sample) for place in range(count)]
    half = np.array([error.quantile * np.sqrt(error.variance) for error in errors])
    return Curve(kind="calibration", of=of, points=_binned(score, mean, (mean - half, mean + half), rows))


def _ranking(sort: Ranked, of: str) -> tuple[Curve, Curve]:
    hits, misses = np.cumsum(sort.positive), np.cumsum(sort.negative)
    recall, false = hits / hits[-1], misses / misses[-1]
    some = hits + misses > 0  # rows that weigh nothing come first
    precision = hits[some] / (hits + misses)[some]
    roc = _thinned(np.append(0.0, false), np.append(0.0, recall))
    ranked = _thinned(recall[some], precision)
    return Curve(kind="roc", of=of, points=roc), Curve(kind="precision_recall", of=of, points=ranked)


def _thinned(x: Array, y: Array) -> tuple[CurvePoint, ...]:
    """Return points that are evenly spread along the curve, its ends among them."""
    way = np.append(0.0, np.cumsum(np.abs(np.diff(x)) + np.abs(np.diff(y))))
    kept = np.unique(np.searchsorted(way, np.linspace(0.0, way[-1], _POINTS)).clip(0, len(x) - 1))
    return tuple(CurvePoint(x=_short(x[place]), y=_short(y[place])) for place in np.union1d(kept, [0, len(x) - 1]))


def _binned(x: Array, y: Array, ends: tuple[Array, Array] | None, rows: Array) -> tuple[CurvePoint, ...]:
    spans: list[dict[str, float]] = [{} for _ in x]
    if ends is not None:
        spans = [{"low": _short(low), "high": _short(high)} for low, high in zip(*ends, strict=True)]
    return tuple(
        CurvePoint(x=_short(one), y=_short(other), rows=int(number), **span)
        for one, other, number, span in zip(x, y, rows, spans, strict=True)
        if number
    )


def _short(value: float) -> float:
    """Return a value to seven digits: more is no evidence, and would only fill the record."""
    return float(f"{value:.7g}")
