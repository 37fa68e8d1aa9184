"""Explanations: importances against their closed form, intervals that cover it, and rows that truly differ most."""

from __future__ import annotations

import builtins
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from tests.unit.lifecycle.examples import model_with, rows_of, version_of
from tests.unit.lifecycle.test_training import build
from windvane import Features, Model
from windvane.errors import MissingExtra
from windvane.lifecycle.evaluate import Contender
from windvane.lifecycle.explain import ROWS, Sample, explain, partial_dependence, permutation_importance
from windvane.lifecycle.features import design, outcomes
from windvane.lifecycle.shap_values import mean_shap_values, shap_values
from windvane.results import Importance

if TYPE_CHECKING:
    import pandas as pd

REGRESSION = model_with(task="regression", features=Features(numbers=("income", "debt")), carry=("region",))


def linear(income: float, debt: float) -> Any:
    """A fixed regression: nothing is estimated, so that the truth is known."""
    fixed = LinearRegression()
    fixed.coef_, fixed.intercept_, fixed.n_features_in_ = np.array([income, debt]), 0.0, 2
    return make_pipeline(FunctionTransformer(lambda frame: frame.to_numpy()), fixed)


def line(rows: int, seed: int) -> pd.DataFrame:
    """Rows with y = 2 income + noise; debt says nothing."""
    frame = rows_of(rows, seed=seed)
    random = np.random.default_rng([seed, 1])
    return frame.assign(default=2.0 * frame["income"] + random.standard_normal(rows))


def fitted(model: Model, frame: pd.DataFrame) -> Any:
    return build().fit(design(frame, model, None), outcomes(frame, model))


def sample_of(frame: pd.DataFrame, model: Model, estimator: Any) -> Sample:
    return Sample(frame.reset_index(drop=True), model, None, estimator)


@cache
def importance_of_a_line(seed: int) -> tuple[Importance, ...]:
    """Kept, since two tests look at the same simulations."""
    return permutation_importance(sample_of(line(200, seed), REGRESSION, linear(2.0, 0.0)))


@pytest.mark.parametrize("runs", [60])
def test_the_importance_of_a_linear_feature_is_twice_its_squared_effect_and_the_intervals_cover_it(runs: int) -> None:
    """Squared loss of f = 2 x on y = 2 x + e: shuffling x adds E[(2x - 2x')²] = 2 · 4 · Var(x) = 8; debt adds 0."""
    covered, values = 0, []
    for seed in range(runs):
        income, debt = importance_of_a_line(seed)
        assert (income.feature, debt.feature) == ("income", "debt")
        assert debt.increase == 0.0
        assert income.increase is not None
        assert income.low is not None
        assert income.high is not None
        covered += income.low <= 8.0 <= income.high
        values.append(income.increase)
    assert np.mean(values) == pytest.approx(8.0, rel=0.02)
    assert 0.92 <= covered / runs <= 0.985


@pytest.mark.parametrize("runs", [60])
def test_an_error_over_rows_alone_would_be_too_narrow(runs: int) -> None:
    """Each value is lent to another row as well: without that half the variance is missed."""
    values, spreads = [], []
    for seed in range(runs):
        income, _ = importance_of_a_line(seed)
        assert income.increase is not None
        assert income.high is not None
        values.append(income.increase)
        spreads.append((income.high - income.increase) / 1.96)
    assert np.mean(spreads) == pytest.approx(np.std(values), rel=0.12)


@pytest.mark.parametrize("runs", [20])
def test_rows_of_one_cluster_share_their_surprise(runs: int) -> None:
    """40 customers of 5 rows with one income each; a row's donor has its own income 4 times in 199."""
    model = model_with(
        task="regression",
        features=Features(numbers=("income", "debt")),
        carry=("region", "customer"),
        cluster="customer",
    )
    truth, held, naive = 8.0 * (1 - 4 / 199), 0, 0
    customer = np.arange(200) % 40
    for seed in range(runs):
        frame = line(200, seed)
        noise = frame["default"] - 2.0 * frame["income"]
        income = np.random.default_rng([seed, 2]).standard_normal(40)[customer]
        frame = frame.assign(income=income, default=2.0 * income + noise, customer=customer)
        found = [permutation_importance(sample_of(frame, spec, linear(2.0, 0.0)))[0] for spec in (model, REGRESSION)]
        covers = [item.low is not None and item.high is not None and item.low <= truth <= item.high for item in found]
        held, naive = held + covers[0], naive + covers[1]
    assert held >= 0.85 * runs
    assert naive < 0.75 * runs


def test_the_same_rows_give_the_same_explanation_and_large_holdouts_are_sampled() -> None:
    model, frame = model_with(), rows_of(ROWS + 500, seed=3)
    contender = Contender(version_of(), fitted(model, rows_of(300)))
    first, second = (explain(frame, model, None, contender, None) for _ in range(2))
    assert first.to_json() == second.to_json()
    assert first.rows == ROWS
    assert first.champion is None
    assert first.disagreements == ()
    assert first.importance[0].feature == "income"


def test_dependence_is_the_mean_score_with_the_value_in_every_row() -> None:
    model, frame = model_with(), rows_of(300)
    estimator = fitted(model, frame)
    sample = sample_of(frame, model, estimator)
    income, region = partial_dependence(sample, "income"), partial_dependence(sample, "region")
    means = income.means["score"]
    assert all(before < after for before, after in pairwise(means)), "income raises the chance"
    by_hand = [sample.scores(frame.assign(region=value)).mean() for value in region.at]
    assert set(region.at) == {"north", "south"}
    assert region.means["score"] == pytest.approx(by_hand)


@pytest.mark.parametrize("task", ["binary", "multiclass", "regression"])
def test_the_rows_of_greatest_disagreement_are_shown_first(task: str) -> None:
    model = REGRESSION if task == "regression" else model_with(task=task)
    frame = rows_of(300, task=task)
    if task == "regression":
        own, other = linear(2.0, 0.0), linear(0.0, 1.0)
    else:
        own, other = fitted(model, frame), fitted(model, rows_of(300, seed=9, task=task, strength=-1.5))
    found = explain(frame, model, None, Contender(version_of(), own), Contender(version_of(version=1), other))
    distances = [item.distance for item in found.disagreements]
    assert found.champion == 1
    assert len(distances) == 10
    assert distances == sorted(distances, reverse=True)
    assert set(found.disagreements[0].features) == {item.feature for item in found.importance[:3]}
    assert found.disagreements[0].key in set(frame["loan_id"])


def test_a_class_that_only_one_version_knows_counts_as_nothing_from_the_other() -> None:
    model = model_with(task="multiclass")
    frame = rows_of(300, task="multiclass")
    known = frame[frame["default"] != "mid"]
    own, other = fitted(model, frame), fitted(model, known)
    found = explain(frame, model, None, Contender(version_of(), own), Contender(version_of(version=1), other))
    assert all(0 < item.distance <= 1 for item in found.disagreements)


def test_missing_values_and_columns_without_any_value_are_explained_too() -> None:
    frame = rows_of(300).assign(debt=np.nan)
    frame.loc[::7, "region"] = None
    model = model_with()

    class Income:
        classes_ = np.array([0, 1])

        def predict_proba(self, rows: pd.DataFrame) -> Any:
            chance = 1 / (1 + np.exp(-rows["income"].to_numpy()))
            return np.column_stack([1 - chance, chance])

    found = explain(frame, model, None, Contender(version_of(), Income()), None)
    assert {item.feature for item in found.importance if item.increase == 0.0} == {"debt", "region"}
    assert next(item for item in found.dependence if item.feature == "debt").at == ()


def test_shap_values_add_up_to_the_score_whatever_the_columns_are() -> None:
    model, frame = model_with(), rows_of(300)
    frame.loc[::5, "region"] = None
    sample = sample_of(frame, model, fitted(model, frame))
    rows, values = shap_values(sample, 5)
    gap = sample.scores(rows) - values.sum(axis=1)
    assert gap.std() < 1e-6, "what is left is the mean score of the background, the same for all"


def test_the_shap_value_of_a_linear_feature_is_its_effect_on_the_distance_from_the_mean() -> None:
    sample = sample_of(line(300, 0), REGRESSION, linear(2.0, 0.0))
    rows, values = shap_values(sample, 100)
    by_hand = 2.0 * rows["income"].to_numpy()
    assert (values[:, 0] - by_hand).std() < 1e-9, "less twice the mean of the background, the same for all"
    assert np.abs(values[:, 1]).max() < 1e-9
    income, debt = mean_shap_values(sample)
    assert (income.feature, debt.mean) == ("income", 0.0)
    assert income.mean == pytest.approx(np.abs(values[:, 0]).mean())
    assert income.low < income.mean < income.high


def test_without_the_extra_shap_is_refused_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without(name: str, *arguments: Any, **more: Any) -> Any:
        if name == "shap":
            raise ImportError(name)
        return real(name, *arguments, **more)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(MissingExtra, match=r"windvane\[explain\]"):
        mean_shap_values(sample_of(rows_of(100), model_with(), None))


def test_a_column_may_have_any_name() -> None:
    """`self` among the loans, whose other meaning is `self-employed`."""
    frame = rows_of(100).rename(columns={"income": "self"})
    model = model_with(features=Features(numbers=("self", "debt")), carry=("region",))
    estimator = LogisticRegression().fit(design(frame, model, None), outcomes(frame, model))
    found = explain(frame, model, None, Contender(version_of(), estimator), None)
    assert {item.feature for item in found.importance} == {"self", "debt"}
