"""Boosted trees of four libraries: stopped by the latest training rows, and with categories as the library has them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from windvane import EarlyStopping, Estimator, Features, Model, Source, Weights
from windvane.errors import OneClass, SpecError, TooFewRows, TrainingFailed
from windvane.lifecycle.early_stopping import set_aside, stopped
from windvane.lifecycle.features import design
from windvane.lifecycle.native_categories import known_categories, unknown_categories
from windvane.lifecycle.train import build_estimator, fit, score_rows
from windvane.stores.model_formats import dump, load

ROWS = 600


def _xgboost(**more: Any) -> Any:
    from xgboost import XGBClassifier, XGBRegressor

    kind = XGBRegressor if more.pop("number", False) else XGBClassifier
    return kind(**{"n_estimators": 200, "max_depth": 3, "n_jobs": 1, "random_state": 0, **more})


def _lightgbm(**more: Any) -> Any:
    from lightgbm import LGBMClassifier, LGBMRegressor

    kind = LGBMRegressor if more.pop("number", False) else LGBMClassifier
    return kind(**{"n_estimators": 200, "num_leaves": 8, "n_jobs": 1, "random_state": 0, "verbose": -1, **more})


def _catboost(**more: Any) -> Any:
    from catboost import CatBoostClassifier, CatBoostRegressor

    kind = CatBoostRegressor if more.pop("number", False) else CatBoostClassifier
    known = {"iterations": 200, "depth": 3, "learning_rate": 0.1, "thread_count": 1, "random_state": 0}
    return kind(**{**known, "verbose": False, "allow_writing_files": False, **more})


def _histogram(**more: Any) -> Any:
    kind = HistGradientBoostingRegressor if more.pop("number", False) else HistGradientBoostingClassifier
    return kind(**{"max_iter": 200, "max_leaf_nodes": 8, "random_state": 0, **more})


BUILD: dict[str, Callable[..., Any]] = {
    "xgboost": _xgboost,
    "lightgbm": _lightgbm,
    "catboost": _catboost,
    "histogram": _histogram,
}


def declared(**fields: Any) -> Model:
    known: dict[str, Any] = {
        "name": "shop",
        "owner": "growth",
        "source": Source.parquet("shop.parquet"),
        "event_time": "at",
        "key": "id",
        "target": "left",
        "task": "binary",
        "start": "2024-01-01",
        "features": Features(numbers=("price",), categories=("plan",), native_categories=True),
        "estimator": Estimator("models.shop:trees"),
    }
    return Model(**{**known, **fields})


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    draw = np.random.default_rng(4)
    plan = pd.Series(draw.choice(np.array(["basic", "family", "student", "trial"]), ROWS)).astype(object)
    price = draw.normal(size=ROWS)
    chance = 1 / (1 + np.exp(-(price + plan.map({"basic": -1.5, "family": 1.5, "student": 0.5, "trial": 0.0}))))
    left = (draw.random(ROWS) < chance).astype(float)
    at = pd.Timestamp("2024-01-01", tz="UTC") + pd.to_timedelta(np.arange(ROWS), unit="h")
    frame = pd.DataFrame({"id": [f"k{one}" for one in range(ROWS)], "at": at.astype("datetime64[us, UTC]")})
    frame["price"], frame["plan"], frame["left"] = price, plan.mask(pd.Series(draw.random(ROWS) < 0.05), None), left
    return frame


def scored(rows: pd.DataFrame, estimator: Any, model: Model) -> Any:
    return score_rows(estimator, design(rows, model, None), model)


@pytest.mark.parametrize("name", BUILD)
@pytest.mark.parametrize("task", ["binary", "multiclass", "regression"])
def test_a_fit_stops_by_later_rows_and_is_the_same_each_time_and_after_it_was_stored(
    rows: pd.DataFrame, name: str, task: Any
) -> None:
    model = declared(task=task, early_stopping=EarlyStopping(rounds=8, share=0.2))
    if task == "regression":
        rows = rows.assign(left=rows["left"] + rows["price"] ** 2)
    if task == "multiclass":
        some = np.where(rows["price"] > 0.7, "soon", np.where(rows["left"] == 1, "later", "never"))
        rows = rows.assign(left=pd.Series(some, index=rows.index).astype(object))

    def build() -> Any:
        return BUILD[name](number=task == "regression")

    estimator, _, warned = fit(rows, model, build, None)
    found = stopped(estimator, rows, model)
    assert found is not None
    assert 0 < found.rounds < 190
    assert (found.rows, found.since) == (120, datetime(2024, 1, 21, tzinfo=UTC))
    assert warned == ()
    data, form = dump(estimator)
    assert dump(fit(rows, model, build, None)[0]).data == data
    back = load(data, form)
    np.testing.assert_array_equal(scored(rows, back, model), scored(rows, estimator, model))
    assert stopped(back, rows, model) == found


@pytest.mark.parametrize("name", BUILD)
def test_a_class_that_only_the_later_rows_have_does_not_say_when_to_stop(rows: pd.DataFrame, name: str) -> None:
    model = declared(task="multiclass", early_stopping=EarlyStopping(rounds=8, share=0.2))
    grades = pd.Series(np.where(rows["left"] == 1, "later", "never"), index=rows.index).astype(object)
    grades[rows["price"] > 1] = "soon"
    rare = grades.copy()
    rare.iloc[-3:] = "new"
    alone = fit(rows.assign(left=grades).iloc[:-3], model, BUILD[name], None)[0]
    found = fit(rows.assign(left=rare), model, BUILD[name], None)[0]
    assert list(found.classes_) == ["later", "never", "soon"]
    assert scored(rows, found, model).shape == scored(rows, alone, model).shape == (ROWS, 3)
    only = grades.copy()
    only.iloc[-ROWS // 5 :] = "new"
    with pytest.raises(TooFewRows, match="of classes that the others lack"):
        fit(rows.assign(left=only), model, BUILD[name], None)


def test_every_step_before_the_trees_is_kept_in_a_pipeline_within_a_pipeline(rows: pd.DataFrame) -> None:
    model = declared(early_stopping=EarlyStopping(rounds=8, share=0.2), features=Features(numbers=("price",)))
    flat = fit(rows, model, lambda: make_pipeline(StandardScaler(), _histogram()), None)[0]
    nested = fit(rows, model, lambda: make_pipeline(make_pipeline(StandardScaler(), _histogram())), None)[0]
    assert [type(step) for _, step in nested.steps[-1][1].steps] == [type(step) for _, step in flat.steps]
    np.testing.assert_array_equal(scored(rows, nested, model), scored(rows, flat, model))


def test_labels_are_numbered_within_a_calibration_too(rows: pd.DataFrame) -> None:
    from sklearn.calibration import CalibratedClassifierCV

    model = declared(task="multiclass", features=Features(numbers=("price",)))
    grades = np.where(rows["price"] > 1, "soon", np.where(rows["left"] == 1, "later", "never"))
    rows = rows.assign(left=pd.Series(grades, index=rows.index).astype(object))
    found = fit(rows, model, lambda: CalibratedClassifierCV(_xgboost(n_estimators=5), cv=2), None)[0]
    assert list(found.classes_) == ["later", "never", "soon"]
    back = load(*dump(found))
    np.testing.assert_array_equal(scored(rows, back, model), scored(rows, found, model))
    assert set(back.predict(design(rows, model, None))) <= set(grades)


@pytest.mark.parametrize("name", BUILD)
def test_only_rounds_up_to_the_best_one_count_and_nothing_is_learned_from_the_later_rows(
    rows: pd.DataFrame, name: str
) -> None:
    model = declared(early_stopping=EarlyStopping(rounds=8, share=0.2))
    estimator = fit(rows, model, BUILD[name], None)[0]
    found = stopped(estimator, rows, model)
    assert found is not None
    plain = declared()
    earlier = rows.iloc[: ROWS - found.rows].reset_index(drop=True)
    if name == "catboost":  # how many rounds are asked for changes its first ones
        alone = fit(earlier, plain, _catboost, None)[0]
        alone.steps[-1][1].shrink(found.rounds)
    else:
        most = "max_iter" if name == "histogram" else "n_estimators"
        alone = fit(earlier, plain, lambda: BUILD[name](**{most: found.rounds}), None)[0]
    np.testing.assert_allclose(scored(rows, estimator, model), scored(rows, alone, plain), rtol=1e-6)


def test_the_steps_before_the_trees_are_fitted_without_the_later_rows(rows: pd.DataFrame) -> None:
    features = Features(numbers=("price",), categories=("plan",))
    model = declared(features=features, early_stopping=EarlyStopping(rounds=8, share=0.2))
    later = rows.copy()
    later.loc[ROWS - 120 :, "price"] += 1_000.0
    later.loc[ROWS - 120 :, "plan"] = "gold"

    def build() -> Any:
        words = OneHotEncoder(handle_unknown="ignore", sparse_output=False)
        columns = ColumnTransformer([("price", StandardScaler(), ["price"]), ("plan", words, ["plan"])])
        return make_pipeline(columns, _histogram())

    columns = fit(later, model, build, None)[0].steps[0][1]
    assert columns.named_transformers_["price"].mean_[0] == pytest.approx(rows["price"].iloc[: ROWS - 120].mean())
    assert "gold" not in columns.named_transformers_["plan"].categories_[0].tolist()


@pytest.mark.parametrize("name", BUILD)
def test_weights_reach_what_is_learned_from_and_what_says_when_to_stop(rows: pd.DataFrame, name: str) -> None:
    model = declared(early_stopping=EarlyStopping(rounds=8, share=0.2), training_weights=Weights.callable("a:b"))
    heavy = fit(rows, model, BUILD[name], None, lambda part: 1.0 + 9.0 * (part["price"] > 0))[0]
    even = fit(rows, model, BUILD[name], None, lambda part: np.ones(len(part)))[0]
    plain = fit(rows, declared(early_stopping=EarlyStopping(rounds=8, share=0.2)), BUILD[name], None)[0]
    np.testing.assert_allclose(scored(rows, even, model), scored(rows, plain, model), rtol=1e-6)
    assert not np.allclose(scored(rows, heavy, model), scored(rows, plain, model))


def test_rows_of_one_moment_are_on_one_side_and_no_row_is_later_than_those_set_aside(rows: pd.DataFrame) -> None:
    days = rows.assign(at=rows["at"].dt.floor("D")).sample(frac=1, random_state=1)
    earlier = set_aside(days, declared(), EarlyStopping(share=0.1))
    assert days["at"][earlier].max() < days["at"][~earlier].min()
    assert 0.1 * ROWS <= (~earlier).sum() < 0.1 * ROWS + 24


@pytest.mark.parametrize(
    ("change", "error"),
    [
        (lambda rows: rows.assign(at=rows["at"].iloc[0]), TooFewRows),
        (lambda rows: rows.assign(left=(np.arange(len(rows)) >= ROWS - 60).astype(float)), OneClass),
    ],
)
def test_rows_that_cannot_be_cut_or_learned_from_are_refused_by_name(
    rows: pd.DataFrame, change: Callable[[pd.DataFrame], pd.DataFrame], error: type[Exception]
) -> None:
    with pytest.raises(error, match="early_stopping"):
        fit(change(rows), declared(early_stopping=EarlyStopping()), _histogram, None)


def test_what_cannot_stop_is_refused_before_any_training() -> None:
    model = declared(early_stopping=EarlyStopping())
    with pytest.raises(TrainingFailed, match="a LogisticRegression does not stop early"):
        build_estimator(model, LogisticRegression)


@pytest.mark.parametrize("name", BUILD)
def test_categories_are_the_librarys_own_and_what_was_not_learnt_is_missing(rows: pd.DataFrame, name: str) -> None:
    model = declared()
    estimator = fit(rows, model, BUILD[name], None)[0]
    assert known_categories(estimator) == {"plan": ("basic", "family", "student", "trial")}
    data, form = dump(estimator)
    back = load(data, form)
    gold, missing = rows.assign(plan="gold"), rows.assign(plan=None)
    for one in (estimator, back):
        np.testing.assert_array_equal(scored(gold, one, model), scored(missing, one, model))
        np.testing.assert_array_equal(scored(rows[7:8], one, model), scored(rows, estimator, model)[7:8])
        reordered = rows.iloc[::-1].assign(plan=rows["plan"].iloc[::-1].astype("category"))
        np.testing.assert_array_equal(scored(reordered, one, model)[::-1], scored(rows, estimator, model))
    plan = rows["plan"].fillna("none")
    means = pd.Series(scored(rows, estimator, model)).groupby(plan.to_numpy()).mean()
    assert means["family"] > means["student"] > means["basic"]


def test_what_was_not_learnt_is_told_by_column_count_and_value(rows: pd.DataFrame) -> None:
    known = {"plan": ("basic", "family")}
    said = unknown_categories(rows[["plan"]].head(50), known)
    new = rows["plan"].head(50).isin(["student", "trial"]).sum()
    assert (
        said == f"Categories that it has not learnt are taken as missing: plan in {new} of 50 rows ('student', 'trial')"
    )
    assert unknown_categories(rows[["plan"]][:0], known) == ""
    assert known_categories(LogisticRegression()) == {}


def test_what_is_not_declared_stays_out_of_the_digest_and_mistakes_are_told() -> None:
    plain = declared(features=Features(numbers=("price",))).model_dump(mode="json")
    assert "early_stopping" not in plain
    assert "native_categories" not in plain["features"]
    assert declared().digest != declared(early_stopping=EarlyStopping()).digest
    assert declared().training_digest != declared(early_stopping=EarlyStopping()).training_digest
    with pytest.raises(SpecError, match="did you mean 'rounds'"):
        EarlyStopping(round=3)  # type: ignore[call-arg]  # the mistake
    with pytest.raises(SpecError, match="native_categories needs categories"):
        Features(numbers=("price",), native_categories=True)
