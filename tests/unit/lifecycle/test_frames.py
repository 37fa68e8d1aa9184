"""The wall against bad rows: every wrong frame is one named error with place, count and first value."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any
from uuid import UUID

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.unit.lifecycle.examples import model_with, rows_of
from windvane import Features
from windvane.errors import (
    DataError,
    DuplicateKey,
    EmptyColumn,
    EmptyWindow,
    InfiniteValue,
    InvalidTarget,
    MissingColumn,
    MissingOutcomes,
    NaiveTimestamp,
    OneClass,
    OutsideWindow,
    SourceFailed,
    TooFewRows,
    UnexpectedColumn,
    WrongType,
)
from windvane.lifecycle.frames import check_frame, check_outcomes

MODEL = model_with()
WINDOW = MODEL.cadence.window("2020-02")
CARRYING = model_with(carry=("branch",))


def good(count: int = 100) -> pd.DataFrame:
    return rows_of(count)


def with_column(name: str, values: Any) -> pd.DataFrame:
    frame = good()
    frame[name] = values
    return frame


def with_value(name: str, row: int, value: Any) -> pd.DataFrame:
    """One value of a column replaced; the column becomes one of objects where it must."""
    frame = good()
    values = frame[name].astype(object)
    values.iloc[row] = value
    frame[name] = values
    return frame


def refused(frame: Any, error: type[DataError], *message: str, model: Any = MODEL) -> None:
    with pytest.raises(error) as caught:
        check_frame(frame, model, WINDOW)
    assert type(caught.value) is error
    assert caught.value.cause.startswith("loans 2020-02: ")
    assert caught.value.remedy
    for text in message:
        assert text in caught.value.cause


def test_rows_come_out_in_the_declared_order_sorted_by_time_then_key_with_a_fresh_index() -> None:
    frame = good(50).sample(frac=1, random_state=3)
    frame.loc[frame.index[:20], "applied_at"] = pd.Timestamp("2020-02-09", tz="UTC")
    frame = frame[frame.columns[::-1]]
    frame.attrs["made on"] = "a Tuesday"
    before = frame.copy()

    checked = check_frame(frame, MODEL, WINDOW)

    assert tuple(checked.columns) == MODEL.columns
    assert checked.index.tolist() == list(range(50))
    order = list(zip(checked["applied_at"], checked["loan_id"], strict=True))
    assert order == sorted(order)
    assert not checked.attrs
    pd.testing.assert_frame_equal(frame, before)
    assert checked.dtypes.astype(str).to_dict() == {
        "loan_id": "str",
        "applied_at": "datetime64[us, UTC]",
        "income": "float64",
        "debt": "float64",
        "region": "str",
        "default": "float64",
    }


def test_checking_a_checked_frame_changes_nothing() -> None:
    once = check_frame(good(), CARRYING.revised(carry=()), WINDOW)
    pd.testing.assert_frame_equal(check_frame(once, MODEL, WINDOW), once)


@pytest.mark.parametrize("returned", [None, [], {"loan_id": [1]}, pd.Series([1.0]), "rows", np.zeros(3)])
def test_what_is_no_frame_is_a_failed_source(returned: Any) -> None:
    refused(returned, SourceFailed, type(returned).__name__)


@pytest.mark.parametrize("frame", [pd.DataFrame(), rows_of(0), pd.DataFrame(columns=["some", "others"])])
def test_no_rows_is_an_empty_window(frame: pd.DataFrame) -> None:
    refused(frame, EmptyWindow, "2020-02-01 00:00", "2020-03-01 00:00")


def test_a_missing_column_names_the_nearest_one_and_the_others_that_are_missing() -> None:
    refused(good().rename(columns={"income": "incom"}), MissingColumn, "'income' is missing", "'incom'")
    refused(good()[["loan_id", "income"]], MissingColumn, "'applied_at' is missing", "3 more", "'default'")


def test_a_missing_column_that_is_the_index_is_said_to_be() -> None:
    with pytest.raises(MissingColumn, match="is the frame's index") as caught:
        check_frame(good().set_index("loan_id"), MODEL, WINDOW)
    assert "reset_index" in caught.value.remedy


@pytest.mark.parametrize("name", ["dep_delay", "'; DROP TABLE versions; --", 0, ("a", "b"), "<script>", "ключ"])
def test_a_column_nobody_declared_is_refused_by_its_name(name: Any) -> None:
    frame = good()
    frame[name if not isinstance(name, tuple) else str(name)] = 1.0
    refused(frame, UnexpectedColumn, repr(name) if not isinstance(name, tuple) else repr(str(name)))


def test_further_unexpected_columns_are_counted() -> None:
    refused(good().assign(a=1, b=2, c=3), UnexpectedColumn, "'a'", "2 more")


def test_a_column_that_comes_twice_is_refused() -> None:
    frame = good()
    refused(pd.concat([frame, frame[["income"]]], axis=1), UnexpectedColumn, "'income' comes 2 times")


def test_a_declared_column_may_have_any_name() -> None:
    hostile = "x'; DROP TABLE versions; --"
    model = model_with(features=Features(numbers=(hostile, "debt"), categories=("region",)))
    checked = check_frame(good().rename(columns={"income": hostile}), model, WINDOW)
    assert checked[hostile].dtype == "float64"
    frame = good().rename(columns={"income": hostile})
    frame[hostile] = "text"
    refused(frame, WrongType, repr(hostile), model=model)


class TestEventTime:
    def test_other_zones_are_converted(self) -> None:
        frame = good()
        shifted = frame.assign(applied_at=frame["applied_at"].dt.tz_convert("America/New_York"))
        pd.testing.assert_frame_equal(check_frame(shifted, MODEL, WINDOW), check_frame(frame, MODEL, WINDOW))

    def test_objects_of_several_offsets_are_converted(self) -> None:
        zones = [timezone(timedelta(hours=hours)) for hours in (-5, 0, 9)]
        moments = [datetime(2020, 2, 10, 12, tzinfo=UTC).astimezone(zones[index % 3]) for index in range(100)]
        checked = check_frame(with_column("applied_at", pd.Series(moments, dtype=object)), MODEL, WINDOW)
        assert set(checked["applied_at"]) == {pd.Timestamp("2020-02-10 12:00", tz="UTC")}

    def test_moments_of_arrow_are_converted(self) -> None:
        frame = good()
        arrow = frame["applied_at"].astype(pd.ArrowDtype(pa.timestamp("ns", "Europe/Berlin")))
        pd.testing.assert_frame_equal(
            check_frame(frame.assign(applied_at=arrow), MODEL, WINDOW), check_frame(frame, MODEL, WINDOW)
        )

    @pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
    def test_naive_moments_are_refused(self, unit: str) -> None:
        naive = good()["applied_at"].dt.tz_localize(None).astype(f"datetime64[{unit}]")
        refused(with_column("applied_at", naive), NaiveTimestamp, "'applied_at'", "100 of 100 rows", "2020-02-01")

    def test_one_naive_moment_among_objects_is_counted(self) -> None:
        frame = with_column("applied_at", good()["applied_at"].astype(object))
        frame.loc[7, "applied_at"] = datetime(2020, 2, 3)  # noqa: DTZ001  # naive on purpose
        refused(frame, NaiveTimestamp, "1 of 100 rows", "2020-02-03")

    @pytest.mark.parametrize("empty", [pd.NaT, None])
    def test_a_row_without_event_time_is_refused(self, empty: Any) -> None:
        frame = good()
        frame.loc[[3, 4], "applied_at"] = empty
        refused(frame, WrongType, "no event time", "2 of 100 rows")
        refused(with_column("applied_at", frame["applied_at"].astype(object)), WrongType, "2 of 100 rows")

    @pytest.mark.parametrize(
        "values",
        [
            pd.Series(["2020-02-01T00:00:00Z"] * 100),
            pd.Series([date(2020, 2, 1)] * 100),
            pd.Series(range(100)),
            pd.Series(np.linspace(0, 1, 100)),
            pd.Series(pd.period_range("2020-02-01", periods=100, freq="h")),
        ],
        ids=["text", "dates", "integers", "floats", "periods"],
    )
    def test_what_is_no_moment_is_refused(self, values: Any) -> None:
        refused(with_column("applied_at", values), WrongType, "'applied_at'", "100 of 100 rows")

    def test_a_column_of_nothing_has_no_event_times(self) -> None:
        refused(with_column("applied_at", np.full(100, np.nan)), WrongType, "no event time", "100 of 100 rows")

    @pytest.mark.parametrize("moment", ["2020-01-31T23:59:59.999999Z", "2020-03-01T00:00:00Z", "1969-01-01T00:00Z"])
    def test_rows_of_another_window_are_refused(self, moment: str) -> None:
        frame = good()
        frame.loc[[0, 99], "applied_at"] = pd.Timestamp(moment)
        refused(frame, OutsideWindow, "2 of 100 rows", moment[:10], "[2020-02-01 00:00, 2020-03-01 00:00)")

    def test_the_first_moment_belongs_to_the_window(self) -> None:
        frame = good()
        frame.loc[0, "applied_at"] = pd.Timestamp("2020-02-01T00:00Z")
        frame.loc[1, "applied_at"] = pd.Timestamp("2020-02-29T23:59:59.999999Z")
        assert len(check_frame(frame, MODEL, WINDOW)) == 100

    @pytest.mark.parametrize(("day", "hours"), [("2020-03-29", 23), ("2020-10-25", 25)])
    def test_a_day_on_which_the_clocks_change_has_its_own_length(self, day: str, hours: int) -> None:
        model = model_with(window="day", timezone="Europe/Berlin")
        window = model.cadence.window(day)
        frame = good(hours)
        frame["applied_at"] = pd.date_range(window.start, periods=hours, freq="h")
        assert len(check_frame(frame, model, window)) == hours
        frame["applied_at"] += pd.Timedelta("1h")
        with pytest.raises(OutsideWindow):
            check_frame(frame, model, window)


class TestKey:
    @pytest.mark.parametrize(
        ("values", "dtype"),
        [
            (pd.Series([f"k{index}" for index in range(100)], dtype=object), "str"),
            (pd.Series([f"k{index}" for index in range(100)], dtype="category"), "str"),
            (pd.Series(range(100), dtype="int32"), "int64"),
            (pd.Series(range(100), dtype="Int64"), "int64"),
            (pd.Series(range(100), dtype="uint64"), "int64"),
            (pd.Series(range(100), dtype=object), "int64"),
            (pd.Series([10**30 + index for index in range(100)], dtype=object), "str"),
            (pd.Series([UUID(int=index) for index in range(100)]), "str"),
            (pd.Series([str(10**25 + index) for index in range(100)]), "str"),
            (pd.Series(range(100), dtype=pd.ArrowDtype(pa.int16())), "int64"),
        ],
        ids=["objects", "categorical", "int32", "nullable", "uint64", "int objects", "huge", "uuid", "digits", "arrow"],
    )
    def test_text_and_integers_are_kept(self, values: Any, dtype: str) -> None:
        checked = check_frame(with_column("loan_id", values), MODEL, WINDOW)
        assert checked["loan_id"].dtype == dtype
        assert checked["loan_id"].astype(str).tolist() == [str(value) for value in values]

    @pytest.mark.parametrize(
        "values",
        [
            np.linspace(0, 1, 100),
            np.arange(100.0),
            np.arange(100) % 2 == 0,
            [1, "a"] * 50,
            pd.Series([0.5, 10**400] * 50, dtype=object),
            [b"k"] * 100,
            [(1, 2)] * 100,
            pd.date_range("2020", periods=100),
        ],
        ids=["fractions", "floats", "booleans", "mixed", "huge", "bytes", "tuples", "moments"],
    )
    def test_other_kinds_are_refused(self, values: Any) -> None:
        refused(with_column("loan_id", values), WrongType, "'loan_id'", "of 100 rows")

    def test_integers_beyond_64_bits_are_refused(self) -> None:
        values = pd.Series(range(100), dtype="uint64")
        values.iloc[5] = 2**63
        refused(with_column("loan_id", values), WrongType, "64 bits", "1 of 100 rows", str(2**63))

    @pytest.mark.parametrize("empty", [None, np.nan, pd.NA, pd.NaT])
    def test_a_missing_key_is_refused(self, empty: Any) -> None:
        refused(with_value("loan_id", 42, empty), WrongType, "no value in 1 of 100 rows", "row 42")

    def test_a_repeated_key_is_refused(self) -> None:
        frame = good()
        frame.loc[[5, 6], "loan_id"] = "L00001"
        refused(frame, DuplicateKey, "2 of 100 rows", "'L00001'")

    def test_integer_keys_are_told_as_integers(self) -> None:
        refused(with_column("loan_id", [7] * 100), DuplicateKey, "99 of 100 rows, first 7")


class TestNumbers:
    @pytest.mark.parametrize(
        ("given_values", "expected"),
        [
            (pd.Series([True, False] * 50), [1.0, 0.0]),
            (pd.Series([True, None] * 50, dtype="boolean"), [1.0, np.nan]),
            (pd.Series([1, None] * 50, dtype="Int64"), [1.0, np.nan]),
            (pd.Series([1.5, None] * 50, dtype="Float32"), [1.5, np.nan]),
            (pd.Series([1.5, None] * 50, dtype=pd.ArrowDtype(pa.float32())), [1.5, np.nan]),
            (pd.Series([Decimal("1.25"), None] * 50, dtype=pd.ArrowDtype(pa.decimal128(5, 2))), [1.25, np.nan]),
            (pd.Series([Decimal("1.25"), Decimal("NaN")] * 50), [1.25, np.nan]),
            (pd.Series([2, pd.NA] * 50, dtype=object), [2.0, np.nan]),
            (pd.Series([True, 2.5] * 50, dtype=object), [1.0, 2.5]),
            (pd.Series([1, Decimal(3)] * 50, dtype=object), [1.0, 3.0]),
            (pd.Series([3, 4] * 50, dtype="category"), [3.0, 4.0]),
            (pd.Series([1, 2] * 50, dtype="int8"), [1.0, 2.0]),
            (pd.Series([None, None] * 50, dtype=object), [np.nan, np.nan]),
            (pd.Series([None, None] * 50, dtype="str"), [np.nan, np.nan]),
            (pd.Series([np.float16(0.5), np.int8(3)] * 50, dtype=object), [0.5, 3.0]),
        ],
    )  # fmt: skip
    def test_every_kind_of_number_becomes_float64(self, given_values: Any, expected: list[float]) -> None:
        checked = check_frame(with_column("income", given_values), MODEL, WINDOW)
        np.testing.assert_array_equal(checked["income"].to_numpy(), np.array(expected * 50))

    @pytest.mark.parametrize(
        ("values", "count"),
        [
            (["1"] * 100, 100),
            (["99999999999999999999", None] * 50, 50),
            ([1, "2"] * 50, 50),
            ([1.0, "n/a", None, 2.0] * 25, 25),
            ([1 + 2j] * 100, 100),
            ([1, 1j] * 50, 100),
            (pd.date_range("2020", periods=100), 100),
            (pd.to_timedelta(range(100), unit="h"), 100),
            ([[1]] * 100, 100),
            (["a", "b"] * 50, 100),
            ([b"1", 1] * 50, 50),
        ],
    )
    def test_what_is_no_number_is_refused(self, values: Any, count: int) -> None:
        refused(with_column("income", values), WrongType, "'income'", f"{count} of 100 rows, first ")

    def test_categories_of_text_are_no_numbers(self) -> None:
        refused(with_column("income", pd.Series(["a", "b"] * 50, dtype="category")), WrongType, "100 of 100", "'a'")

    def test_a_signalling_nan_is_refused(self) -> None:
        refused(with_value("income", 4, Decimal("sNaN")), WrongType, "sNaN")

    @pytest.mark.parametrize(
        ("value", "shown"),
        [(np.inf, "inf"), (-np.inf, "-inf"), (10**400, "1000"), (-(10**400), "-1000"), (Decimal("Infinity"), "Dec")],
        ids=["inf", "-inf", "huge", "-huge", "decimal"],
    )
    def test_an_infinity_is_refused(self, value: Any, shown: str) -> None:
        refused(with_value("income", 3, value), InfiniteValue, "'income'", "1 of 100 rows", f"first {shown}"[:10])

    def test_an_infinite_outcome_is_refused(self) -> None:
        frame = rows_of(100, task="regression")
        frame.loc[9, "default"] = np.inf
        refused(frame, InfiniteValue, "'default'", "1 of 100 rows", model=model_with(task="regression"))


class TestCategories:
    @pytest.mark.parametrize(
        ("values", "expected"),
        [
            (pd.Series(["a", None] * 50, dtype=object), ["a", None]),
            (pd.Series(["a", "b"] * 50, dtype="category"), ["a", "b"]),
            (pd.Series([3, None] * 50, dtype="Int64"), ["3", None]),
            (pd.Series([3.0, np.nan] * 50), ["3", None]),
            (pd.Series([3, 4] * 50, dtype=object), ["3", "4"]),
            (pd.Series([3, 4] * 50, dtype="category"), ["3", "4"]),
            (pd.Series([True, False] * 50), ["True", "False"]),
            (pd.Series([True, None] * 50, dtype="boolean"), ["True", None]),
            (pd.Series([Decimal(3), None] * 50, dtype=object), ["3", None]),
            (pd.Series([10**30, 4] * 50, dtype=object), [str(10**30), "4"]),
            (pd.Series(["ключ", "\x00<b>'--"] * 50), ["ключ", "\x00<b>'--"]),
            (pd.Series(["a", None] * 50, dtype=pd.ArrowDtype(pa.string())), ["a", None]),
            (pd.Series([None, None] * 50, dtype=object), [None, None]),
            (pd.Series([np.nan, np.nan] * 50), [None, None]),
            (pd.Series([pd.NaT, pd.NaT] * 50), [None, None]),
        ],
    )  # fmt: skip
    def test_every_kind_of_category_becomes_text(self, values: Any, expected: list[str | None]) -> None:
        checked = check_frame(with_column("region", values), MODEL, WINDOW)["region"]
        assert checked.dtype == "str"
        assert checked.astype(object).where(checked.notna(), None).tolist() == expected * 50

    @pytest.mark.parametrize(
        ("values", "count"),
        [
            ([0.5, 1.0] * 50, 50),
            ([1e300] * 100, 100),
            (["a", 1] * 50, 50),
            (["a", {}] * 50, 50),
            (pd.date_range("2020", periods=100), 100),
            ([b"a"] * 100, 100),
            (pd.Series(pd.to_timedelta(range(100), unit="h")), 100),
        ],
    )
    def test_what_is_no_category_is_refused(self, values: Any, count: int) -> None:
        refused(with_column("region", values), WrongType, "'region'", f"{count} of 100 rows, first ")

    def test_text_that_is_no_unicode_is_refused(self) -> None:
        frame = with_column("region", pd.Series(["a", "\ud800"] * 50, dtype=object))
        refused(frame, WrongType, "Unicode", "50 of 100 rows", "ud800")

    def test_a_long_value_is_cut_in_the_message(self) -> None:
        with pytest.raises(WrongType) as caught:
            check_frame(with_column("region", [["x" * 500]] * 100), MODEL, WINDOW)
        assert len(caught.value.cause) < 250


class TestTarget:
    @pytest.mark.parametrize(
        "values",
        [
            [True, False] * 50,
            [0, 1] * 50,
            [0.0, 1.0] * 50,
            pd.Series([0, 1] * 50, dtype="Int64"),
            pd.Series([False, True] * 50, dtype="boolean"),
            pd.Series([0, 1] * 50, dtype="category"),
            pd.Series([Decimal(0), True] * 50, dtype=object),
        ],
    )
    def test_binary_outcomes_become_0_and_1(self, values: Any) -> None:
        checked = check_frame(with_column("default", values), MODEL, WINDOW)["default"]
        assert checked.dtype == "float64"
        assert set(checked) == {0.0, 1.0}

    def test_missing_outcomes_stay_missing(self) -> None:
        checked = check_frame(with_column("default", [1, None, 0, np.nan] * 25), MODEL, WINDOW)["default"]
        assert checked.isna().sum() == 50
        assert check_frame(with_column("default", [None] * 100), MODEL, WINDOW)["default"].isna().all()

    @pytest.mark.parametrize(
        ("values", "first"),
        [
            ([0, 2] * 50, "2"),
            ([0.5, 1] * 50, "0.5"),
            (["yes", "no"] * 50, "'yes'"),
            (["1", "0"] * 50, "'1'"),
            ([0, np.inf] * 50, "inf"),
            ([0, "1"] * 50, "'1'"),
            ([1j, 0] * 50, "1j"),
        ],
    )
    def test_other_binary_outcomes_are_refused(self, values: Any, first: str) -> None:
        refused(with_column("default", values), InvalidTarget, "'default'", "of 100 rows", f"first {first}")

    def test_labels_of_several_classes_become_text(self) -> None:
        model = model_with(task="multiclass")
        checked = check_frame(with_column("default", [1, 2, 3, None] * 25), model, WINDOW)["default"]
        assert set(checked.dropna()) == {"1", "2", "3"}

    def test_outcomes_of_a_regression_are_numbers(self) -> None:
        refused(
            with_column("default", ["a"] * 100),
            WrongType,
            "'default'",
            "100 of 100",
            model=model_with(task="regression"),
        )


class TestCarried:
    @pytest.mark.parametrize(
        ("values", "dtype"),
        [
            (["a", None] * 50, "str"),
            ([1, 2] * 50, "float64"),
            ([True, False] * 50, "float64"),
            ([None] * 100, "str"),
            (pd.Series([1, None] * 50, dtype="Int64"), "float64"),
            (pd.date_range("2019", periods=100, tz="Asia/Tokyo"), "datetime64[us, UTC]"),
            (pd.Series(pd.date_range("2019", periods=100, tz="Asia/Tokyo"), dtype=object), "datetime64[us, UTC]"),
        ],
    )
    def test_carried_columns_keep_their_kind(self, values: Any, dtype: str) -> None:
        assert check_frame(with_column("branch", values), CARRYING, WINDOW)["branch"].dtype == dtype

    def test_carried_columns_are_refused_like_others(self) -> None:
        naive = pd.date_range("2019", periods=100)
        refused(with_column("branch", naive), NaiveTimestamp, "'branch'", model=CARRYING)
        refused(with_column("branch", [np.inf] * 100), InfiniteValue, "'branch'", model=CARRYING)
        refused(with_column("branch", [{}] * 100), WrongType, "'branch'", model=CARRYING)


class TestOutcomes:
    def checked(self, change: Callable[[pd.DataFrame], None] = lambda frame: None) -> pd.DataFrame:
        frame = good()
        change(frame)
        return check_frame(frame, MODEL, WINDOW)

    def test_good_rows_pass(self) -> None:
        check_outcomes(self.checked(), MODEL, WINDOW)

    @pytest.mark.parametrize("column", ["income", "region"])
    def test_a_feature_without_a_value_is_refused(self, column: str) -> None:
        frame = self.checked(lambda frame: frame.__setitem__(column, [None] * 100))
        with pytest.raises(EmptyColumn, match=f"loans 2020-02: feature '{column}' has no value in any of 100 rows"):
            check_outcomes(frame, MODEL, WINDOW)

    def test_more_missing_outcomes_than_allowed_are_refused(self) -> None:
        frame = self.checked(lambda frame: frame.__setitem__("default", [None] * 11 + [0, 1] * 44 + [1]))
        with pytest.raises(MissingOutcomes, match=r"missing in 11 of 100 rows \(11.0 %, allowed 10.0 %\)"):
            check_outcomes(frame, MODEL, WINDOW)
        check_outcomes(frame, MODEL.revised(max_missing_outcomes=0.11), WINDOW)

    def test_no_outcome_at_all_is_refused(self) -> None:
        frame = self.checked(lambda frame: frame.__setitem__("default", [None] * 100))
        with pytest.raises(MissingOutcomes, match="100 of 100 rows"):
            check_outcomes(frame, MODEL.revised(max_missing_outcomes=0.99), WINDOW)

    def test_a_handful_of_outcomes_is_refused(self) -> None:
        frame = check_frame(good(9), MODEL, WINDOW)
        with pytest.raises(TooFewRows, match="9 rows with outcomes"):
            check_outcomes(frame, MODEL, WINDOW)

    def test_one_class_is_refused_when_the_window_stands_alone(self) -> None:
        frame = self.checked(lambda frame: frame.__setitem__("default", 0))
        with pytest.raises(OneClass, match=r"all 100 known outcomes are default=0\.0"):
            check_outcomes(frame, MODEL.revised(history=1), WINDOW)
        check_outcomes(frame, MODEL, WINDOW)  # earlier windows may have the other class

    def test_equal_outcomes_of_a_regression_are_no_class(self) -> None:
        frame = self.checked(lambda frame: frame.__setitem__("default", 0))
        check_outcomes(frame, MODEL.revised(task="regression", history=1), WINDOW)


anything = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=5),
    st.binary(max_size=3),
    st.decimals(),
    st.datetimes(),
    st.datetimes(timezones=st.just(UTC)),
    st.complex_numbers(),
    st.lists(st.integers(), max_size=2),
)


@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    column=st.sampled_from(["loan_id", "applied_at", "income", "region", "default", "branch"]),
    values=st.lists(anything, min_size=4, max_size=4),
)
def test_any_values_are_normalised_or_refused_by_name(column: str, values: list[Any]) -> None:
    frame = good(4).assign(branch="b")
    frame[column] = pd.Series(values, dtype=object)
    checked, message = None, ""
    try:
        checked = check_frame(frame, CARRYING, WINDOW)
    except DataError as error:
        message = error.cause
    if checked is None:
        assert repr(column) in message
    else:
        assert str(checked[column].dtype) in ("str", "int64", "float64", "datetime64[us, UTC]")
        assert checked[column].dtype != "float64" or not np.isinf(checked[column]).any()


def test_a_million_rows_of_thirty_columns_take_seconds() -> None:
    count, random = 300_000, np.random.default_rng(0)
    numbers, categories = tuple(f"n{i}" for i in range(20)), tuple(f"c{i}" for i in range(6))
    model = model_with(features=Features(numbers=numbers, categories=categories))
    frame = pd.DataFrame(
        {
            "loan_id": random.permutation(count).astype(str).astype(object),
            "applied_at": pd.Timestamp("2020-02-01", tz="UTC") + pd.to_timedelta(random.integers(0, 28, count), "D"),
            **{name: random.standard_normal(count) for name in numbers},
            **{name: random.choice(list("abcde"), count).astype(object) for name in categories},
            "default": random.integers(0, 2, count),
        }
    )
    started = time.perf_counter()
    assert len(check_frame(frame, model, WINDOW)) == count
    assert time.perf_counter() - started < 5  # about 0.7 s here: nothing walks over rows one by one
