"""Judge a version on a holdout later in time than its training rows, beside a baseline and the champion."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from windvane.errors import TooFewRows
from windvane.lifecycle.features import Make, design, outcomes
from windvane.lifecycle.metrics import Array, estimate, row_losses
from windvane.lifecycle.train import score_rows
from windvane.results import Comparison, Estimate, Evaluation, Version
from windvane.spec import METRICS, Model, leaves, metrics_for
from windvane.spec.rules import PerSlice

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Contender:
    """A version and its loaded estimator."""

    version: Version
    estimator: Any


@dataclass(frozen=True)
class _Scored:
    """Scores on the holdout, with the label of each score column for multiclass."""

    scores: Array
    classes: list[Any] | None


def evaluate(
    holdout: pd.DataFrame,
    training: pd.DataFrame,
    model: Model,
    make: Make | None,
    challenger: Contender,
    champion: Contender | None,
) -> Evaluation:
    """Return metrics with intervals, paired comparisons and slices.

    Args:
        holdout: Rows with known outcomes at or after `challenger.version.trained_until`.
        training: The training rows' target, for the baseline.
        model: The spec.
        make: The resolved `features.make`.
        challenger: The version to judge.
        champion: The version to compare with; trained on no row at or after the holdout's start.

    Raises:
        TooFewRows: When the holdout has fewer than two rows.
    """
    if len(holdout) < 2:
        cause = f"{model.name} v{challenger.version.version}: the holdout has {len(holdout)} rows with outcomes"
        raise TooFewRows(cause, "use a longer window or a larger holdout share")
    target, features = outcomes(holdout, model), design(holdout, model, make)
    own = _scored(challenger.estimator, features, model)
    base = _baseline(outcomes(training, model), target, model)
    other = _scored(champion.estimator, features, model) if champion else None
    comparisons = [*_compared(model, target, own, base, "baseline", holdout)]
    if champion and other:
        comparisons += _compared(model, target, own, other, f"v{champion.version.version}", holdout)
    return Evaluation(
        model=model.name,
        version=challenger.version.version,
        snapshot=challenger.version.snapshots[-1],
        holdout_start=challenger.version.trained_until,
        holdout_end=challenger.version.window_end,
        rows=len(holdout),
        metrics=_estimates(model, target, own),
        baseline=_estimates(model, target, base),
        champion=champion.version.version if champion else None,
        champion_metrics=_estimates(model, target, other) if other else (),
        comparisons=tuple(comparisons),
        slices=_slices(model, target, own, holdout),
    )


def _scored(estimator: Any, features: pd.DataFrame, model: Model) -> _Scored:
    classes = [str(label) for label in estimator.classes_] if model.task == "multiclass" else None
    return _Scored(score_rows(estimator, features, model), classes)


def _baseline(training: Array, target: Array, model: Model) -> _Scored:
    """Scores that use no feature: the training rows' class shares (smoothed by one row each), or their mean."""
    rows = len(target)
    if model.task == "regression":
        return _Scored(np.full(rows, float(training.mean())), None)
    if model.task == "binary":
        return _Scored(np.full(rows, (float(training.sum()) + 1) / (len(training) + 2)), None)
    classes, counts = np.unique(training.astype(str), return_counts=True)
    shares = (counts + 1) / (counts.sum() + len(classes))
    return _Scored(np.tile(shares, (rows, 1)), [str(label) for label in classes])


def _estimates(model: Model, target: Array, scored: _Scored) -> tuple[Estimate, ...]:
    return tuple(
        estimate(name, target, scored.scores, scored.classes, model.seed)
        for name in metrics_for(model.task)
        if name != "f1"
    )


def _compared(
    model: Model, target: Array, own: _Scored, other: _Scored, name: str, holdout: pd.DataFrame
) -> list[Comparison]:
    """Return paired differences for every additive metric, and for each declared slice (against the champion)."""
    found = []
    for metric in (name for name in metrics_for(model.task) if METRICS[name].additive):
        sign = -1.0 if METRICS[metric].greater_is_better else 1.0
        own_rows = row_losses(metric, target, own.scores, own.classes)
        other_rows = row_losses(metric, target, other.scores, other.classes)
        difference = sign * (own_rows - other_rows)
        found.append(_comparison(metric, name, difference, other_rows, None))
        if name == "baseline":
            continue
        for column, rule_metric in _sliced(model):
            if rule_metric == metric:
                groups = holdout[column].astype(object).where(holdout[column].notna(), "missing").astype(str)
                for value, rows in groups.groupby(groups).indices.items():
                    found.append(_comparison(metric, name, difference[rows], other_rows[rows], f"{column}={value}"))
    return found


def _comparison(metric: str, other: str, difference: Array, values: Array, label: str | None) -> Comparison:
    rows = len(difference)
    mean = float(difference.mean()) if rows else None
    error = float(difference.std(ddof=1) / np.sqrt(rows)) if rows > 1 else None
    if error is None:
        return Comparison(metric=metric, other=other, difference=mean, std_error=error, rows=rows, slice=label)
    return Comparison(
        metric=metric,
        other=other,
        difference=mean,
        std_error=error,
        rows=rows,
        slice=label,
        value=float(values.mean()),
        value_error=float(values.std(ddof=1) / np.sqrt(rows)),
        covariance=float(np.cov(difference, values)[0, 1] / rows),
    )


def _sliced(model: Model) -> list[tuple[str, str]]:
    """Return the (column, metric) pairs of the gate's slice rules."""
    return [
        (rule.column, rule.metric_for(model.task))
        for rule in leaves(model.gate.rules)
        if isinstance(rule, PerSlice) and rule.column is not None
    ]


def _slices(model: Model, target: Array, own: _Scored, holdout: pd.DataFrame) -> dict[str, tuple[Estimate, ...]]:
    found: dict[str, tuple[Estimate, ...]] = {}
    for column in dict.fromkeys(column for column, _ in _sliced(model)):
        groups = holdout[column].astype(object).where(holdout[column].notna(), "missing").astype(str)
        for value, rows in groups.groupby(groups).indices.items():
            scores = own.scores[rows]
            found[f"{column}={value}"] = (estimate(model.metric, target[rows], scores, own.classes, model.seed),)
    return found
