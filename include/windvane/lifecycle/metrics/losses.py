"""Metrics that are a mean of one number a row."""

from __future__ import annotations

from typing import Any

import numpy as np

from windvane.errors import BrokenPlugin
from windvane.lifecycle.metrics.sample import Array, Sample
from windvane.spec.metrics import kind_of_metric

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
    """Return one value a row whose weighted mean is the metric.

    Raises:
        BrokenPlugin: The package that brings the metric says neither what a row loses nor how to measure it.
    """
    found = kind_of_metric(metric).losses(metric, sample)
    if found is None:
        cause = f"the package that brings the metric {metric!r} says neither what a row loses nor how to measure it"
        raise BrokenPlugin(cause, "see how a metric is written in CONTRIBUTING.md; update the package")
    return np.asarray(found)


def squared_errors(sample: Sample) -> Array:
    """Return the squared distance of each score to its outcome."""
    return np.asarray((sample.scores - sample.target) ** 2)


def absolute_errors(sample: Sample) -> Array:
    """Return the distance of each score to its outcome."""
    return np.asarray(np.abs(sample.scores - sample.target))


def quantile_losses(sample: Sample, quantile: float) -> Array:
    """Return the pinball loss of each row."""
    gap = sample.target - sample.scores
    return np.asarray(np.maximum(quantile * gap, (quantile - 1) * gap))


def hits(sample: Sample) -> Array:
    """Return 1 for each row that was decided right, else 0."""
    outcome = sample.chosen if sample.scores.ndim == 2 else sample.target
    return np.asarray(sample.decided == outcome).astype(float)


def log_losses(target: Array | int, scores: Array) -> Array:
    """Return the log loss of each row, binary."""
    likelihood = np.where(np.asarray(target) == 1, scores, 1.0 - scores)
    return np.asarray(-np.log(np.clip(likelihood, _TINY, 1.0)))


def log_losses_of_classes(sample: Sample) -> Array:
    """Return the log loss of each row, several classes."""
    own, _ = _own_scores(sample)
    return np.asarray(-np.log(np.clip(own, _TINY, 1.0)))


def squared_errors_of_classes(sample: Sample) -> Array:
    """Return the squared distance of each row's scores to what came, summed over the classes."""
    own, known = _own_scores(sample)
    return np.asarray((sample.scores**2).sum(axis=1) - 2 * own + known)


def _own_scores(sample: Sample) -> tuple[Array, Array]:
    """Return the score of the class that came, and whether it is one of the scored."""
    known = sample.chosen >= 0
    own = sample.scores[np.arange(sample.rows), np.maximum(sample.chosen, 0)]
    return np.where(known, own, 0.0), known


def costs(sample: Sample) -> Array:
    """Return what each row's decision costs."""
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
