"""Fit the declared estimator on all history before the cut."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd

from windvane.errors import OneClass, ScoringFailed, TooFewRows, TrainingFailed, WindvaneError
from windvane.lifecycle.early_stopping import Part, fit_until, refuse_unstoppable, set_aside, stopped
from windvane.lifecycle.features import Make, design, outcomes
from windvane.lifecycle.fit_warnings import gathered, kept
from windvane.lifecycle.native_categories import known_categories, with_categories
from windvane.lifecycle.numbered_labels import with_numbers
from windvane.lifecycle.split import split_history
from windvane.lifecycle.weights import Weigh, row_weights, weights_argument
from windvane.results import EarlyStop, FitWarning
from windvane.spec import EarlyStopping, Model


@dataclass(frozen=True)
class Refitted:
    """An estimator that was fitted on all rows by the recipe of another one, which was judged without the last ones.

    Args:
        estimator: The fitted estimator.
        rows: Number of rows that it learned from.
        warnings: What building and fitting it warned of.
    """

    estimator: Any
    rows: int
    warnings: tuple[FitWarning, ...] = ()


@dataclass(frozen=True)
class Trained:
    """A fitted estimator and what it was fitted on.

    Args:
        estimator: The fitted scikit-learn estimator.
        features: Its training rows, as it saw them.
        holdout: The rows after the cut, with outcomes, which it has not seen.
        scores: Its scores on them (see `score_rows`).
        trained_until: The cut: no row at or after it was used.
        rows: Number of training rows.
        warnings: What building and fitting it warned of.
        target: The outcomes of its training rows.
        times: Their event times.
        stopped: Where the one that scores stopped early, when the spec says so.
        refitted: The one that scores, where `refit` is declared.
    """

    estimator: Any
    features: pd.DataFrame
    holdout: pd.DataFrame
    scores: np.ndarray
    trained_until: datetime
    rows: int
    warnings: tuple[FitWarning, ...] = ()
    target: np.ndarray | None = None
    times: pd.Series[Any] | None = None
    stopped: EarlyStop | None = None
    refitted: Refitted | None = None

    @property
    def scoring(self) -> Any:
        """The estimator that scores."""
        return self.refitted.estimator if self.refitted else self.estimator

    @property
    def categories(self) -> dict[str, tuple[str, ...]]:
        """The categories that the one that scores was given as its library has them, by column."""
        return known_categories(self.scoring)


def train(
    frames: Sequence[pd.DataFrame],
    model: Model,
    build: Callable[..., Any],
    make: Make | None,
    weigh: Weigh | None = None,
) -> Trained:
    """Fit on all rows with outcomes before the cut (see `split_history`).

    Args:
        frames: Checked rows, a frame a window, oldest first.
        model: The spec.
        build: The resolved `estimator.path`.
        make: The resolved `features.make`.
        weigh: The resolved `training_weights.path`, when the spec names a function.

    Raises:
        TooFewRows: Fewer rows than `model.min_rows`.
        OneClass: The training rows have a single class.
        TrainingFailed: The estimator cannot be built or fitted, or the weights cannot be used.
    """
    parts = split_history(frames, model)
    rows = parts.train
    estimator, features, warnings = fit(rows, model, build, make, weigh)
    scores = score_rows(estimator, design(parts.holdout, model, make), model)
    target, times = outcomes(rows, model), rows[model.event_time]
    early = stopped(estimator, rows, model)
    return Trained(estimator, features, parts.holdout, scores, parts.cut, len(rows), warnings, target, times, early)


def refit(
    frames: Sequence[pd.DataFrame],
    trained: Trained,
    model: Model,
    build: Callable[..., Any],
    make: Make | None,
    weigh: Weigh | None = None,
) -> Trained:
    """Fit the recipe once more, on all rows with outcomes, the holdout too; what was measured stays as it was.

    Args:
        frames: Checked rows, a frame a window, oldest first.
        trained: What was fitted without the holdout.
        model: The spec.
        build: The resolved `estimator.path`.
        make: The resolved `features.make`.
        weigh: The resolved `training_weights.path`, when the spec names a function.

    Raises:
        TrainingFailed: The estimator cannot be fitted on these rows, or the weights cannot be used.
        ScoringFailed: What was fitted gives no finite scores. They are looked at for that alone: it has seen the rows.
    """
    rows = pd.concat([frame[frame[model.target].notna()] for frame in frames], ignore_index=True)
    estimator, _, warnings = fit(rows, model, build, make, weigh)
    score_rows(estimator, design(trained.holdout, model, make), model)
    again = Refitted(estimator, len(rows), warnings)
    return replace(trained, refitted=again, stopped=stopped(estimator, rows, model))


def fit(
    rows: pd.DataFrame, model: Model, build: Callable[..., Any], make: Make | None, weigh: Weigh | None = None
) -> tuple[Any, pd.DataFrame, tuple[FitWarning, ...]]:
    """Fit the declared estimator on rows with outcomes; return it, the rows as it saw them, and what it warned of.

    Raises:
        TooFewRows: Fewer rows than `model.min_rows`.
        OneClass: The rows have a single class.
        TrainingFailed: The estimator cannot be built or fitted, or the weights cannot be used.
    """
    if len(rows) < model.min_rows:
        cause = f"{model.name}: {len(rows)} training rows with outcomes, fewer than min_rows={model.min_rows}"
        raise TooFewRows(cause, "wait for more data, widen history, or lower min_rows")
    target = outcomes(rows, model)
    if model.task != "regression" and len(set(target.tolist())) < 2:
        cause = f"{model.name}: all {len(rows)} training rows have {model.target}={target[0]!r}"
        raise OneClass(cause, "a classifier needs rows of at least two classes; check the target or widen history")
    features = design(rows, model, make)
    with gathered() as raised:
        estimator = build_estimator(model, build)
        if model.early_stopping is None:
            estimator = _fit(estimator, features, target, row_weights(rows, model, weigh), model)
        else:
            estimator = _fit_until(estimator, features, rows, model, model.early_stopping, weigh)
    return estimator, features, kept(raised)


def build_estimator(model: Model, build: Callable[..., Any]) -> Any:
    """Return the unfitted estimator, with the spec's seed as every `random_state` left open, nested ones too."""
    params = dict(model.estimator.params)
    try:
        if "random_state" in inspect.signature(build).parameters:
            params.setdefault("random_state", model.seed)
        estimator = build(**params)
        _say_defaults(estimator)
        _seed(estimator, model.seed)
    except Exception as error:
        cause = f"{model.name}: estimator {model.estimator.path} cannot be built: {type(error).__name__}: {error}"
        raise TrainingFailed(cause, "correct the estimator's path or parameters in the spec") from error
    needed = "predict" if model.task == "regression" else "predict_proba"
    if not hasattr(estimator, "fit") or not hasattr(estimator, needed):
        cause = f"{model.name}: {model.estimator.path} gives a {type(estimator).__name__} without fit and {needed}"
        raise TrainingFailed(cause, f"a {model.task} task needs a scikit-learn estimator with fit and {needed}")
    if model.early_stopping is not None:
        refuse_unstoppable(estimator, model)
    if model.task == "multiclass":
        estimator = with_numbers(estimator)
    return with_categories(estimator, model) if model.features.native_categories else estimator


def _say_defaults(estimator: Any) -> None:
    """Name the last estimator of a `StackingClassifier` that names none: its default has probabilities.

    scikit-learn looks for them in what is named, and finds none before the fit.
    """
    from sklearn.ensemble import StackingClassifier
    from sklearn.linear_model import LogisticRegression

    parts = [estimator, *(estimator.get_params(deep=True).values() if hasattr(estimator, "get_params") else ())]
    for part in parts:
        if isinstance(part, StackingClassifier) and part.final_estimator is None:
            part.final_estimator = LogisticRegression()


def _seed(estimator: Any, seed: int) -> None:
    """Give the seed to every `random_state` that is None: nothing may be drawn that a second run draws differently."""
    if not hasattr(estimator, "get_params"):
        return
    open_ones = {
        name: seed
        for name, value in estimator.get_params(deep=True).items()
        if value is None and (name == "random_state" or name.endswith("__random_state"))
    }
    if open_ones:
        estimator.set_params(**open_ones)


def score_rows(estimator: Any, features: pd.DataFrame, model: Model) -> np.ndarray:
    """Return scores: probability of 1 (binary, shape n), of each class (multiclass, n x k), or the prediction (n).

    Raises:
        ScoringFailed: When the estimator raises, or a score is not finite, or not a probability.
        ModelMisbehaved: When it is kept in the box, and crashes, hangs or asks for too much there.
    """
    if features.empty:
        return np.empty((0, len(estimator.classes_)) if model.task == "multiclass" else 0)
    features = _laid_out(features)
    try:
        if model.task == "regression":
            scores = np.asarray(estimator.predict(features), dtype=float)
        else:
            scores = np.asarray(estimator.predict_proba(features), dtype=float)
            scores = scores[:, list(estimator.classes_).index(1)] if model.task == "binary" else scores
    except WindvaneError:
        raise
    except Exception as error:
        cause = f"{model.name}: the estimator raised while scoring: {type(error).__name__}: {error}"
        raise ScoringFailed(cause, "check that the features are what the version was trained on") from error
    wrong = ~np.isfinite(scores)
    if model.task != "regression":
        wrong |= (scores < 0) | (scores > 1)
    if wrong.any():
        cause = f"{model.name}: {int(wrong.sum())} of {wrong.size} scores are not finite, or no probabilities"
        raise ScoringFailed(cause, "nothing was published; look at the estimator and its inputs")
    return scores


def _laid_out(features: pd.DataFrame) -> pd.DataFrame:
    """Return a frame whose numbers lie in memory as those of every other one, whatever it was cut from.

    The last bit of a sum hangs on it, and the same rows are to have the same scores.
    """
    return pd.DataFrame({name: features[name] for name in features}, index=features.index)


def _fit(estimator: Any, features: pd.DataFrame, target: Any, weights: np.ndarray | None, model: Model) -> Any:
    more = weights_argument(estimator, weights, model)
    try:
        return estimator.fit(features, target, **more)
    except WindvaneError:
        raise
    except Exception as error:
        cause = f"{model.name}: {type(estimator).__name__} raised while fitting: {type(error).__name__}: {error}"
        raise TrainingFailed(cause, "mend the estimator or its features; nothing was stored") from error


def _fit_until(
    estimator: Any,
    features: pd.DataFrame,
    rows: pd.DataFrame,
    model: Model,
    declared: EarlyStopping,
    weigh: Weigh | None,
) -> Any:
    """Fit without the latest rows, which say when to stop.

    Raises:
        TooFewRows: The rows cannot be cut by time.
        OneClass: Those that are learned from have a single class.
        TrainingFailed: The estimator raised.
    """
    earlier = set_aside(rows, model, declared).to_numpy()
    parts = [
        Part(features[side], outcomes(rows[side], model), row_weights(rows[side], model, weigh))
        for side in (earlier, ~earlier)
    ]
    if model.task != "regression" and len(set(parts[0].target.tolist())) < 2:
        cause = (
            f"{model.name}: the {int(earlier.sum())} rows before those that early_stopping sets aside have one class"
        )
        raise OneClass(cause, "a classifier needs rows of at least two classes; widen history, or leave it out")
    try:
        return fit_until(estimator, parts[0], parts[1], declared.rounds)
    except WindvaneError:
        raise
    except Exception as error:
        cause = f"{model.name}: {type(estimator).__name__} raised while fitting: {type(error).__name__}: {error}"
        raise TrainingFailed(cause, "mend the estimator or its features; nothing was stored") from error
