"""How much each training row counts: the published formula, a user's own function, and estimators that take none."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from tests.unit.lifecycle.examples import model_with, rows_of
from windvane import Features, Weights
from windvane.errors import SpecError, TrainingFailed
from windvane.lifecycle.train import train
from windvane.lifecycle.weights import reweighing, row_weights

NUMBERS = Features(numbers=("income", "debt"))


def test_reweighing_gives_the_weights_of_the_papers_example() -> None:
    """Kamiran and Calders 2012, table 1: ten applicants, sex and class; their weights are 0.75, 1.5, 0.67 and 2."""
    sex = pd.Series(["m"] * 5 + ["f"] * 5)
    hired = pd.Series([1, 1, 1, 1, 0, 0, 1, 0, 1, 0], dtype=float)
    found = reweighing(sex, hired)
    expected = {("m", 1): 0.75, ("m", 0): 2.0, ("f", 1): 1.5, ("f", 0): 2 / 3}
    assert found == pytest.approx([expected[one] for one in zip(sex, hired.astype(int), strict=True)])


def test_under_the_weights_the_outcome_does_not_depend_on_the_group() -> None:
    random = np.random.default_rng(0)
    groups = pd.Series(random.choice(["a", "b", "c"], 3000, p=[0.6, 0.3, 0.1])).where(lambda one: one != "c", None)
    target = pd.Series((random.random(3000) < np.where(groups == "a", 0.1, 0.6)).astype(float))
    weights = reweighing(groups, target)
    shares = [np.average(target[rows], weights=weights[rows]) for rows in (groups == "a", groups == "b", groups.isna())]
    assert shares == pytest.approx([target.mean()] * 3)
    assert weights.sum() == pytest.approx(3000)


def weighted(model: Any, **more: Any) -> Any:
    def build() -> Any:
        return make_pipeline(StandardScaler(), LogisticRegression())

    return train([rows_of(400)], model, build, None, **more).estimator.predict_proba(
        rows_of(50, seed=1)[["income", "debt"]]
    )


def test_weights_reach_the_last_step_of_a_pipeline_and_change_the_version() -> None:
    plain = weighted(model_with(features=NUMBERS, carry=("region",)))
    one = weighted(
        model_with(features=NUMBERS, training_weights=Weights.callable("m:w")), weigh=lambda rows: np.ones(len(rows))
    )
    own = weighted(
        model_with(features=NUMBERS, training_weights=Weights.callable("m:w")),
        weigh=lambda rows: 1.0 + 9.0 * rows["default"],
    )
    assert np.allclose(plain, one)
    assert own[:, 1].mean() > plain[:, 1].mean() + 0.1


@pytest.mark.parametrize(
    ("weigh", "message"),
    [
        (lambda rows: np.ones(3), r"shape \(3,\)"),
        (lambda rows: np.full(len(rows), -1.0), "negative"),
        (lambda rows: np.full(len(rows), np.nan), "not finite"),
        (lambda rows: np.zeros(len(rows)), "all zero"),
        (lambda rows: rows["nothing"], "KeyError"),
    ],
)
def test_weights_that_are_none_are_refused_by_name(weigh: Any, message: str) -> None:
    with pytest.raises(TrainingFailed, match=message):
        row_weights(rows_of(20), model_with(training_weights=Weights.callable("m:w")), weigh)


def test_an_estimator_that_takes_no_weights_is_named() -> None:
    model = model_with(features=NUMBERS, carry=("region",), training_weights=Weights.reweighing("region"))
    with pytest.raises(TrainingFailed, match="KNeighborsClassifier takes none"):
        train([rows_of(200)], model, KNeighborsClassifier, None)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"training_weights": Weights.reweighing("regoin")}, "did you mean 'region'"),
        ({"training_weights": Weights.reweighing("default")}, "unknown column"),
        ({"training_weights": Weights.reweighing("region"), "task": "regression"}, "classes to balance"),
    ],
)
def test_a_mistake_is_told_when_the_spec_is_defined(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(SpecError, match=message):
        model_with(**fields)


def test_weights_name_a_column_or_a_function() -> None:
    with pytest.raises(SpecError, match="names a protected column"):
        Weights(kind="reweighing")
    with pytest.raises(SpecError, match="not an import path"):
        Weights.callable("weights")
