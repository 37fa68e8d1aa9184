"""A frame in the box is the frame outside it, so that a model's scores are the same to the last bit."""

from __future__ import annotations

import datetime as dt
import decimal
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.compose import make_column_transformer
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, TargetEncoder

from tests.torture.mutations import listed
from tests.unit.stores import listed_models
from tests.unit.stores.telling import Telling
from windvane import Estimator, Features, Gate, Model, Source, rule
from windvane.errors import ScoringFailed
from windvane.lifecycle.features import design
from windvane.lifecycle.train import score_rows
from windvane.stores import box
from windvane.stores.box.boxed import Raised
from windvane.stores.models import dump_model, load_model

pytestmark = pytest.mark.filterwarnings("ignore")  # fits on few rows do not converge
OWN = ("tests.unit.stores.telling.Telling",)
STAMP = pd.Timestamp("2026-03-29 02:30")
COLUMNS: dict[str, Any] = {
    "texts and None": pd.Series(["a", None, "ä\n\0"], dtype=object),
    "texts and NaN": pd.Series(["a", float("nan"), "b"], dtype=object),
    "texts and NA": pd.Series(["a", pd.NA, pd.NaT], dtype=object),
    "text": pd.Series(["a", None, ""], dtype="str"),
    "nullable text": pd.Series(["a", None, ""], dtype="string"),
    "lone surrogate": pd.Series(["\ud800", None, "b"], dtype=object),
    "categories": pd.Categorical(["b", None, "b"], categories=["b", "a"]),
    "ordered categories": pd.Categorical([2, 1, 2], categories=[2, 1], ordered=True),
    "nullable whole": pd.array([1, None, 2**62 + 1], dtype="Int64"),
    "nullable number": pd.array([1.5, None, 2.0], dtype="Float64"),
    "nullable flag": pd.array([True, None, False], dtype="boolean"),
    "flags": [True, False, True],
    "flags and None": pd.Series([True, None, False], dtype=object),
    "whole numbers as objects": pd.Series([1, None, 2**70], dtype=object),
    "several kinds": pd.Series([1, "1", 1.0], dtype=object),
    "small numbers": np.array([1, 2, 3], dtype="int8"),
    "halves": np.array([0.1, np.nan, -0.0], dtype="float32"),
    "negative zero and NaN": [-0.0, np.nan, 5e-324],
    "dates": pd.to_datetime(["2026-03-29", "NaT", "1970-01-01"]),
    "seconds": pd.Series([STAMP, pd.NaT, STAMP]).astype("datetime64[s]"),
    "moments of a zone": pd.to_datetime(["2026-03-29", "NaT", "1970-01-01"], utc=True).tz_convert("Asia/Tokyo"),
    "moments as objects": pd.Series([STAMP, None, STAMP.date()], dtype=object),
    "lengths of time": pd.to_timedelta([1, None, 3], unit="h"),
    "periods": pd.PeriodIndex(["2026-01", None, "2026-03"], freq="M"),
    "decimals": pd.Series([decimal.Decimal("1.10"), None, decimal.Decimal("NaN")], dtype=object),
    "times of day": pd.Series([dt.time(1), None, dt.timedelta(1)], dtype=object),
    "bytes, lists": pd.Series([b"a", [1, None], (1,)], dtype=object),
    "sparse": pd.arrays.SparseArray([0.0, 0.0, 1.0]),
}

MODEL = Model(
    name="mixed",
    owner="a",
    task="regression",
    target="y",
    key="id",
    event_time="at",
    start="2026-01-01",
    outcome_after="1d",
    source=Source.parquet("rows.parquet"),
    features=Features(numbers=("x", "z")),
    estimator=Estimator("sklearn.linear_model:Ridge"),
    gate=Gate(rule.better_than_baseline()),
)


@pytest.fixture(scope="module")
def telling() -> box.Boxed:
    return box.boxed(dump_model(Telling().fit(None)), "skops", OWN)


def scored(estimator: Any, frame: pd.DataFrame, model: Model) -> Any:
    """Return scores, or what is said in their place."""
    try:
        return score_rows(estimator, frame, model).tolist()
    except ScoringFailed as error:
        return str(error)


@pytest.mark.parametrize("kind", COLUMNS)
def test_a_column_of_any_kind_is_in_the_box_what_it_is_outside(kind: str, telling: box.Boxed) -> None:
    frame = pd.DataFrame({"x": [1.0, np.nan, 3.0], "it": COLUMNS[kind], "y": [2.0, 3.0, 4.0]})
    for one in (frame, frame.iloc[:1], frame.iloc[[2, 0]], frame.set_index(pd.Index(["r", "s", "s"]))):
        assert scored(telling, one, MODEL) == scored(Telling(), one, MODEL)
    assert scored(telling, frame, MODEL) != scored(Telling(), frame.assign(x=[1.0, np.nan, 3.5]), MODEL), "it tells"


VALUE = st.one_of(
    st.none(),
    st.text(max_size=4),
    st.integers(),
    st.floats(),
    st.booleans(),
    st.datetimes(),
    st.decimals(),
    st.sampled_from([pd.NA, pd.NaT, np.float32(0.1), np.int8(1), np.str_("a")]),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(VALUE, VALUE, st.floats()), min_size=1, max_size=6))
def test_a_column_of_any_values_is_in_the_box_what_it_is_outside(rows: list[Any]) -> None:
    frame = pd.DataFrame(rows, columns=["a", "b", "c"], dtype=object).astype({"c": float})
    assert scored(shared(), frame, MODEL) == scored(Telling(), frame, MODEL)


_SHARED: list[box.Boxed] = []


def shared() -> box.Boxed:
    """Return one model for all examples."""
    if not _SHARED:
        _SHARED.append(box.boxed(dump_model(Telling().fit(None)), "skops", OWN))
    return _SHARED[0]


def test_what_cannot_be_handed_over_is_named(telling: box.Boxed) -> None:
    with pytest.raises(Raised, match="cannot be handed to another process"):
        telling.predict(pd.DataFrame({"x": [lambda: 1]}))


@pytest.mark.parametrize(
    "encoder", [OneHotEncoder(handle_unknown="error"), OrdinalEncoder(encoded_missing_value=-1), TargetEncoder()]
)
@pytest.mark.parametrize("missing", [None, float("nan")])
def test_texts_with_a_missing_one_are_encoded_as_outside(encoder: Any, missing: Any) -> None:
    """It was refused in the box, or told another code: every missing text was None there."""
    random = np.random.default_rng(1)
    frame = pd.DataFrame({"x": random.normal(size=60), "z": random.normal(size=60)})
    frame["place"] = pd.Series(["a", "b", missing] * 20, dtype=object)
    labels = (frame.x > 0).astype(int)
    dense = encoder.set_params(sparse_output=False) if isinstance(encoder, OneHotEncoder) else encoder
    prepared = make_column_transformer((dense, ["place"]), remainder="passthrough")
    data = dump_model(make_pipeline(prepared, GaussianNB()).fit(frame, labels))
    assert np.array_equal(box.boxed(data, "skops").predict_proba(frame), load_model(data).predict_proba(frame))


@pytest.mark.parametrize("name", [name for name in listed_models.names() if not name.startswith(listed_models.SEVERAL)])
def test_every_listed_estimator_scores_in_the_box_as_outside(name: str) -> None:
    """Of the rows whole, and of some that were cut from them: the last bit hangs on how numbers lie in memory."""
    made = listed(name)
    if made is None:
        return  # made for labels, mappings, or one column: no model
    task = "regression" if made.how == "predict" else "multiclass"
    model = MODEL.model_copy(update={"task": task})
    inside, outside = box.boxed(made.data, "skops"), load_model(made.data)
    for rows in (made.frame, made.frame.iloc[::2], made.frame.iloc[[5, 3, 1]], made.frame.iloc[:1]):
        assert scored(inside, rows, model) == scored(outside, rows, model)
    inside.close()


def test_the_rows_of_a_window_have_the_same_scores_whatever_they_were_cut_from() -> None:
    random = np.random.default_rng(1)
    rows = pd.DataFrame(random.normal(size=(90, 2)), columns=["x", "z"]).assign(y=1.0)
    estimator = load_model(dump_model(listed_models.kind("Ridge")().fit(rows[["x", "z"]], rows.x)))
    cut = design(rows, MODEL, None).iloc[::3]
    again = design(rows.iloc[::3].reset_index(drop=True), MODEL, None)
    assert np.array_equal(score_rows(estimator, cut, MODEL), score_rows(estimator, again, MODEL))
