"""Recurring concepts: does an earlier champion fit a window surely better than the champion and than a new version?"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import stats

from windvane.errors import ModelError, TooFewRows
from windvane.lifecycle.features import Make, design, outcomes
from windvane.lifecycle.metrics import row_losses
from windvane.lifecycle.performance import sum_variance, time_blocks
from windvane.lifecycle.split import split
from windvane.lifecycle.train import score_rows, train
from windvane.spec import Model

if TYPE_CHECKING:
    import pandas as pd

Array = np.ndarray[Any, Any]

_LEVEL = 0.01
_LEAST = 0.02
"""Smallest share of the new version's loss by which the earlier one must be better."""


def earlier_champion(
    known: pd.DataFrame,
    model: Model,
    make: Make | None,
    build: Callable[..., Any],
    champion: tuple[int, Any],
    earlier: Mapping[int, Any],
) -> dict[str, float] | None:
    """Return the earlier champion to go back to, with its numbers; None when a new version fits as well.

    The new version is trained on the window's rows before its cut, as a retrain from this window on would be; all are
    judged on the rows after it.

    Args:
        known: The window's rows with outcomes.
        model: The spec.
        make: The resolved `features.make`.
        build: The resolved `estimator.path`.
        champion: Number and estimator of the champion.
        earlier: Numbers and estimators of earlier champions that have not seen these rows.
    """
    try:
        holdout = split(known, model).holdout
        new = train([known], model, build, make).estimator
    except (TooFewRows, ModelError):
        return None
    losses = {0: _losses(new, holdout, model, make), -1: _losses(champion[1], holdout, model, make)}
    blocks = time_blocks(holdout, model)
    best: dict[str, float] | None = None
    for number, estimator in earlier.items():
        own = _losses(estimator, holdout, model, make)
        better = all(_surely_lower(own, losses[other], blocks) for other in losses)
        if better and own.mean() <= (1 - _LEAST) * losses[0].mean() and (best is None or own.mean() < best["loss"]):
            best = {
                "version": number,
                "loss": float(own.mean()),
                "champion": float(losses[-1].mean()),
                "new": float(losses[0].mean()),
                "rows": len(own),
            }
    return best


def _losses(estimator: Any, rows: pd.DataFrame, model: Model, make: Make | None) -> Array:
    scores = score_rows(estimator, design(rows, model, make), model)
    classes = [str(label) for label in estimator.classes_] if model.task == "multiclass" else None
    return row_losses(model.metric, outcomes(rows, model), scores, classes)


def _surely_lower(own: Array, other: Array, blocks: Array) -> bool:
    difference = own - other
    error = sum_variance(difference, blocks) ** 0.5 / len(difference)
    if error <= 0:
        return False
    return float(stats.t.cdf(difference.mean() / error, max(1, len(np.unique(blocks)) - 1))) < _LEVEL
