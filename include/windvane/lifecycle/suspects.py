"""Too good to be true: single columns that alone tell nearly the whole outcome, as leaks do.

Each feature of the holdout is cut into at most twenty parts (quantiles of a number, values of a category, missing ones
a part of their own). What the parts of one half of the rows say about the outcome predicts the other half, and the
other way round. The share of the loss of a constant that this removes is held against what the version removes with
all its features. A regression's outcomes are taken by their ranks. A column that is filled in, or emptied, once the
outcome is known shows in the same way.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from windvane.lifecycle.features import outcomes
from windvane.results import Evaluation, Suspect
from windvane.spec import Model

REMOVED = {"binary": 0.6, "multiclass": 0.6, "regression": 0.95}
"""The least share of a constant's loss that a column alone must remove to be suspected, by task: last week's sales tell
much of this week's, and are no leak."""
OF_VERSION = 0.9
"""The least part that this must be of what the version removes with all its features."""
_ROWS, _LEAST_ROWS, _PARTS, _VALUES = 20_000, 50, 20, 200
_LEAST_WHOLE, _MISSING_MAKES_IT = 0.6, 0.9
Array = Any


def suspects(features: pd.DataFrame, holdout: pd.DataFrame, model: Model, found: Evaluation) -> tuple[Suspect, ...]:
    """Return the columns that alone give nearly the whole performance, the strongest first.

    Args:
        features: The holdout as the estimator sees it.
        holdout: The same rows with their outcomes.
        model: The spec.
        found: What the version and the baseline came to on them.
    """
    whole = _removed_by_version(found, model)
    if whole is None or whole < _LEAST_WHOLE or len(features) < _LEAST_ROWS:
        return ()
    rows = np.unique(np.linspace(0, len(features) - 1, min(len(features), _ROWS)).astype(int))
    truth = _truth(holdout.iloc[rows], model)
    constant = _loss(truth, np.zeros(len(rows), dtype=np.int64), 1)
    if not constant > 0:
        return ()
    listed = []
    for name in features.columns:
        parts, missing = _parts(features[name].iloc[rows])
        removed = 1 - _loss(truth, parts, int(parts.max()) + 1) / constant
        if removed < least(model, whole):
            continue
        by_missing = 1 - _loss(truth, missing.astype(np.int64), 2) / constant if missing.any() else 0.0
        empty = by_missing >= _MISSING_MAKES_IT * removed
        listed.append(Suspect(column=str(name), removed=float(removed), whole=whole, missing=empty))
    return tuple(sorted(listed, key=lambda item: (-item.removed, item.column)))


def least(model: Model, whole: float) -> float:
    """Return the share that a column alone must remove to be suspected, beside a version that removes `whole`."""
    return max(REMOVED[model.task], OF_VERSION * whole)


def _removed_by_version(found: Evaluation, model: Model) -> float | None:
    own = next((item.value for item in found.metrics if item.metric == model.metric), None)
    base = next((item.value for item in found.baseline if item.metric == model.metric), None)
    return 1 - own / base if own is not None and base is not None and base > 0 else None


def _truth(rows: pd.DataFrame, model: Model) -> Array:
    """Return outcomes as columns: one per class, or the number's rank, so that few huge ones do not hide the others."""
    known = outcomes(rows, model)
    if model.task == "regression":
        return pd.Series(known).rank().to_numpy()[:, None]
    classes = np.unique(known)
    return (known[:, None] == classes[None, :]).astype(float)


def _parts(values: pd.Series[Any]) -> tuple[Array, Array]:
    """Return the part that each value is in, and whether it is missing."""
    missing = values.isna().to_numpy()
    if pd.api.types.is_numeric_dtype(values.dtype):
        numbers = values.to_numpy(dtype=float)
        inner = np.linspace(0, 1, _PARTS + 1)[1:-1]
        edges = np.unique(np.nanquantile(numbers, inner)) if not missing.all() else np.empty(0)
        codes = np.searchsorted(edges, np.where(missing, 0.0, numbers), side="left")
    else:
        codes, _ = pd.factorize(values.where(~missing, None))
        codes = np.where(codes < _VALUES, codes, _VALUES)
    return np.where(missing, codes.max(initial=0) + 1, codes).astype(np.int64), missing


def _loss(truth: Array, parts: Array, count: int) -> float:
    """Return the mean loss of what the parts of one half of the rows say about the other half.

    A part's own mean is drawn towards that of all rows by one row, so that a part without rows says what all do.
    """
    halves = np.arange(len(truth)) % 2
    said = np.empty_like(truth)
    for half in (0, 1):
        fit = halves != half
        mean = truth[fit].mean(axis=0)
        rows = np.bincount(parts[fit], minlength=count)[:, None]
        sums = np.stack([np.bincount(parts[fit], column, count) for column in truth[fit].T], axis=1)
        said[~fit] = ((sums + mean) / (rows + 1))[parts[~fit]]
    if truth.shape[1] == 1:
        return float(((truth - said) ** 2).mean())
    likely = np.clip((truth * said).sum(axis=1), 1e-6, 1.0)
    return float(-np.log(likely).mean())
