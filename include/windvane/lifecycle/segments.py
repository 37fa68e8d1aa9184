"""Segments: what each coarse part of each column lost in a window with outcomes, as sums that add up over windows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from windvane.lifecycle.cells import cells
from windvane.lifecycle.features import outcomes
from windvane.lifecycle.metrics import row_losses
from windvane.lifecycle.scored_rows import class_labels, score_array, time_blocks
from windvane.results import ColumnProfile, Segment
from windvane.spec import Model

if TYPE_CHECKING:
    import pandas as pd

Array = np.ndarray[Any, Any]

WHOLE = ""
"""The name under which all rows together stand."""
SCORE = "(score)"
"""The name under which the parts of the score stand; no feature of a spec has it unless declared so."""
_CLIP = 1e-6


def segments(
    features: pd.DataFrame,
    rows: pd.DataFrame,
    scores: pd.DataFrame,
    model: Model,
    columns: Mapping[str, ColumnProfile],
    score_profiles: Mapping[str, ColumnProfile],
) -> dict[str, tuple[Segment, ...]]:
    """Return the segments of rows with outcomes, by column.

    Args:
        features: The rows as the estimator sees them, shape n x columns.
        rows: The same rows with target and event time.
        scores: Their scores, in the same order.
        model: The spec.
        columns: The reference's column profiles, whose parts are the segments.
        score_profiles: The reference's score profiles; the single score of a binary or regression task is cut too.
    """
    if not len(rows):
        return {}
    losses, residuals, curvatures = row_values(rows, scores, model)
    _, blocks = np.unique(time_blocks(rows, model), return_inverse=True)
    cut: dict[str, tuple[Array, list[str]]] = {WHOLE: (np.zeros(len(rows), dtype=np.int64), ["all rows"])}
    if "score" in score_profiles:
        cut[SCORE] = cells(scores["score"], score_profiles["score"])
    cut |= {name: cells(features[name], column) for name, column in columns.items() if name in features.columns}
    values = (losses, residuals, curvatures, blocks)
    return {name: _segments(codes, labels, *values) for name, (codes, labels) in cut.items()}


def row_values(rows: pd.DataFrame, scores: pd.DataFrame, model: Model) -> tuple[Array, Array, Array]:
    """Return each row's loss, residual and curvature (see `Segment`), shape n each."""
    target, table = outcomes(rows, model), score_array(scores, model)
    losses = row_losses(model.metric, target, table, class_labels(scores))
    if model.task == "regression":
        return losses, target - table, np.ones(len(rows))
    if model.task == "binary":
        return losses, target - table, np.maximum(2 * table * (1 - table), _CLIP)
    expected = -(table * np.log(np.clip(table, _CLIP, 1.0))).sum(axis=1)
    return losses, losses - expected, np.ones(len(rows))


def _segments(
    codes: Array, labels: list[str], losses: Array, residuals: Array, curvatures: Array, blocks: Array
) -> tuple[Segment, ...]:
    width = len(labels)
    rows = np.bincount(codes, minlength=width)
    sums = [np.bincount(codes, values, width) for values in (losses, residuals, curvatures)]
    variances = [_variances(codes, values, blocks, width) for values in (losses, residuals)]
    days = (np.bincount(codes * (blocks.max() + 1) + blocks, minlength=width * (blocks.max() + 1)) > 0).reshape(
        width, -1
    )
    return tuple(
        Segment(
            label=labels[index],
            rows=int(rows[index]),
            loss=float(sums[0][index]),
            loss_variance=float(variances[0][index]),
            residual=float(sums[1][index]),
            residual_variance=float(variances[1][index]),
            curvature=float(sums[2][index] / rows[index]),
            blocks=int(days[index].sum()),
        )
        for index in range(width)
        if rows[index]
    )


def _variances(codes: Array, values: Array, blocks: Array, width: int) -> Array:
    """Return the variance of each part's sum, rows of one block first summed (Liang and Zeger 1986)."""
    rows = np.bincount(codes, minlength=width)
    centred = values - (np.bincount(codes, values, width) / np.maximum(rows, 1))[codes]
    count = int(blocks.max()) + 1
    sums = np.bincount(codes * count + blocks, centred, width * count).reshape(width, count)
    used = np.maximum(2, (np.bincount(codes * count + blocks, minlength=width * count) > 0).reshape(sums.shape).sum(1))
    return np.asarray((sums**2).sum(axis=1) * used / (used - 1))
