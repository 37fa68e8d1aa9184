"""Rows with outcomes beside their scores: what the checks that need both start from."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from windvane.lifecycle.features import outcomes
from windvane.lifecycle.metrics import row_losses
from windvane.spec import Model

Array = np.ndarray[Any, Any]

_FEWEST_BLOCKS = 5


@dataclass(frozen=True)
class ScoredRows:
    """Rows with outcomes, and their scores: column `score`, or `score_<label>` a class, in the same order."""

    rows: pd.DataFrame
    scores: pd.DataFrame


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


def score_array(scores: pd.DataFrame, model: Model) -> Array:
    """Return scores as an array: shape n, or n x k for multiclass."""
    table = scores.to_numpy(dtype=float)
    return table if model.task == "multiclass" else table[:, 0]


def score_names(columns: Iterable[Any], model: Model) -> list[str]:
    """Return which columns of a file of scores are scores, whatever its key and event time are called."""
    if model.task != "multiclass":
        return ["score"]
    others = {model.key, model.event_time, "predicted", "version"}
    return [str(name) for name in columns if name not in others]


def class_labels(scores: pd.DataFrame) -> list[str]:
    """Return the label of each score column."""
    return [str(name).removeprefix("score_") for name in scores.columns]
