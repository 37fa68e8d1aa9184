"""Splitting, designing features, training and evaluating: the holdout is later, the same input gives the same model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression, SGDClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

from tests.unit.lifecycle.examples import model_with, rows_of, version_of
from windvane import Estimator, Features, Gate, rule
from windvane.errors import (
    MissingColumn,
    OneClass,
    ScoringFailed,
    SourceFailed,
    TooFewRows,
    TrainingFailed,
    WrongType,
)
from windvane.lifecycle.evaluate import Contender, evaluate
from windvane.lifecycle.features import design, outcomes
from windvane.lifecycle.split import holdout_of, split
from windvane.lifecycle.train import build_estimator, score_rows, train

if TYPE_CHECKING:
    import pandas as pd


def build(C: float = 1.0) -> Any:  # noqa: N803  # scikit-learn's own name
    columns = ColumnTransformer(
        [("codes", OneHotEncoder(handle_unknown="ignore"), ["region"])], remainder="passthrough"
    )
    return make_pipeline(columns, LogisticRegression(C=C))


def regress() -> Any:
    columns = ColumnTransformer([("codes", OneHotEncoder(), ["region"])], remainder="passthrough")
    return make_pipeline(columns, LinearRegression())


def test_every_holdout_row_is_later_than_every_training_row_even_among_ties() -> None:
    frame = rows_of(100)
    frame["applied_at"] = frame["applied_at"].dt.floor("7D")
    parts = split(frame, model_with(holdout=0.3))
    assert parts.train["applied_at"].max() < parts.holdout["applied_at"].min() == parts.cut
    assert len(parts.train) + len(parts.holdout) == 100


def test_rows_without_an_outcome_are_on_neither_side() -> None:
    frame = rows_of(100)
    frame.loc[::10, "default"] = np.nan
    parts = split(frame, model_with())
    assert len(parts.train) + len(parts.holdout) == 90
    assert holdout_of(frame, model_with(), parts.cut).equals(parts.holdout)


@pytest.mark.parametrize("count", [0, 1])
def test_too_few_rows_to_cut_are_named(count: int) -> None:
    with pytest.raises(TooFewRows, match="cannot be cut"):
        split(rows_of(100).head(count), model_with())


def test_rows_of_one_moment_cannot_be_cut() -> None:
    frame = rows_of(50)
    frame["applied_at"] = frame["applied_at"].iloc[0]
    with pytest.raises(TooFewRows):
        split(frame, model_with())


def test_design_gives_declared_columns_in_order_whatever_the_source_order() -> None:
    frame = rows_of(5)
    frame.loc[0, "region"] = None
    found = design(frame[frame.columns[::-1]], model_with(), None)
    assert list(found.columns) == ["income", "debt", "region"]
    assert found["region"].iloc[0] is None
    assert found["income"].dtype == float


def test_made_features_are_the_same_in_training_and_scoring() -> None:
    model = model_with(features=Features(numbers=("income",), make="m:f", made=("twice",)))
    seen: list[list[str]] = []

    def make(frame: pd.DataFrame) -> pd.DataFrame:
        seen.append(list(frame.columns))
        return frame.assign(twice=2 * frame["income"])

    found = design(rows_of(5), model, make)
    assert (found["twice"] == 2 * found["income"]).all()
    assert "default" not in seen[0]


@pytest.mark.parametrize(
    ("make", "error"),
    [
        (lambda frame: 1 / 0, SourceFailed),
        (lambda frame: None, SourceFailed),
        (lambda frame: frame.head(2), SourceFailed),
        (lambda frame: frame, MissingColumn),
        (lambda frame: frame.assign(twice="many"), WrongType),
    ],
)
def test_a_bad_make_is_named(make: Any, error: type[Exception]) -> None:
    model = model_with(features=Features(numbers=("income",), make="m:f", made=("twice",)))
    with pytest.raises(error):
        design(rows_of(5), model, make)


def test_a_number_that_is_text_is_named() -> None:
    with pytest.raises(WrongType, match="income"):
        design(rows_of(3).assign(income=["a", "b", "c"]), model_with(), None)


def test_training_twice_gives_the_same_scores_and_uses_no_row_after_the_cut() -> None:
    frame, model = rows_of(), model_with()
    first, second = (train([frame], model, build, None) for _ in range(2))
    assert np.array_equal(first.scores, second.scores)
    changed = frame.copy()
    late = changed["applied_at"] >= first.trained_until
    changed.loc[late, "default"] = 1 - changed.loc[late, "default"]
    third = train([changed], model, build, None)
    rows = design(frame, model, None)
    assert np.array_equal(score_rows(third.estimator, rows, model), score_rows(first.estimator, rows, model))


def test_the_seed_is_handed_to_an_estimator_that_takes_one() -> None:
    seen: dict[str, Any] = {}

    def seeded(C: float, random_state: int = 9) -> Any:  # noqa: N803  # scikit-learn's own name
        seen.update(C=C, random_state=random_state)
        return build(C)

    model = model_with(seed=4, estimator=Estimator("m:f", C=0.1))
    train([rows_of()], model, seeded, None)
    assert seen == {"C": 0.1, "random_state": 4}


def test_a_nested_seed_that_was_left_open_is_the_specs() -> None:
    model = model_with(seed=4, features=Features(numbers=("income", "debt")))
    nested = build_estimator(model, lambda: make_pipeline(SGDClassifier(), RandomForestClassifier(random_state=7)))
    assert nested.get_params()["sgdclassifier__random_state"] == 4
    assert nested.get_params()["randomforestclassifier__random_state"] == 7


@pytest.mark.parametrize(
    ("factory", "error"),
    [
        (lambda: 1 / 0, TrainingFailed),
        (lambda: object(), TrainingFailed),
        (lambda: LinearRegression(), TrainingFailed),
        (lambda: LogisticRegression(), TrainingFailed),  # raises on the text column
    ],
)
def test_an_estimator_that_cannot_be_used_is_named(factory: Any, error: type[Exception]) -> None:
    with pytest.raises(error, match="loans"):
        train([rows_of()], model_with(), factory, None)


def test_one_class_and_too_few_rows_are_named() -> None:
    with pytest.raises(OneClass):
        train([rows_of().assign(default=1.0)], model_with(), build, None)
    with pytest.raises(TooFewRows, match="min_rows"):
        train([rows_of(30)], model_with(min_rows=500), build, None)


def test_scores_that_are_no_probabilities_are_refused() -> None:
    class Odd:
        classes_ = (0, 1)

        def predict_proba(self, rows: pd.DataFrame) -> Any:
            return np.full((len(rows), 2), np.nan)

    class Raises(Odd):
        def predict_proba(self, rows: pd.DataFrame) -> Any:
            raise ValueError("boom")

    rows = design(rows_of(5), model_with(), None)
    with pytest.raises(ScoringFailed, match="5 of 5"):
        score_rows(Odd(), rows, model_with())
    with pytest.raises(ScoringFailed, match="boom"):
        score_rows(Raises(), rows, model_with())
    assert len(score_rows(Odd(), rows.head(0), model_with())) == 0


@pytest.mark.parametrize(("task", "factory"), [("binary", build), ("multiclass", build), ("regression", regress)])
def test_an_evaluation_sees_signal_and_compares_on_the_same_rows(task: str, factory: Any) -> None:
    model = model_with(task=task, gate=Gate(rule.per_slice("region")))
    frame = rows_of(600, task=task)
    trained = train([frame], model, factory, None)
    version = version_of(trained_until=trained.trained_until)
    weak = train([rows_of(600, seed=9, task=task, strength=-1.5)], model, factory, None)
    found = evaluate(
        holdout_of(frame, model, trained.trained_until),
        split(frame, model).train,
        model,
        None,
        Contender(version, trained.estimator),
        Contender(version_of(version=1, trained_until=weak.trained_until), weak.estimator),
    )
    assert found.champion == 1
    assert found.rows == 180
    primary = found.metric(model.metric)
    assert primary is not None
    assert primary.low is not None and primary.value is not None and primary.high is not None
    assert primary.low < primary.value < primary.high
    for other in ("baseline", "v1"):
        comparison = next(c for c in found.comparisons if c.other == other and c.metric == model.metric and not c.slice)
        assert comparison.difference is not None and comparison.std_error is not None
        assert comparison.difference + 2 * comparison.std_error < 0
    assert set(found.slices) == {"region=north", "region=south"}
    assert sum(c.rows for c in found.comparisons if c.slice) == 180


def test_a_holdout_of_one_row_is_refused() -> None:
    frame, model = rows_of(), model_with()
    trained = train([frame], model, build, None)
    with pytest.raises(TooFewRows):
        evaluate(frame.tail(1), frame, model, None, Contender(version_of(), trained.estimator), None)


def test_outcomes_have_the_type_of_their_task() -> None:
    assert outcomes(rows_of(5), model_with()).dtype == np.int64
    assert outcomes(rows_of(5, task="regression"), model_with(task="regression")).dtype == float
    assert set(outcomes(rows_of(99, task="multiclass"), model_with(task="multiclass"))) == {
        "low",
        "mid",
        "high",
    }
