"""What a retrain on a window could learn from: whether the past still helps, and whether an earlier champion fits.

Both questions are answered by one version trained on the window alone, judged on the window's last part.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import stats

from windvane.errors import ModelError, TooFewRows
from windvane.lifecycle.evaluate import Contender
from windvane.lifecycle.features import Make, outcomes
from windvane.lifecycle.metrics import row_losses
from windvane.lifecycle.recalibration import recalibrated_losses
from windvane.lifecycle.scored_rows import sum_variance, time_blocks
from windvane.lifecycle.split import split
from windvane.lifecycle.train import score_rows, train
from windvane.spec import Model

if TYPE_CHECKING:
    import pandas as pd

Array = np.ndarray[Any, Any]

_LEVEL = 0.05
_LEAST = 0.02
"""Smallest share of the new version's loss by which the earlier one must be better."""


def fresh_start(
    known: pd.DataFrame,
    model: Model,
    make: Make | None,
    build: Callable[..., Any],
    champion: Contender,
    earlier: Mapping[int, Contender],
) -> dict[str, Any]:
    """Return what a version trained on the window alone comes to, beside what is there.

    Args:
        known: The window's rows with outcomes.
        model: The spec.
        make: The resolved `features.make`.
        build: The resolved `estimator.path`.
        champion: The champion.
        earlier: Earlier champions that have not seen these rows, by number.

    Returns:
        `fresh`: True when that version is surely better than the champion at its best, recalibrated on the very rows
        they are judged on: what was learnt before the window does not help any more. `earlier_champion`: the earlier
        champion that is surely better than both, with its numbers. Empty when none can be trained.
    """
    if champion.lacks(known):
        return {}  # it cannot score these rows
    try:
        holdout = split(known, model).holdout
        new = train([known], model, build, make).estimator
    except (TooFewRows, ModelError):
        return {}
    blocks, target = time_blocks(holdout, model), outcomes(holdout, model)
    scores, classes = _scores(champion, holdout, model, make)
    as_it_is, at_best = recalibrated_losses(target, scores, model.task, classes)
    own = _losses(Contender(champion.version, new), holdout, model, make)
    found: dict[str, Any] = {"fresh": _surely_lower(own, at_best, blocks)}
    for number, other in earlier.items():
        if other.lacks(holdout):
            continue
        losses = _losses(other, holdout, model, make)
        better = _surely_lower(losses, own, blocks) and _surely_lower(losses, as_it_is, blocks)
        best = found.get("earlier_champion")
        if better and losses.mean() <= (1 - _LEAST) * own.mean() and (not best or losses.mean() < best["loss"]):
            found["earlier_champion"] = {
                "version": number,
                "loss": float(losses.mean()),
                "champion": float(as_it_is.mean()),
                "new": float(own.mean()),
                "rows": len(losses),
            }
    return found


def _scores(one: Contender, rows: pd.DataFrame, model: Model, make: Make | None) -> tuple[Array, list[str] | None]:
    classes = [str(label) for label in one.estimator.classes_] if model.task == "multiclass" else None
    return score_rows(one.estimator, one.features(rows, model, make), model), classes


def _losses(one: Contender, rows: pd.DataFrame, model: Model, make: Make | None) -> Array:
    scores, classes = _scores(one, rows, model, make)
    return row_losses(model.metric, outcomes(rows, model), scores, classes)


def _surely_lower(own: Array, other: Array, blocks: Array) -> bool:
    difference = own - other
    error = sum_variance(difference, blocks) ** 0.5 / len(difference)
    if error <= 0:
        return False
    return float(stats.t.cdf(difference.mean() / error, max(1, len(np.unique(blocks)) - 1))) < _LEVEL
