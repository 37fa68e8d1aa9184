"""Metrics that are a mean of one number a row."""

from __future__ import annotations

from typing import Any

import numpy as np

from windvane.lifecycle.metrics.sample import Array, Sample
from windvane.spec import quantile_of

_TINY = float(np.finfo(np.float64).eps)
"""Probabilities are kept this far from 0 in logarithms, as in scikit-learn."""


def row_losses(metric: str, target: Array, scores: Array, classes: list[Any] | None = None) -> Array:
    """Return one value a row whose mean is the metric (for `additive` metrics of a plain sample).

    Args:
        metric: An additive metric's name.
        target: Outcomes, shape n (binary 0/1; multiclass labels; regression numbers).
        scores: Shape n, or n x k for multiclass.
        classes: Multiclass: the label of each score column.

    Returns:
        Shape n, in the metric's unit.
    """
    task: Any = "multiclass" if scores.ndim == 2 else "binary"
    labels = None if classes is None else tuple(str(label) for label in classes)
    return losses(metric, Sample(task, target, scores, labels))


def losses(metric: str, sample: Sample) -> Array:
    """Return one value a row whose weighted mean is the metric."""
    if metric == "expected_cost":
        return _costs(sample)
    if sample.scores.ndim == 2:
        return _multiclass(metric, sample)
    target, scores = sample.target, sample.scores
    if metric == "log_loss":
        return log_losses(target, scores)
    if metric in ("brier", "mse"):
        return np.asarray((scores - target) ** 2)
    if metric == "accuracy":
        return np.asarray(sample.decided == target).astype(float)
    quantile = quantile_of(metric)
    if quantile is not None:
        gap = target - scores
        return np.asarray(np.maximum(quantile * gap, (quantile - 1) * gap))
    return np.asarray(np.abs(scores - target))


def log_losses(target: Array | int, scores: Array) -> Array:
    """Return the log loss of each row, binary."""
    likelihood = np.where(np.asarray(target) == 1, scores, 1.0 - scores)
    return np.asarray(-np.log(np.clip(likelihood, _TINY, 1.0)))


def _multiclass(metric: str, sample: Sample) -> Array:
    chosen, scores = sample.chosen, sample.scores
    known = chosen >= 0
    own = np.where(known, scores[np.arange(sample.rows), np.maximum(chosen, 0)], 0.0)
    if metric == "log_loss":
        return np.asarray(-np.log(np.clip(own, _TINY, 1.0)))
    if metric == "brier":
        return np.asarray((scores**2).sum(axis=1) - 2 * own + known)
    return np.asarray(chosen == sample.decided).astype(float)


def _costs(sample: Sample) -> Array:
    labels = sample.classes if sample.scores.ndim == 2 else ("0", "1")
    assert labels is not None
    outcomes = sorted({*labels, *sample.costs})
    table = np.array([[sample.costs.get(outcome, {}).get(label, 0.0) for label in labels] for outcome in outcomes])
    if sample.scores.ndim == 2:
        place = {outcome: index for index, outcome in enumerate(outcomes)}
        free = len(outcomes)  # an outcome that costs nothing whatever is decided
        table = np.vstack([table, np.zeros(len(labels))])
        values, inverse = np.unique(sample.target.astype(str), return_inverse=True)
        rows = np.array([place.get(value, free) for value in values])[inverse]
    else:
        rows = np.array([outcomes.index("0"), outcomes.index("1")])[sample.target.astype(np.int64)]
    return np.asarray(table[rows, sample.decided])
