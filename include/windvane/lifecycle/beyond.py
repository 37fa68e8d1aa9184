"""What a window's outcomes win back beyond what the champion could win on its own out-of-time reference already.

An estimator that underfits, or that weighs its classes, can be recalibrated with profit from its first day on. That is
no change of the world, and training it again wins nothing. So a window's best recalibration is compared with the one
that fits the reference: the champion's holdout, and the first windows that it scored and that were in order.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from scipy import stats

from windvane.lifecycle.recalibration import (
    Recoverable,
    as_they_are,
    best,
    chosen_of,
    derivatives,
    logits_of,
    row_loss,
)
from windvane.results import Recalibration
from windvane.spec import Task

Array = np.ndarray[Any, Any]

_LEVEL = 0.95


class _Fit(NamedTuple):
    """The best recalibration of some rows; losses of each row for any parameters, and the curvature of their mean."""

    parameters: Array
    covariance: Array
    hessian: Array
    rows: Any
    blocks: int


class _Rows(NamedTuple):
    """Rows whose scores may be recalibrated: logits and outcomes, or predictions and numbers."""

    table: Array
    hit: Array
    weights: Array
    linear: bool

    def losses(self, parameters: Array) -> Array:
        """Return each row's loss after a recalibration."""
        if self.linear:
            return np.asarray((self.hit - self.table @ parameters) ** 2)
        return row_loss(parameters, self.table, self.hit, self.weights)

    def derivatives(self, parameters: Array) -> tuple[Array, Array]:
        """Return each row's gradient, and the Hessian of the sum."""
        if self.linear:
            return -2 * (self.hit - self.table @ parameters)[:, None] * self.table, 2 * self.table.T @ self.table
        return derivatives(parameters, self.table, self.hit, self.weights)


def fitted(
    target: Array,
    scores: Array,
    task: Task,
    blocks: Array,
    classes: list[str] | None = None,
    basis: tuple[float, float] | None = None,
) -> Recalibration | None:
    """Return the recalibration that fits rows best, with its covariance; None where none can be fitted.

    The covariance is the sandwich of the gradients, summed within blocks first (White 1982; Liang and Zeger 1986).

    Args:
        target: Outcomes, shape n.
        scores: Probabilities (n, or n x k for multiclass) or predictions (n).
        task: The model's task.
        blocks: Shape n: rows with equal values may depend on each other. With one block, rows stand alone.
        classes: Multiclass: the label of each score column.
        basis: Regression: in whose terms the line is told; None takes these rows' own mean and spread.
    """
    if basis is None:
        spread = float(scores.std()) if task == "regression" and len(scores) else 1.0
        basis = (float(scores.mean()) if task == "regression" and len(scores) else 0.0, spread or 1.0)
    found = _fit(target, scores, task, blocks, classes, basis)
    if found is None:
        return None
    return Recalibration(
        parameters=tuple(found.parameters.tolist()),
        covariance=tuple(tuple(row) for row in found.covariance.tolist()),
        rows=len(target),
        blocks=found.blocks,
        basis=basis,
    )


def together(found: Sequence[Recalibration]) -> Recalibration:
    """Return one recalibration of several stretches of time, each weighted by how sure it is (Aitken 1935)."""
    if len(found) == 1:
        return found[0]
    sure = [np.linalg.pinv(np.asarray(item.covariance)) for item in found]
    covariance = np.linalg.pinv(np.sum(sure, axis=0))
    each = [weight @ np.asarray(item.parameters) for weight, item in zip(sure, found, strict=True)]
    return Recalibration(
        parameters=tuple((covariance @ np.sum(each, axis=0)).tolist()),
        covariance=tuple(tuple(row) for row in covariance.tolist()),
        rows=sum(item.rows for item in found),
        blocks=sum(item.blocks - 1 for item in found) + 1,
        basis=found[0].basis,
    )


def beyond(
    target: Array,
    scores: Array,
    task: Task,
    blocks: Array,
    reference: Recalibration,
    classes: list[str] | None = None,
) -> Recoverable | None:
    """Return what recalibrating on these rows wins beyond the recalibration that fits the reference.

    The p-value is that of equal parameters on both sides: Hotelling's T squared with unequal covariances and the
    degrees of freedom of Krishnamoorthy and Yu (2004, eq. 2.8). The gain is less what both estimates' noise makes of
    it: with curvature H and covariances V, `tr(H (V + V_ref)) / 2` was won by chance and `tr(H V) / 2` will be lost.

    Args:
        target: Outcomes, shape n.
        scores: Probabilities (n, or n x k for multiclass) or predictions (n).
        task: The model's task.
        blocks: Shape n: rows with equal values may depend on each other. With one block, rows stand alone.
        reference: What fits the champion's own reference.
        classes: Multiclass: the label of each score column.
    """
    own = _fit(target, scores, task, blocks, classes, reference.basis)
    then, noise = np.asarray(reference.parameters), np.asarray(reference.covariance)
    if own is None or len(then) != len(own.parameters):
        return None
    as_before, now = own.rows.losses(then), own.rows.losses(own.parameters)
    difference = as_before - now
    apart = then - own.parameters
    optimism = float(np.trace(own.hessian @ (2 * own.covariance + noise))) / 2
    gain = float(difference.mean()) - optimism
    sums = np.bincount(_groups(blocks), difference - difference.mean())
    slope = own.hessian @ apart
    variance = float((sums**2).sum()) * own.blocks / (own.blocks - 1) / len(target) ** 2
    std_error = float((variance + slope @ noise @ slope) ** 0.5)
    p_value = _equal(apart, (own.covariance, own.blocks), (noise, reference.blocks))
    width = len(own.parameters)
    unchanged = _unchanged(width, task, reference.basis)
    loss = float(own.rows.losses(unchanged).mean())
    low = gain - float(stats.t.ppf(_LEVEL, max(1, min(own.blocks, reference.blocks) - 1))) * std_error
    return Recoverable(loss, gain, std_error, low, p_value, len(target), own.blocks)


def _equal(apart: Array, one: tuple[Array, int], other: tuple[Array, int]) -> float:
    """Return the chance of such a distance of two estimates of the same parameters."""
    width, total = len(apart), one[0] + other[0]
    inverse = np.linalg.pinv(total)
    squared = float(apart @ inverse @ apart)
    shrunk = 0.0
    for covariance, blocks in (one, other):
        part = covariance @ inverse
        shrunk += (float(np.trace(part @ part)) + float(np.trace(part)) ** 2) / max(1, blocks - 1)
    freedom = (width + width**2) / shrunk if shrunk > 0 else 1.0
    left = freedom - width + 1
    if left <= 0:
        return 1.0
    return float(stats.f.sf(squared * left / (freedom * width), width, left))


def _fit(
    target: Array,
    scores: Array,
    task: Task,
    blocks: Array,
    classes: list[str] | None,
    basis: tuple[float, float],
) -> _Fit | None:
    if len(target) <= (scores.shape[-1] if task == "multiclass" else 2) + 1:
        return None
    if task == "regression":
        table = np.column_stack([(scores - basis[0]) / basis[1], np.ones(len(target))])
        rows = _Rows(table, target.astype(float), np.ones(len(target)), linear=True)
        parameters = np.linalg.lstsq(table, rows.hit, rcond=None)[0]
    else:
        if len(np.unique(target)) < 2:
            return None
        chosen, logits = chosen_of(target, task, classes), logits_of(scores, task)
        known = chosen >= 0
        hit = np.zeros(logits.shape)
        hit[np.flatnonzero(known), chosen[known]] = 1.0
        rows = _Rows(logits, hit, known.astype(float), linear=False)
        parameters, _, _ = best(chosen, logits)
    groups = _groups(blocks)
    count = int(groups.max()) + 1
    gradients, hessian = rows.derivatives(parameters)
    sums = np.column_stack([np.bincount(groups, column) for column in gradients.T])
    inverse = np.linalg.pinv(hessian)
    covariance = inverse @ (sums.T @ sums) @ inverse * count / (count - 1)
    if not np.isfinite(covariance).all():
        return None
    return _Fit(parameters, covariance, hessian / len(target), rows, count)


def _groups(blocks: Array) -> Array:
    groups = np.unique(blocks, return_inverse=True)[1]
    return np.arange(len(blocks)) if groups.max() == 0 else groups


def _unchanged(width: int, task: Task, basis: tuple[float, float]) -> Array:
    return np.array([basis[1], basis[0]]) if task == "regression" else as_they_are(width)
