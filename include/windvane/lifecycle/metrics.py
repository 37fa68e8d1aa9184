"""Metrics with 95 % intervals: means by standard error, AUC by DeLong, the rest by a seeded bootstrap."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import stats

from windvane.results import Estimate
from windvane.spec import METRICS

Array = np.ndarray[Any, Any]

_Z = float(stats.norm.ppf(0.975))
_TINY = 1e-15
_REPLICATES = 200
_BOOTSTRAP_ROWS = 20_000


def row_losses(metric: str, target: Array, scores: Array, classes: list[Any] | None = None) -> Array:
    """Return one value a row whose mean is the metric (for `additive` metrics).

    Args:
        metric: An additive metric's name.
        target: Outcomes, shape n (binary 0/1; multiclass labels; regression numbers).
        scores: Shape n, or n x k for multiclass.
        classes: Multiclass: the label of each score column.

    Returns:
        Shape n, in the metric's unit.
    """
    if scores.ndim == 2:
        hit = np.asarray(classes, dtype=object)[None, :] == target[:, None]
        if metric == "log_loss":
            return np.asarray(-np.log(np.clip((scores * hit).sum(axis=1), _TINY, 1.0)))
        if metric == "brier":
            return np.asarray(((scores - hit) ** 2).sum(axis=1))
        return np.asarray(hit[np.arange(len(target)), scores.argmax(axis=1)].astype(float))
    if metric == "log_loss":
        likelihood = np.where(target == 1, scores, 1.0 - scores)
        return np.asarray(-np.log(np.clip(likelihood, _TINY, 1.0)))
    if metric in ("brier", "mse"):
        return np.asarray((scores - target) ** 2)
    if metric == "accuracy":
        return np.asarray(((scores >= 0.5) == (target == 1)).astype(float))
    return np.asarray(np.abs(scores - target))


def estimate(metric: str, target: Array, scores: Array, classes: list[Any] | None, seed: int) -> Estimate:
    """Return a metric with its 95 % interval; the value is None where it is not defined (one class, no rows).

    Additive metrics: mean and normal interval. ROC AUC: DeLong, DeLong and Clarke-Pearson 1988, eq. 5, by the ranks
    of Sun and Xu 2014. Others: percentile bootstrap over rows (Efron 1979), 200 replicates.
    """
    rows = len(target)
    if rows < 2 or (metric in ("roc_auc", "average_precision") and len(np.unique(target)) < 2):
        return Estimate(metric=metric, value=None, rows=rows)
    if METRICS[metric].additive:
        losses = row_losses(metric, target, scores, classes)
        value, spread = float(losses.mean()), float(losses.std(ddof=1) / np.sqrt(rows)) * _Z
        return Estimate(metric=metric, value=value, low=value - spread, high=value + spread, rows=rows)
    if metric == "roc_auc":
        value, std_error = delong(target, scores)
        low, high = max(0.0, value - _Z * std_error), min(1.0, value + _Z * std_error)
        return Estimate(metric=metric, value=value, low=low, high=high, rows=rows)
    return _bootstrapped(metric, target, scores, seed)


def delong(target: Array, scores: Array) -> tuple[float, float]:
    """Return the ROC AUC and its standard error."""
    positive, negative = scores[target == 1], scores[target == 0]
    m, n = len(positive), len(negative)
    ranks = stats.rankdata(np.concatenate([positive, negative]))
    auc = (ranks[:m].sum() - m * (m + 1) / 2) / (m * n)
    among_positive = (ranks[:m] - stats.rankdata(positive)) / n
    among_negative = 1.0 - (ranks[m:] - stats.rankdata(negative)) / m
    variance = sum(float(part.var(ddof=1)) / len(part) for part in (among_positive, among_negative) if len(part) > 1)
    return float(auc), float(np.sqrt(variance))


def _bootstrapped(metric: str, target: Array, scores: Array, seed: int) -> Estimate:
    """Percentile bootstrap; above 20,000 rows on a seeded sample of that size, its width scaled to all rows."""
    rows = len(target)
    random = np.random.default_rng(seed)
    value = _point(metric, target, scores)
    kept = np.sort(random.choice(rows, _BOOTSTRAP_ROWS, replace=False)) if rows > _BOOTSTRAP_ROWS else np.arange(rows)
    some_target, some_scores = target[kept], scores[kept]
    draws = []
    for _ in range(_REPLICATES):
        chosen = random.integers(0, len(kept), len(kept))
        draws.append(_point(metric, some_target[chosen], some_scores[chosen]))
    finite = np.array([draw for draw in draws if draw is not None])
    if value is None or len(finite) < _REPLICATES / 2:
        return Estimate(metric=metric, value=value, rows=rows)
    shrink = np.sqrt(len(kept) / rows)
    middle = float(np.mean(finite))
    low, high = (value + (float(np.quantile(finite, share)) - middle) * shrink for share in (0.025, 0.975))
    return Estimate(metric=metric, value=value, low=low, high=high, rows=rows)


def _point(metric: str, target: Array, scores: Array) -> float | None:
    if metric == "rmse":
        return float(np.sqrt(np.mean((scores - target) ** 2)))
    if metric == "r2":
        total = float(((target - target.mean()) ** 2).sum())
        return 1.0 - float(((scores - target) ** 2).sum()) / total if total > 0 else None
    if metric == "calibration_error":
        return _calibration_error(target, scores)
    order = np.argsort(-scores, kind="stable")
    hits, ranked = target[order], scores[order]
    if not hits.any():
        return None
    last = np.append(np.flatnonzero(np.diff(ranked)), len(ranked) - 1)  # one threshold a distinct score
    found = np.cumsum(hits)[last]
    precision, gained = found / (last + 1), np.diff(found, prepend=0)
    return float((precision * gained).sum() / hits.sum())


def _calibration_error(target: Array, scores: Array) -> float:
    """Mean absolute gap of score and outcome over ten bins of equal count (Naeini et al. 2015, adaptive bins)."""
    bins = np.array_split(np.argsort(scores, kind="stable"), 10)
    gaps = [len(part) * abs(float(scores[part].mean() - target[part].mean())) for part in bins if len(part)]
    return sum(gaps) / len(target)
