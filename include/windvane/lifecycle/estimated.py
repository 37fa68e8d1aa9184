"""Performance estimated before outcomes are known, from profiles and scores alone.

Classification: the expected loss under the scores' own probabilities, as the champion's holdout corrects them
(confidence-based estimation: Guillory et al. 2021, section 3; NannyML's CBPE). Regression: the loss is learnt from the
holdout's own losses, a sum of one function a column, linear at its ends (direct loss estimation). Both rest on the
relation of inputs and outcome as it was on the holdout: when that changes (concept drift), no estimate without outcomes
can see it. So its error is tracked, and said, once outcomes arrive.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from windvane.lifecycle.cells import cells, cuts
from windvane.lifecycle.checks.saying import unknown
from windvane.lifecycle.scored_rows import score_array
from windvane.lifecycle.segments import SCORE, WHOLE
from windvane.results import CheckResult, ColumnProfile, MonitorResult, Number, Profile, Segment
from windvane.results.reason import fitting
from windvane.results.watching import answer_to
from windvane.spec import Model

if TYPE_CHECKING:
    import pandas as pd

Array = np.ndarray[Any, Any]

_Z = 1.96
_CLIP = 1e-6
_PENALTIES = np.logspace(0, 5, 21)
"""Ridge penalties that are tried: from hardly any to one that leaves the mean alone."""
_FARTHEST = 4.0
"""Standard deviations beyond the outermost fifths that the loss is carried on for: not to infinity."""
_FEWEST = 100
_MISSES = 2
"""Of the last four windows with outcomes: so many estimates whose interval missed are not chance."""


def estimated_performance_check(
    features: pd.DataFrame,
    scores: pd.DataFrame,
    reference: Profile,
    model: Model,
    past: Sequence[MonitorResult] = (),
) -> tuple[CheckResult, float | None]:
    """Answer: what does the champion lose in this window, as far as that can be said without outcomes?

    Args:
        features: The window's scored rows, as the estimator sees them.
        scores: Their scores.
        reference: The champion's profile, with its holdout's segments.
        model: The spec.
        past: Earlier conclusions about windows, the newest first, whose estimates are held to their outcomes.

    Returns:
        The result, and the estimated mean loss.
    """
    whole = next(iter(reference.segments.get(WHOLE, ())), None)
    if whole is None or whole.rows < _FEWEST or not len(scores):
        why = "nothing was scored" if not len(scores) else f"fewer than {_FEWEST} outcomes on the holdout"
        return unknown("estimated_performance", f"No estimate of the loss: {why}"), None
    expected, variance = (
        _direct(features, scores, reference) if model.task == "regression" else _confidence(scores, reference, model)
    )
    rows, mean = len(expected), float(expected.mean())
    sampling = max(float(variance.mean()), whole.loss_variance / whole.rows)  # days depend on each other
    error = (sampling / rows + whole.loss_variance / whole.rows**2) ** 0.5
    low, high = max(0.0, mean - _Z * error), mean + _Z * error
    errors = _errors(past)
    missed = sum(abs(gap) > spread for gap, spread in errors[:4])
    trusted, before = missed < _MISSES, whole.loss / whole.rows
    if trusted:
        said = f"{model.metric} of about {mean:.4g} expected without outcomes ({before:.4g} on the holdout)"
    else:
        said = f"The estimate is not to be trusted: it missed {missed} of the last {min(4, len(errors))} windows"
    off = float(np.mean([abs(gap) for gap, _ in errors])) if errors else None
    result = CheckResult(
        check="estimated_performance",
        outcome="ok",
        headline=fitting(said),
        detail="A changed relation of inputs and outcome would not show in it.",
        numbers=(
            Number(name=f"{model.metric}, expected", value=mean, low=low, high=high, better="lower"),
            Number(name=f"{model.metric} on the holdout", value=before, better="lower"),
            *(
                [Number(name=f"off by, mean of {len(errors)} windows", value=off, better="lower")]
                if off is not None
                else []
            ),
        ),
        effect=mean,
        low=low,
        details={"low": low, "high": high, "error": error, "trusted": trusted, "tracked": len(errors)},
    )
    return result, mean


def loss_model(
    features: pd.DataFrame, losses: Array, columns: Mapping[str, ColumnProfile]
) -> dict[str, tuple[float, ...]]:
    """Return the additive model of a regression's losses that `Profile.loss_model` keeps: ridge on parts of columns.

    Args:
        features: The holdout's rows, shape n x columns.
        losses: Their losses, shape n.
        columns: The profiles whose parts are used.
    """
    design, widths = _parts(features, columns)
    centre = float(losses.mean())
    weights = _ridge(design, losses - centre)
    found: dict[str, tuple[float, ...]] = {}
    start = 0
    for name, width in widths.items():
        found[name] = tuple(weights[start : start + width].tolist())
        start += width
    spread = float((losses - centre - design @ weights).var())
    return {**found, WHOLE: (centre, spread)}


def _ridge(design: Array, target: Array) -> Array:
    """Return ridge weights, the penalty by generalised cross-validation (Golub, Heath and Wahba 1979, eq. 1.6)."""
    left, sizes, right = np.linalg.svd(design, full_matrices=False)
    turned, rows = left.T @ target, len(target)
    best, chosen = np.inf, np.zeros(design.shape[1])
    for penalty in _PENALTIES:
        shrink = sizes**2 / (sizes**2 + penalty)
        off = float(((target - left @ (shrink * turned)) ** 2).mean()) / (1 - shrink.sum() / rows) ** 2
        if off < best:
            best, chosen = off, right.T @ (turned * sizes / (sizes**2 + penalty))
    return chosen


def _parts(features: pd.DataFrame, columns: Mapping[str, ColumnProfile]) -> tuple[Array, dict[str, int]]:
    blocks, widths = [], {}
    for name, column in columns.items():
        blocks.append(_block(features[name], column))
        widths[name] = blocks[-1].shape[1]
    return np.hstack(blocks), widths


def _block(values: pd.Series[Any], column: ColumnProfile) -> Array:
    """Return which part each row lies in, shape n x parts; of a number also how far out in the outermost two.

    A window that has moved lies mostly in one outermost part: there the loss goes on as it went within that part.
    """
    codes, labels = cells(values, column)
    parts = np.eye(len(labels))[codes]
    ends = cuts(column) if column.kind == "number" else np.empty(0)
    if not len(ends) or not column.std:
        return parts
    known = values.to_numpy(dtype=float)
    known = np.where(np.isnan(known), ends[0], known)
    out = np.stack([ends[0] - known, known - ends[-1]], axis=1) / column.std
    return np.hstack([parts, np.clip(out, 0.0, _FARTHEST)])


def _direct(features: pd.DataFrame, scores: pd.DataFrame, reference: Profile) -> tuple[Array, Array]:
    centre, spread = reference.loss_model.get(WHOLE, (0.0, 0.0))
    found = np.full(len(features), centre)
    columns = {**reference.columns, **({SCORE: reference.scores["score"]} if "score" in reference.scores else {})}
    for name, weights in reference.loss_model.items():
        if name == WHOLE:
            continue
        values = scores["score"] if name == SCORE else features[name]
        found += _block(values, columns[name])[:, : len(weights)] @ np.asarray(weights)
    return np.maximum(found, 0.0), np.full(len(features), spread)


def _confidence(scores: pd.DataFrame, reference: Profile, model: Model) -> tuple[Array, Array]:
    """Return the expected loss of each row, and the variance of its loss."""
    table = score_array(scores, model)
    if model.task == "multiclass":
        whole = reference.segments[WHOLE][0]
        each = -np.log(np.clip(table, _CLIP, 1.0))
        expected = (table * each).sum(axis=1)
        return expected + whole.residual / whole.rows, (table * each**2).sum(axis=1) - expected**2
    codes, labels = cells(scores["score"], reference.scores["score"])
    off = {item.label: _shrunk(item) for item in reference.segments.get(SCORE, ())}
    chance = np.clip(table + np.array([off.get(label, 0.0) for label in labels])[codes], _CLIP, 1 - _CLIP)
    hit, miss = -np.log(np.clip(table, _CLIP, 1.0)), -np.log(np.clip(1 - table, _CLIP, 1.0))
    return chance * hit + (1 - chance) * miss, chance * (1 - chance) * (hit - miss) ** 2


def _shrunk(segment: Segment) -> float:
    """Return a mean residual as far as it is more than chance (positive-part James and Stein 1961)."""
    mean = segment.residual / segment.rows
    noise = segment.residual_variance / segment.rows**2
    return mean * max(0.0, 1 - noise / mean**2) if mean else 0.0


def _errors(past: Sequence[MonitorResult]) -> list[tuple[float, float]]:
    """Return realised less estimated loss, and the half width of the interval, of windows that have both."""
    found = []
    for item in past:
        check = answer_to("estimated_performance", item.checks)
        if item.loss is not None and item.estimated_loss is not None and check is not None:
            found.append((item.loss - item.estimated_loss, _Z * float(check.details.get("error") or 0.0)))
    return found
