"""Boosted trees that stop when the latest part of their training rows no longer gains: each library by its own door.

The latest rows are set aside by their event times, so all of them are later than what is learned from. They pass
through the steps before the trees, which were fitted without them. The gate's holdout is later still: it plays no part.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
from sklearn.base import clone
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.pipeline import Pipeline

from windvane.errors import TooFewRows, TrainingFailed
from windvane.lifecycle.numbered_labels import NumberedLabels
from windvane.results import EarlyStop
from windvane.spec import EarlyStopping, Model

if TYPE_CHECKING:
    import pandas as pd

Array = np.ndarray[Any, Any]
_HISTOGRAMS: Final = (HistGradientBoostingClassifier, HistGradientBoostingRegressor)
_STOPPING: Final = {"xgboost", "lightgbm", "catboost"}


class Part(NamedTuple):
    """Rows as an estimator learns from them.

    Args:
        features: Its features.
        target: Its outcomes.
        weights: How much each row counts; None: all the same.
    """

    features: Any
    target: Any
    weights: Array | None


def set_aside(rows: pd.DataFrame, model: Model, declared: EarlyStopping) -> pd.Series[Any]:
    """Return which training rows are learned from; the others are later than all of them.

    Args:
        rows: All training rows, none of the holdout.
        model: The spec.
        declared: What it says on early stopping.

    Raises:
        TooFewRows: They cannot be cut by their event times.
    """
    times = rows[model.event_time]
    ordered = times.sort_values(kind="stable")
    cut = ordered.iloc[min(len(rows) - 1, int(len(rows) * (1 - declared.share)))]
    earlier: pd.Series[Any] = times < cut
    if not earlier.any():
        cause = f"{model.name}: {len(rows)} training rows cannot be cut by time: early_stopping sets the latest aside"
        raise TooFewRows(cause, "widen history, or leave early_stopping out")
    return earlier


def refuse_unstoppable(estimator: Any, model: Model) -> None:
    """Refuse an estimator that cannot stop early.

    Raises:
        TrainingFailed: It is neither of the four, nor a pipeline that ends with one.
    """
    last = _last(estimator)
    if type(last).__module__.partition(".")[0] in _STOPPING or isinstance(last, _HISTOGRAMS):
        return
    cause = f"{model.name}: early_stopping is declared, and a {type(last).__name__} does not stop early"
    remedy = "end the pipeline with one of XGBoost, LightGBM, CatBoost or HistGradientBoosting, or leave it out"
    raise TrainingFailed(cause, remedy)


def fit_until(estimator: Any, learned: Part, later: Part, rounds: int) -> Any:
    """Fit an estimator until later rows have gained nothing for some rounds; it keeps the rounds up to the best one.

    Args:
        estimator: The unfitted estimator; of a pipeline the last step is what stops.
        learned: What it learns from.
        later: What says when to stop.
        rounds: Rounds without a gain.
    """
    if isinstance(estimator, Pipeline):
        before, (name, last) = estimator[:-1], estimator.steps[-1]
        if len(before):
            learned = learned._replace(features=before.fit_transform(learned.features, learned.target))
            later = later._replace(features=before.transform(later.features))
        estimator.steps[-1] = (name, fit_until(last, learned, later, rounds))
        return estimator
    if hasattr(estimator, "predict_proba"):
        later = _of_known_labels(later, learned)
    if isinstance(estimator, NumberedLabels):
        learned = learned._replace(target=estimator.number(learned.target))
        later = later._replace(target=np.searchsorted(estimator.classes_, later.target))
        estimator.classifier = fit_until(estimator.classifier, learned, later, rounds)
        return estimator
    stop = _HISTOGRAM if isinstance(estimator, _HISTOGRAMS) else _STOP[type(estimator).__module__.partition(".")[0]]
    return stop(estimator, learned, later, rounds)


def _of_known_labels(later: Part, learned: Part) -> Part:
    """Return the later rows without those of a class that is not learned: they say nothing on when to stop.

    Raises:
        TooFewRows: None is left.
    """
    known = np.isin(later.target, np.unique(learned.target))
    if known.all():
        return later
    if not known.any():
        cause = f"the {len(known)} latest rows, which early_stopping sets aside, are of classes that the others lack"
        raise TooFewRows(cause, "widen history, or leave early_stopping out")
    features = later.features[known]
    return Part(features, later.target[known], None if later.weights is None else later.weights[known])


def stopped(estimator: Any, rows: pd.DataFrame, model: Model) -> EarlyStop | None:
    """Return how many rounds a fitted estimator kept, and which rows said so; None where it is not declared."""
    if model.early_stopping is None:
        return None
    later = rows[model.event_time][~set_aside(rows, model, model.early_stopping)]
    return EarlyStop(rounds=_rounds(_last(estimator)), rows=len(later), since=later.min().floor("us").to_pydatetime())


def _last(estimator: Any) -> Any:
    if isinstance(estimator, Pipeline):
        return _last(estimator.steps[-1][1])
    return estimator.classifier if isinstance(estimator, NumberedLabels) else estimator


def _rounds(last: Any) -> int:
    if isinstance(last, _HISTOGRAMS):
        return int(last.n_iter_)
    library = type(last).__module__.partition(".")[0]
    if library == "xgboost":
        return int(last.best_iteration) + 1
    return int(last.best_iteration_ if library == "lightgbm" else last.tree_count_)


def _xgboost(last: Any, learned: Part, later: Part, rounds: int) -> Any:
    last.set_params(early_stopping_rounds=rounds)
    weights = None if later.weights is None else [later.weights]
    pairs = [(later.features, later.target)]
    return last.fit(
        learned.features,
        learned.target,
        sample_weight=learned.weights,
        eval_set=pairs,
        sample_weight_eval_set=weights,
        verbose=False,
    )


def _lightgbm(last: Any, learned: Part, later: Part, rounds: int) -> Any:
    from lightgbm import early_stopping

    parts = inspect.signature(last.fit).parameters  # LightGBM 4.7 gave what was one argument two names
    held: dict[str, Any] = {"eval_set": [(later.features, later.target)]}
    if "eval_X" in parts:
        labels = hasattr(last, "predict_proba")  # it numbers those of eval_set, and leaves those of eval_y as they are
        numbers = np.searchsorted(np.unique(learned.target), later.target) if labels else later.target
        held = {"eval_X": later.features, "eval_y": numbers}
    return last.fit(
        learned.features,
        learned.target,
        sample_weight=learned.weights,
        **held,
        eval_sample_weight=None if later.weights is None else [later.weights],
        callbacks=[early_stopping(rounds, verbose=False)],
    )


def _catboost(last: Any, learned: Part, later: Part, rounds: int) -> Any:
    from catboost import Pool

    known = last.get_params(deep=False)
    # By default, how often categories come is counted in the later rows, too.
    if known.get("counter_calc_method") is None:
        last.set_params(counter_calc_method="SkipTest")
    named = known.get("cat_features")
    held = Pool(later.features, later.target, weight=later.weights, cat_features=named)
    return last.fit(
        learned.features,
        learned.target,
        sample_weight=learned.weights,
        eval_set=held,
        early_stopping_rounds=rounds,
        use_best_model=True,
        verbose=False,
    )


def _histogram(last: Any, learned: Part, later: Part, rounds: int) -> Any:
    """Fit twice: scikit-learn keeps the rounds after the best one too."""
    tried = clone(last).set_params(early_stopping=True, n_iter_no_change=rounds)
    tried.fit(
        learned.features,
        learned.target,
        sample_weight=learned.weights,
        X_val=later.features,
        y_val=later.target,
        sample_weight_val=later.weights,
    )
    best = max(1, int(np.argmax(tried.validation_score_)))  # the first score is that of no tree
    last.set_params(early_stopping=False, max_iter=best)
    return last.fit(learned.features, learned.target, sample_weight=learned.weights)


_Stop = Callable[[Any, Part, Part, int], Any]
_HISTOGRAM: Final[_Stop] = _histogram
_STOP: Final[dict[str, _Stop]] = {"xgboost": _xgboost, "lightgbm": _lightgbm, "catboost": _catboost}
