"""How much each training row counts: reweighing against a protected column, or a user's own weights."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from windvane.errors import TrainingFailed
from windvane.spec import Model

Weigh = Callable[[pd.DataFrame], Any]


def row_weights(rows: pd.DataFrame, model: Model, weigh: Weigh | None) -> np.ndarray | None:
    """Return one weight a training row, or None when the spec declares none.

    Args:
        rows: The training rows, all with outcomes.
        model: The spec.
        weigh: The resolved `training_weights.path`, when the spec names a function.

    Raises:
        TrainingFailed: The function raised, or its weights are not one finite number a row, none negative, some
            positive.
    """
    if model.training_weights is None:
        return None
    if model.training_weights.column is not None:
        return reweighing(rows[model.training_weights.column], rows[model.target])
    assert weigh is not None  # the step resolves it
    path = model.training_weights.path
    try:
        weights = np.asarray(weigh(rows.copy()), dtype=float)
    except Exception as error:  # a user's function may raise anything
        cause = f"{model.name}: weights {path} raised {type(error).__name__}: {error}"
        raise TrainingFailed(
            cause, "mend the function; it gets the training rows, and returns one weight a row"
        ) from error
    if weights.shape != (len(rows),) or not np.isfinite(weights).all() or (weights < 0).any() or not weights.any():
        cause = f"{model.name}: weights {path} returned shape {weights.shape} for {len(rows)} rows"
        cause += "" if weights.shape != (len(rows),) else ", some of them negative, not finite, or all zero"
        raise TrainingFailed(cause, "return one finite weight a row, none negative")
    return weights


def reweighing(groups: pd.Series[Any], target: pd.Series[Any]) -> np.ndarray:
    """Return weights under which the outcome is independent of the group.

    A row of group g and outcome y counts `P(g) P(y) / P(g, y)`: Kamiran and Calders 2012, "Data preprocessing
    techniques for classification without discrimination", Knowledge and Information Systems 33 (reweighing;
    doi:10.1007/s10115-011-0463-8). A missing group is a group of its own.

    Args:
        groups: The protected column, shape n.
        target: The outcome, shape n.

    Returns:
        Shape n; the weights of all rows sum to n when every group meets every outcome.
    """
    message = pd.DataFrame(
        {"group": groups.astype(object).where(groups.notna(), "missing").astype(str), "target": target}
    )
    group_rows = message.groupby("group")["target"].transform("size").to_numpy(dtype=float)
    target_rows = message.groupby("target")["group"].transform("size").to_numpy(dtype=float)
    both = message.groupby(["group", "target"])["group"].transform("size").to_numpy(dtype=float)
    return np.asarray(group_rows * target_rows / (len(message) * both))


def weights_argument(estimator: Any, weights: np.ndarray | None, model: Model) -> dict[str, np.ndarray]:
    """Return the keyword by which an estimator's `fit` takes the weights: a pipeline hands them to its last step.

    Raises:
        TrainingFailed: It takes no weights.
    """
    from sklearn.pipeline import Pipeline
    from sklearn.utils.validation import has_fit_parameter

    if weights is None:
        return {}
    last = estimator.steps[-1][1] if isinstance(estimator, Pipeline) else estimator
    if not has_fit_parameter(last, "sample_weight"):
        cause = f"{model.name}: the spec declares weights, and {type(last).__name__} takes none while fitting"
        raise TrainingFailed(cause, "choose an estimator whose fit has sample_weight, or leave the weights out")
    return {f"{estimator.steps[-1][0]}__sample_weight" if last is not estimator else "sample_weight": weights}
