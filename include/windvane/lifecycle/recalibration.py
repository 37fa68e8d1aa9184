"""Recalibration: the champion's scores, corrected on a window's own outcomes, and how much loss that wins back.

It needs no second model, and it answers in the unit that matters: loss. It is no measure of what training again gains:
an estimator that underfits, or weighs its classes, can be recalibrated from its first day on (see `beyond.py`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import stats

from windvane.spec import Task

Array = np.ndarray[Any, Any]

_CLIP = 1e-6
"""Probabilities are kept this far from 0 and 1, so that their logarithms are finite."""
_BOUND = 20.0
"""Largest slope or bias: separable outcomes have no finite best one."""
_STEPS = 50
_SCALES = (1.0, 0.5, 0.25, 0.1, 0.03, 0.01)
"""Shares of a Newton step that are tried, until one lowers the loss."""
_TOLERANCE = 1e-12
"""Improvement of the mean loss at which the search ends."""
_LEVEL = 0.95


@dataclass(frozen=True)
class Recoverable:
    """What a recalibration on the window's own outcomes wins back, in the loss's unit.

    Args:
        loss: The champion's mean loss, scores clipped at 1e-6.
        gain: Mean loss won back, less the optimism of fitting and judging on the same rows.
        std_error: Of the gain, robust to dependence within blocks.
        low: One-sided 95 % lower end of the gain.
        p_value: Chance of such a gain where the champion is as good as new.
        rows: Number of rows.
        blocks: Number of blocks.
    """

    loss: float
    gain: float
    std_error: float
    low: float
    p_value: float
    rows: int
    blocks: int

    @property
    def share(self) -> float:
        """The gain as a share of the loss."""
        return self.gain / self.loss if self.loss > 0 else 0.0

    @property
    def low_share(self) -> float:
        """The lower end as a share of the loss."""
        return self.low / self.loss if self.loss > 0 else 0.0


def recoverable(
    target: Array, scores: Array, task: Task, blocks: Array, classes: list[str] | None = None
) -> Recoverable | None:
    """Return how much loss a recalibration wins back; None where there is nothing to fit (one class, too few rows).

    Binary: logistic regression of the outcome on the score's logit, two parameters (Cox 1958; Platt 1999).
    Multiclass: a bias a class and one temperature (Guo et al. 2017, bias-corrected temperature scaling).
    Regression: the least-squares line of the outcome on the prediction. The in-sample gain is less p / n for a
    log-likelihood (Akaike 1974) and 2 p s^2 / n for a squared error (Mallows 1973), p being the number of parameters.
    The standard error sums rows within blocks first (Liang and Zeger 1986); the lower end is Student's t with one
    degree of freedom less than blocks.

    Args:
        target: Outcomes, shape n.
        scores: Probabilities (n, or n x k for multiclass) or predictions (n).
        task: The model's task.
        blocks: Shape n: rows with equal values may depend on each other. With one block, rows stand alone.
        classes: Multiclass: the label of each score column.
    """
    parameters = {"binary": 2, "regression": 2, "multiclass": scores.shape[-1]}[task]
    if len(target) <= parameters + 1 or (task != "regression" and len(np.unique(target)) < 2):
        return None
    before, after = recalibrated_losses(target, scores, task, classes)
    optimism = parameters / len(target)
    if task == "regression":
        optimism = 2 * parameters * float(after.sum()) / (len(target) - parameters) / len(target)
    return _judged(before, after, optimism, blocks, parameters)


def recalibrated_losses(
    target: Array, scores: Array, task: Task, classes: list[str] | None = None
) -> tuple[Array, Array]:
    """Return each row's loss as it is, and after the best recalibration on these very rows, shape n each."""
    if task == "regression":
        return _line(target.astype(float), scores)
    _, before, after = best(chosen_of(target, task, classes), logits_of(scores, task))
    return before, after


def _judged(before: Array, after: Array, optimism: float, blocks: Array, parameters: int) -> Recoverable:
    """Return a gain with its error and p-value.

    Where nothing can be won, the gain itself is half a chi-square X of the fitted parameters, and its error is the
    root of X, so that t = sqrt(X) / 2 - p / sqrt(X) (Wilks 1938, with the optimism taken off): the p-value is that of
    the X which this t belongs to, as an F with the blocks' degrees of freedom.
    """
    difference = before - after
    rows, mean = len(difference), float(difference.mean())
    _, group = np.unique(blocks, return_inverse=True)
    if group.max() == 0:
        group = np.arange(rows)
    sums = np.bincount(group, difference - mean)
    count = len(sums)
    std_error = float(np.sqrt((sums**2).sum() * count / (count - 1)) / rows)
    gain = mean - optimism
    low = gain - float(stats.t.ppf(_LEVEL, count - 1)) * std_error
    ratio = gain / std_error if std_error > 0 else 0.0
    wilks = (ratio + (ratio**2 + 2 * parameters) ** 0.5) ** 2
    p_value = float(stats.f.sf(wilks / parameters, parameters, count - 1))
    return Recoverable(float(before.mean()), gain, std_error, low, p_value, rows, count)


def chosen_of(target: Array, task: Task, classes: list[str] | None) -> Array:
    """Return the position of each row's class among the score columns; -1 for a class without a score."""
    if task == "binary":
        return target.astype(np.int64)
    positions = {label: index for index, label in enumerate(classes or [])}
    return np.fromiter((positions.get(str(label), -1) for label in target), np.int64, len(target))


def logits_of(scores: Array, task: Task) -> Array:
    """Return log probabilities, shape n x k (binary: k = 2)."""
    table = np.column_stack([1 - scores, scores]) if task == "binary" else scores
    return np.asarray(np.log(np.clip(table, _CLIP, 1 - _CLIP)))


def best(chosen: Array, logits: Array) -> tuple[Array, Array, Array]:
    """Return biases and a slope, and each row's log loss before and after them, fitted by damped Newton steps.

    The parameters are one slope and the biases of all classes but the first. The problem is convex; the search starts
    at the class shares, where its curvature is good however extreme the scores are. An outcome of a class that has no
    score costs the same before and after.
    """
    rows, width = logits.shape
    known = chosen >= 0
    hit = np.zeros((rows, width))
    hit[np.flatnonzero(known), chosen[known]] = 1.0
    weights = known.astype(float)
    before = row_loss(as_they_are(width), logits, hit, weights)
    counts = np.log(hit.sum(axis=0) + 0.5)
    parameters = np.concatenate([[0.0], counts[1:] - counts[0]])
    after = row_loss(parameters, logits, hit, weights)
    for _ in range(_STEPS):
        step = _newton_step(parameters, logits, hit, weights)
        for scale in _SCALES:
            tried = np.clip(parameters - scale * step, -_BOUND, _BOUND)
            loss = row_loss(tried, logits, hit, weights)
            if loss.sum() < after.sum():
                break
        else:
            break
        improved = float(after.mean() - loss.mean())
        parameters, after = tried, loss
        if improved < _TOLERANCE:
            break
    lost = np.where(known, 0.0, -np.log(_CLIP))
    if after.sum() >= before.sum():
        parameters, after = as_they_are(width), before
    return parameters, before + lost, after + lost


def as_they_are(width: int) -> Array:
    """Return the parameters that leave the scores of so many classes alone."""
    return np.array([1.0] + [0.0] * (width - 1))


def probabilities(parameters: Array, logits: Array) -> Array:
    """Return the recalibrated probabilities, shape n x k."""
    shifted = parameters[0] * logits + np.concatenate([[0.0], parameters[1:]])
    shifted -= shifted.max(axis=1, keepdims=True)
    raised = np.exp(shifted)
    return np.asarray(raised / raised.sum(axis=1, keepdims=True))


def row_loss(parameters: Array, logits: Array, hit: Array, weights: Array) -> Array:
    """Return each row's log loss after a recalibration, shape n."""
    chance = (probabilities(parameters, logits) * hit).sum(axis=1)
    return np.asarray(-np.log(np.clip(chance, 1e-300, 1.0)) * weights)


def _newton_step(parameters: Array, logits: Array, hit: Array, weights: Array) -> Array:
    """Return Hessian^-1 gradient of the summed log loss in (slope, biases of the classes after the first)."""
    gradients, hessian = derivatives(parameters, logits, hit, weights)
    return np.asarray(np.linalg.solve(hessian, gradients.sum(axis=0)))


def derivatives(parameters: Array, logits: Array, hit: Array, weights: Array) -> tuple[Array, Array]:
    """Return each row's gradient of the log loss, shape n x k, and the Hessian of the sum, shape k x k."""
    chance = probabilities(parameters, logits) * weights[:, None]
    excess = chance - hit
    gradients = np.column_stack([(excess * logits).sum(axis=1), excess[:, 1:]])
    centred = (chance * logits).sum(axis=1) / np.maximum(weights, 1e-12)
    spread = chance * (logits - centred[:, None])
    hessian = np.empty((len(parameters), len(parameters)))
    hessian[0, 0] = (spread * logits).sum()
    hessian[0, 1:] = hessian[1:, 0] = spread.sum(axis=0)[1:]
    hessian[1:, 1:] = np.diag(chance.sum(axis=0)[1:]) - chance[:, 1:].T @ chance[:, 1:]
    hessian[np.diag_indices_from(hessian)] += 1e-9 * max(1.0, float(np.trace(hessian)))
    return gradients, hessian


def _line(target: Array, scores: Array) -> tuple[Array, Array]:
    """Return each row's squared error before and after the least-squares line of target on prediction."""
    centred = scores - scores.mean()
    scale = float((centred**2).sum())
    slope = float((centred * (target - target.mean())).sum()) / scale if scale > 0 else 0.0
    return (target - scores) ** 2, (target - target.mean() - slope * centred) ** 2
