"""One trial: an estimator trained and judged fold by fold, and ended early where it is surely worse."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from windvane.errors import WindvaneError
from windvane.lifecycle.features import Make, design, outcomes
from windvane.lifecycle.metrics import row_losses
from windvane.lifecycle.train import fit, score_rows
from windvane.lifecycle.tuning.folds import Fold, Folds
from windvane.lifecycle.tuning.race import beside
from windvane.lifecycle.weights import Weigh
from windvane.results import FoldLoss, Trial, TrialResult
from windvane.spec import Model
from windvane.spec.metrics import metric_of

if TYPE_CHECKING:
    import pandas as pd

_PIECES = 50
"""Consecutive pieces of a fold: long enough that neighbours hardly depend on each other, and enough to compare by."""


def tried(
    folds: Folds,
    model: Model,
    build: Callable[..., Any],
    make: Make | None,
    weigh: Weigh | None,
    best: Trial | None = None,
) -> TrialResult:
    """Train and judge on each fold, the oldest first.

    Args:
        folds: What the search may see.
        model: The spec, with the parameters of the trial.
        build: The resolved `estimator.path`.
        make: The resolved `features.make`.
        weigh: The resolved `training_weights.path`, when the spec names a function.
        best: The best trial that is known, for the race; None: no race.

    Returns:
        `failed` where the estimator raises, or loses what is no number; nothing is raised then.
    """
    found: list[FoldLoss] = []
    for fold in folds.folds:
        try:
            judged = _judged(folds.rows, fold, model, build, make, weigh)
        except WindvaneError as error:
            return TrialResult(state="failed", folds=tuple(found), problem=f"{error.name}: {error.cause}")
        if judged is None:
            problem = f"the loss on {fold.name} is no finite number"
            return TrialResult(state="failed", folds=tuple(found), problem=problem)
        found.append(judged)
        dropped = _dropped(found, best) if fold is not folds.folds[-1] else None
        if dropped is not None:
            return dropped
    return TrialResult(state="done", folds=tuple(found), loss=mean_loss(found))


def mean_loss(folds: Sequence[FoldLoss]) -> float:
    """Return the mean loss over the rows of all folds."""
    return float(np.average([fold.loss for fold in folds], weights=[sum(fold.weights) for fold in folds]))


def _judged(
    rows: pd.DataFrame,
    fold: Fold,
    model: Model,
    build: Callable[..., Any],
    make: Make | None,
    weigh: Weigh | None,
) -> FoldLoss | None:
    before = rows.iloc[: fold.start]
    held = rows.iloc[fold.start : fold.stop].reset_index(drop=True)
    estimator, _, _ = fit(before, model, build, make, weigh)
    scores = score_rows(estimator, design(held, model, make), model)
    labels = list(estimator.classes_) if model.task == "multiclass" else None
    sign = -1.0 if metric_of(model.metric).greater_is_better else 1.0
    lost = sign * np.asarray(row_losses(model.metric, outcomes(held, model), scores, labels), dtype="<f8")
    if not np.isfinite(lost).all():
        return None
    weights = held[model.row_weight].to_numpy(dtype=float) if model.row_weight else np.ones(len(held))
    parts = [part for part in np.array_split(np.arange(len(held)), min(_PIECES, len(held))) if weights[part].sum() > 0]
    if not parts:
        return None
    return FoldLoss(
        fold=fold.name,
        rows=len(held),
        trained=len(before),
        loss=float(np.average(lost, weights=weights)),
        pieces=tuple(float(np.average(lost[part], weights=weights[part])) for part in parts),
        weights=tuple(float(weights[part].sum()) for part in parts),
        digest=f"sha256:{hashlib.sha256(lost.tobytes()).hexdigest()}",
    )


def _dropped(found: Sequence[FoldLoss], best: Trial | None) -> TrialResult | None:
    """Return what a trial comes to that is surely worse than the best one; None where it goes on."""
    if best is None or best.result is None or best.result.loss is None:
        return None
    seen = beside(found, best.result.folds)
    if not seen.surely_worse:
        return None
    problem = f"surely worse than trial {best.trial} by {seen.low:.3g} or more on {len(found)} of its folds"
    loss = best.result.loss + seen.difference
    return TrialResult(state="dropped", folds=tuple(found), loss=loss, beside=best.trial, problem=problem)
