"""Performance: how much of the champion's loss a new version would surely win back.

A recalibration of the champion on the window's own outcomes knows nothing new about the features, so what it gains is
a lower bound of what training again on these rows can gain. It needs no second model, and it answers in the unit that
matters: loss. A loss that rises because the window is harder (a stormy month) is not recoverable, and retrains nothing.

A window is also judged together with the ones before it that the same version scored: spans of two, four and eight
windows, each at its share of the error rate, so that a small loss that stays is found as surely as a large one at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from windvane.lifecycle.features import outcomes
from windvane.lifecycle.metrics import row_losses
from windvane.lifecycle.spending import level
from windvane.lifecycle.wording import percent
from windvane.results import CheckResult, Segment
from windvane.spec import Model, Task

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
_FEWEST_BLOCKS = 5
_LEVEL = 0.95
MOST_ROWS = 50_000
"""Spans of more outcomes than this add nothing that the window alone does not show."""
SPANS = (1, 2, 4, 8)


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
    return _recalibrated(_chosen(target, task, classes), _logits(scores, task))


@dataclass(frozen=True)
class Judged:
    """Rows with outcomes, and their scores: column `score`, or `score_<label>` a class, in the same order."""

    rows: pd.DataFrame
    scores: pd.DataFrame


def performance_check(
    known: pd.DataFrame,
    scores: pd.DataFrame,
    model: Model,
    *,
    earlier: Sequence[Judged] = (),
    reference: Segment | None = None,
) -> tuple[CheckResult, float | None]:
    """Answer: would a new version surely recover a share of the champion's loss that counts?

    Args:
        known: The window's rows with outcomes.
        scores: Their scores: column `score`, or `score_<label>` a class.
        model: The spec.
        earlier: The windows before that the same version scored, the newest first.
        reference: What the version lost on its own holdout.

    Returns:
        The result, and the mean loss (primary metric) of these rows; None without rows.
    """
    loss, needed = mean_loss(known, scores, model), model.monitor.min_rows
    spans = _spans(Judged(known, scores), earlier)
    enough = [(count, span) for count, span in spans if len(span.rows) >= needed]
    if not len(known) or not enough:
        told = f"{len(known):,} rows with outcomes, fewer than {needed:,} (monitor.min_rows)"
        return CheckResult(check="performance", outcome="insufficient_data", sentence=told), loss
    judged = [(count, span, _recoverable_of(span, model)) for count, span in enough]
    shares = _shares(len(enough), level(model, "performance"))
    answered = [
        (count, span, found, allowed)
        for (count, span, found), allowed in zip(judged, shares, strict=True)
        if found is not None
    ]
    if not answered:
        target = outcomes(enough[-1][1].rows, model)
        alike = model.task != "regression" and len(set(target.tolist())) == 1
        why = f"all are {model.target}={target[0]}" if alike else f"too few for {scores.shape[1]} classes"
        told = f"{len(target):,} outcomes say nothing about a gain: {why}"
        return CheckResult(check="performance", outcome="insufficient_data", sentence=told), loss
    count, span, found, allowed = min(answered, key=lambda item: (not counts(item[2], model, item[3]), item[0]))
    result = _result(found, model, allowed, count)
    target = outcomes(span.rows, model)
    events = len(target) if model.task == "regression" else int(np.unique(target, return_counts=True)[1].min())
    details = {"events": events, "windows": count, **_beside(known, scores, model, reference)}
    return result.model_copy(update={"details": result.details | details}), loss


def counts(found: Recoverable, model: Model, allowed: float) -> bool:
    """True when a gain is surely there, unlikely by chance, and large enough to pay for a retrain."""
    return found.low > 0 and found.p_value < allowed and found.share >= model.monitor.policy.least_share


def _shares(spans: int, allowed: float) -> list[float]:
    """Return the error rate of each span: half of it for the shortest, the rest in equal parts for the others."""
    return [allowed] if spans == 1 else [allowed / 2, *[allowed / 2 / (spans - 1)] * (spans - 1)]


def _spans(window: Judged, earlier: Sequence[Judged]) -> list[tuple[int, Judged]]:
    """Return the window alone, and together with those before it: the number of windows, and their rows."""
    together = [window, *earlier]
    sizes = [size for size in SPANS if size <= len(together)]
    sizes = [size for size in sizes if size == 1 or sum(len(item.rows) for item in together[:size]) <= MOST_ROWS]
    return [
        (
            size,
            Judged(
                pd.concat([item.rows for item in together[:size]], ignore_index=True),
                pd.concat([item.scores for item in together[:size]], ignore_index=True),
            ),
        )
        for size in sizes
    ]


def _recoverable_of(span: Judged, model: Model) -> Recoverable | None:
    target, blocks = outcomes(span.rows, model), time_blocks(span.rows, model)
    return recoverable(target, score_array(span.scores, model), model.task, blocks, class_labels(span.scores))


def _beside(known: pd.DataFrame, scores: pd.DataFrame, model: Model, reference: Segment | None) -> dict[str, float]:
    """Return the window's loss with its 95 % interval, and how it compares with the champion's own holdout."""
    losses = row_losses(model.metric, outcomes(known, model), score_array(scores, model), class_labels(scores))
    blocks = time_blocks(known, model)
    error = float(sum_variance(losses, blocks)) ** 0.5 / max(1, len(losses))
    mean = float(losses.mean())
    spread = float(stats.t.ppf(0.975, max(1, len(np.unique(blocks)) - 1))) * error
    found = {"window_loss": mean, "loss_low": mean - spread, "loss_high": mean + spread}
    if reference is None or not reference.rows:
        return found
    before = reference.loss / reference.rows
    beside = (error**2 + reference.loss_variance / reference.rows**2) ** 0.5
    found |= {"reference_loss": before, "risen": mean - before}
    if beside > 0:
        freedom = max(1, min(reference.blocks, len(np.unique(blocks))) - 1)
        found["risen_p"] = float(stats.t.sf((mean - before) / beside, freedom))
    return found


def sum_variance(values: Array, blocks: Array) -> float:
    """Return the variance of a sum of values that depend on each other within blocks (Liang and Zeger 1986)."""
    _, group = np.unique(blocks, return_inverse=True)
    sums = np.bincount(group, values - values.mean())
    return float((sums**2).sum() * len(sums) / max(1, len(sums) - 1))


def mean_loss(rows: pd.DataFrame, scores: pd.DataFrame, model: Model) -> float | None:
    """Return the mean primary loss of scores on rows with outcomes, None without rows."""
    if not len(rows):
        return None
    losses = row_losses(model.metric, outcomes(rows, model), score_array(scores, model), class_labels(scores))
    return float(losses.mean())


def time_blocks(rows: pd.DataFrame, model: Model) -> Array:
    """Return the calendar day of each row in the model's time zone; with fewer than five days hours, then rows."""
    local = rows[model.event_time].dt.tz_convert(model.timezone).dt.tz_localize(None)
    for unit in ("D", "h"):
        blocks = local.to_numpy().astype(f"datetime64[{unit}]").astype(np.int64)
        if len(np.unique(blocks)) >= _FEWEST_BLOCKS:
            return np.asarray(blocks)
    return np.arange(len(rows))


def _result(found: Recoverable, model: Model, allowed: float, windows: int) -> CheckResult:
    least = model.monitor.policy.least_share
    sure = found.low > 0 and found.p_value < allowed
    enough = counts(found, model, allowed)
    where = "of this window" if windows == 1 else f"of this window and the {windows - 1} before"
    unit = {"log_loss": "nats a row", "mse": "squared units a row"}[model.metric]
    told = (
        f"recalibrating the champion on {found.rows:,} outcomes {where} wins back {percent(found.share, 1)} "
        f"of its {model.metric} of {found.loss:.4g} (surely {percent(max(found.low_share, 0), 1)} or more)"
    )
    if enough:
        sentence = f"{told}, at least the {percent(least, 1)} that ask for a retrain"
    elif sure:
        sentence = f"{told}, less than the {percent(least, 1)} that ask for a retrain"
    elif found.gain > 0:
        sentence = (
            f"recalibrating the champion on {found.rows:,} outcomes {where} does not surely win anything back "
            f"({percent(found.share, 1)} of its {model.metric} of {found.loss:.4g})"
        )
    else:
        sentence = (
            f"recalibrating the champion on {found.rows:,} outcomes {where} wins back nothing of its "
            f"{model.metric} of {found.loss:.4g}"
        )
    return CheckResult(
        check="performance",
        outcome="found" if enough else "ok",
        sentence=sentence,
        effect=found.share,
        low=found.low_share,
        p_value=found.p_value,
        level=allowed,
        details={
            "loss": found.loss,
            "gain": found.gain,
            "std_error": found.std_error,
            "low": found.low,
            "unit": unit,
            "rows": found.rows,
            "blocks": found.blocks,
            "retrain_at": least,
        },
    )


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


def _chosen(target: Array, task: Task, classes: list[str] | None) -> Array:
    """Return the position of each row's class among the score columns; -1 for a class without a score."""
    if task == "binary":
        return target.astype(np.int64)
    positions = {label: index for index, label in enumerate(classes or [])}
    return np.fromiter((positions.get(str(label), -1) for label in target), np.int64, len(target))


def _logits(scores: Array, task: Task) -> Array:
    """Return log probabilities, shape n x k (binary: k = 2)."""
    table = np.column_stack([1 - scores, scores]) if task == "binary" else scores
    return np.asarray(np.log(np.clip(table, _CLIP, 1 - _CLIP)))


def _recalibrated(chosen: Array, logits: Array) -> tuple[Array, Array]:
    """Return each row's log loss before and after fitting biases and a temperature by damped Newton steps.

    The parameters are one slope and the biases of all classes but the first. The problem is convex; the search starts
    at the class shares, where its curvature is good however extreme the scores are. An outcome of a class that has no
    score costs the same before and after.
    """
    rows, width = logits.shape
    known = chosen >= 0
    hit = np.zeros((rows, width))
    hit[np.flatnonzero(known), chosen[known]] = 1.0
    weights = known.astype(float)
    before = _row_loss(np.array([1.0] + [0.0] * (width - 1)), logits, hit, weights)
    counts = np.log(hit.sum(axis=0) + 0.5)
    parameters = np.concatenate([[0.0], counts[1:] - counts[0]])
    after = _row_loss(parameters, logits, hit, weights)
    for _ in range(_STEPS):
        step = _newton_step(parameters, logits, hit, weights)
        for scale in _SCALES:
            tried = np.clip(parameters - scale * step, -_BOUND, _BOUND)
            loss = _row_loss(tried, logits, hit, weights)
            if loss.sum() < after.sum():
                break
        else:
            break
        improved = float(after.mean() - loss.mean())
        parameters, after = tried, loss
        if improved < _TOLERANCE:
            break
    lost = np.where(known, 0.0, -np.log(_CLIP))
    return before + lost, (after if after.sum() < before.sum() else before) + lost


def _probabilities(parameters: Array, logits: Array) -> Array:
    shifted = parameters[0] * logits + np.concatenate([[0.0], parameters[1:]])
    shifted -= shifted.max(axis=1, keepdims=True)
    raised = np.exp(shifted)
    return np.asarray(raised / raised.sum(axis=1, keepdims=True))


def _row_loss(parameters: Array, logits: Array, hit: Array, weights: Array) -> Array:
    chance = (_probabilities(parameters, logits) * hit).sum(axis=1)
    return np.asarray(-np.log(np.clip(chance, 1e-300, 1.0)) * weights)


def _newton_step(parameters: Array, logits: Array, hit: Array, weights: Array) -> Array:
    """Return Hessian^-1 gradient of the summed log loss in (slope, biases of the classes after the first)."""
    chance = _probabilities(parameters, logits) * weights[:, None]
    excess = chance - hit
    gradient = np.concatenate([[(excess * logits).sum()], excess.sum(axis=0)[1:]])
    centred = (chance * logits).sum(axis=1) / np.maximum(weights, 1e-12)
    spread = chance * (logits - centred[:, None])
    hessian = np.empty((len(parameters), len(parameters)))
    hessian[0, 0] = (spread * logits).sum()
    hessian[0, 1:] = hessian[1:, 0] = spread.sum(axis=0)[1:]
    hessian[1:, 1:] = np.diag(chance.sum(axis=0)[1:]) - chance[:, 1:].T @ chance[:, 1:]
    hessian[np.diag_indices_from(hessian)] += 1e-9 * max(1.0, float(np.trace(hessian)))
    return np.asarray(np.linalg.solve(hessian, gradient))


def _line(target: Array, scores: Array) -> tuple[Array, Array]:
    """Return each row's squared error before and after the least-squares line of target on prediction."""
    centred = scores - scores.mean()
    scale = float((centred**2).sum())
    slope = float((centred * (target - target.mean())).sum()) / scale if scale > 0 else 0.0
    return (target - scores) ** 2, (target - target.mean() - slope * centred) ** 2


def score_array(scores: pd.DataFrame, model: Model) -> Array:
    """Return scores as an array: shape n, or n x k for multiclass."""
    table = scores.to_numpy(dtype=float)
    return table if model.task == "multiclass" else table[:, 0]


def class_labels(scores: pd.DataFrame) -> list[str]:
    """Return the label of each score column."""
    return [str(name).removeprefix("score_") for name in scores.columns]
