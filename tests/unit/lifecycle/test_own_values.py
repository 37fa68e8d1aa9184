"""What a column may hold: every kind of value is kept, or refused with a remedy that is not refused in turn."""

from __future__ import annotations

from datetime import date, time, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from tests.unit.stores.examples import month, spec_of
from windvane import Features, Model
from windvane.errors import InvalidTarget, WrongType
from windvane.lifecycle.frames import check_frame

JANUARY = month(1)
COUNT = 4
VALUES: dict[str, Any] = {
    "dates": [date(2013, 1, day) for day in range(1, 5)],
    "moments": pd.date_range("2013-01-01", periods=COUNT, tz="UTC"),
    "naive moments": pd.date_range("2013-01-01", periods=COUNT),
    "lengths": pd.to_timedelta(range(COUNT), unit="h"),
    "Python's lengths": pd.Series([timedelta(hours=hour) for hour in range(COUNT)], dtype=object),
    "times of day": [time(hour) for hour in range(COUNT)],
    "periods": pd.period_range("2013-01", periods=COUNT, freq="D"),
    "text": ["a", "b", "a", "c"],
    "fractions": [0.5, 1.5, 2.5, 3.5],
    "lists": pd.Series([[1], [2], [3], [4]]),
    "bytes": pd.Series([b"a", b"b", b"c", b"d"]),
    "complex": [1j, 2j, 3j, 4j],
    "intervals": pd.interval_range(0, 4),
    "an Arrow dictionary": pd.Series(["a", "b", "a", "b"], dtype=pd.ArrowDtype(pa.dictionary(pa.int32(), pa.string()))),
    "Arrow integers": pd.Series([1, 2, 3, None], dtype=pd.ArrowDtype(pa.int16())),
    "sparse numbers": pd.Series([0.0, 0.0, 1.0, 0.0], dtype=pd.SparseDtype("float64")),
    "categories of numbers": pd.Categorical([1, 2, 1, 2]),
}
ROLES = {"numbers": "declare it under numbers", "categories": "declare it under categories"}


def spec(role: str) -> Model:
    if role == "carry":
        return spec_of(features=Features(numbers=("income",)), carry=("own",))
    numbers = ("income", "own") if role == "numbers" else ("income",)
    return spec_of(features=Features(numbers=numbers, categories=("own",) if role == "categories" else ()))


def frame(values: Any) -> pd.DataFrame:
    at = pd.date_range("2013-01-02", periods=COUNT, tz="UTC")
    plain = pd.DataFrame({"id": list("abcd"), "at": at, "income": 1.0, "late": [0, 1, 0, 1]})
    return plain.assign(own=values)


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("values", VALUES)
def test_a_remedy_does_not_lead_to_another_refusal(values: str, role: str) -> None:
    other = next(one for one in ROLES if one != role)
    try:
        check_frame(frame(VALUES[values]), spec(role), JANUARY)
    except WrongType as error:
        if ROLES[other] in error.remedy:
            check_frame(frame(VALUES[values]), spec(other), JANUARY)


@pytest.mark.parametrize("values", ["dates", "times of day", "lengths", "periods", "Python's lengths"])
def test_what_is_carried_is_kept_as_text(values: str) -> None:
    kept = check_frame(frame(VALUES[values]), spec("carry"), JANUARY)["own"]
    assert kept.tolist() == [str(value) for value in pd.Series(VALUES[values])]


@pytest.mark.parametrize(
    ("values", "role", "kept"),
    [
        ("an Arrow dictionary", "categories", ["a", "b", "a", "b"]),
        ("Arrow integers", "categories", ["1", "2", "3", None]),
        ("Arrow integers", "numbers", [1.0, 2.0, 3.0, None]),
        ("sparse numbers", "numbers", [0.0, 0.0, 1.0, 0.0]),
        ("categories of numbers", "numbers", [1.0, 2.0, 1.0, 2.0]),
    ],
)
def test_values_are_read_whatever_holds_them(values: str, role: str, kept: list[Any]) -> None:
    found = check_frame(frame(VALUES[values]), spec(role), JANUARY)["own"]
    assert [None if pd.isna(value) else value for value in found] == kept


def test_a_target_whose_square_is_no_number_is_refused() -> None:
    rows = frame(VALUES["text"]).drop(columns="own").assign(late=[1.0, -2e150, 3.0, np.nan])
    with pytest.raises(InvalidTarget, match=r"beyond 1e\+150.* in 1 of 4 rows"):
        check_frame(rows, spec_of(features=Features(numbers=("income",)), task="regression"), JANUARY)
