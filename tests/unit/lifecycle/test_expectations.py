"""Expectations: what does not hold is told in a line, the document is the same every time, and nothing leaves."""

from __future__ import annotations

import json
import logging
import socket
from typing import TYPE_CHECKING, Any

import great_expectations.expectations as gxe
import numpy as np
import pandas as pd
import pytest
from great_expectations.core import ExpectationSuite
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.lifecycle.examples import model_with, rows_of
from windvane.errors import SpecError
from windvane.lifecycle.expectations import run_expectations
from windvane.lifecycle.frames import check_frame
from windvane.lifecycle.passed_on import asked
from windvane.lifecycle.suites import expected

if TYPE_CHECKING:
    from pathlib import Path

    from windvane.results import ExpectationResult, Validation

MODEL = model_with(expect="models.loans:expectations")
WINDOW = MODEL.cadence.window("2020-02")


def checked(count: int = 100) -> pd.DataFrame:
    return check_frame(rows_of(count), MODEL, WINDOW)


def held(frame: pd.DataFrame, expectations: Any) -> Validation:
    return run_expectations(frame, expectations, MODEL, WINDOW, "sha256:s")[0]


def one(expectation: Any, frame: pd.DataFrame | None = None) -> ExpectationResult:
    results = held(checked() if frame is None else frame, [expectation]).results
    assert len(results) == 1
    return results[0]


def test_without_declared_ones_columns_key_and_event_time_are_expected() -> None:
    found = held(checked(), None)
    assert found.success
    assert found.snapshot == "sha256:s"
    assert found.document is None
    assert [(item.expectation, item.column) for item in found.results] == [
        ("expect_table_columns_to_match_set", None),
        ("expect_column_values_to_not_be_null", "loan_id"),
        ("expect_column_values_to_be_unique", "loan_id"),
        ("expect_column_values_to_not_be_null", "applied_at"),
    ]


def test_the_default_ones_can_fail() -> None:
    frame = checked().assign(loan_id="same", extra=1.0)
    found = held(frame, None)
    assert not found.success
    assert [item.success for item in found.results] == [False, True, False, True]


def test_values_out_of_range_are_counted_and_shown() -> None:
    frame = checked()
    frame.loc[[3, 4, 5], "income"] = [1000.0, 2000.5, 1000.0]
    result = one(gxe.ExpectColumnValuesToBeBetween(column="income", min_value=-10, max_value=10), frame)
    assert not result.success
    assert result.column == "income"
    assert result.observed == "3 of 100 rows unexpected"
    assert result.examples == ("1,000", "2,000.5")
    assert result.told == "expect_column_values_to_be_between(income): 3 of 100 rows unexpected: 1,000, 2,000.5"
    assert "1,000" not in result.to_json()  # no record holds a value of a row
    assert "2000.5" not in result.to_json()
    assert result.unexpected_percent == pytest.approx(3.0)


@pytest.mark.parametrize(
    ("expectation", "observed"),
    [
        (gxe.ExpectTableRowCountToBeBetween(min_value=1, max_value=5), "1,200"),
        (gxe.ExpectColumnMeanToBeBetween(column="income", min_value=50, max_value=60), "0.5"),
        (gxe.ExpectColumnDistinctValuesToBeInSet(column="region", value_set=["east"]), "2 unexpected"),
        (gxe.ExpectColumnMaxToBeBetween(column="income", max_value=0.1), "a value; see the validation document"),
    ],
)
def test_what_was_observed_of_a_whole_column_is_shown(expectation: Any, observed: str) -> None:
    frame = checked(1200)
    frame["income"] = 0.5
    result = one(expectation, frame)
    assert not result.success
    assert result.observed == observed
    assert result.unexpected_percent is None


def test_quantiles_can_pass_and_fail() -> None:
    def median_up_to(limit: float) -> ExpectationResult:
        ranges = {"quantiles": [0.5], "value_ranges": [[0, limit]]}
        return one(gxe.ExpectColumnQuantileValuesToBeBetween(column="income", quantile_ranges=ranges), frame)

    frame = checked()
    frame["income"] = np.arange(100.0)
    assert median_up_to(60).success is True
    assert median_up_to(10).success is False


def test_an_expectation_on_a_column_that_is_not_there_has_failed_and_says_so() -> None:
    result = one(gxe.ExpectColumnValuesToNotBeNull(column="nope"))
    assert not result.success
    assert result.observed == "it raised; see the validation document"
    assert result.examples == ('Error: The column "nope" in BatchData does not exist.',)


def test_results_come_in_the_declared_order_those_that_raise_included() -> None:
    found = held(
        checked(),
        [
            gxe.ExpectColumnValuesToBeInSet(column="region", value_set=["north", "south"]),
            gxe.ExpectColumnMaxToBeBetween(column="region", min_value=0, max_value=1),
            gxe.ExpectColumnValuesToNotBeNull(column="nope"),
            gxe.ExpectColumnValuesToNotBeNull(column="income"),
        ],
    )
    assert [item.column for item in found.results] == ["region", "region", "nope", "income"]
    assert [item.success for item in found.results] == [True, False, False, True]
    assert found.results[1].observed


class ExpectTheImpossible(gxe.ExpectColumnMaxToBeBetween):
    """Raises where Great Expectations does not expect it."""

    def _validate(self, *args: Any, **kwargs: Any) -> Any:
        raise ZeroDivisionError("about  to\ndivide" + "!" * 1000)


class ExpectOutsideTheGraph(gxe.ExpectColumnMaxToBeBetween):
    """Raises before any metric is asked for, which no expectation of the library does."""

    def get_validation_dependencies(self, *args: Any, **kwargs: Any) -> Any:
        raise BaseExceptionGroup("several", [ValueError("wrong")])


@pytest.mark.parametrize("kind", [ExpectTheImpossible, ExpectOutsideTheGraph])
def test_an_expectation_of_ones_own_that_raises_has_failed_and_the_others_are_answered(kind: Any) -> None:
    others = gxe.ExpectColumnValuesToNotBeNull(column="income")
    found = held(checked(), [kind(column="income", min_value=0), others])
    assert [item.success for item in found.results] == [False, True]
    assert found.results[0].observed == "it raised; see the validation document"
    (message,) = found.results[0].examples
    assert len(message) < 350
    assert "\n" not in message


class ExpectToBreakTheBatch(gxe.ExpectColumnMaxToBeBetween):
    """Raises while the suite is put together."""

    @property
    def configuration(self) -> Any:
        if self.meta and self.meta.pop("armed", None):
            raise RuntimeError("broken")
        return super().configuration


def test_one_that_breaks_the_whole_suite_leaves_the_others_answered() -> None:
    broken = ExpectToBreakTheBatch(column="income", min_value=-100, max_value=100, meta={"armed": True})
    found = held(checked(), [gxe.ExpectColumnValuesToNotBeNull(column="income"), broken])
    assert [item.success for item in found.results] == [True, True]


def test_a_suite_is_accepted_and_an_empty_list_expects_nothing() -> None:
    suite = ExpectationSuite(name="x", expectations=[gxe.ExpectColumnValuesToNotBeNull(column="income")])
    assert [item.column for item in held(checked(), suite).results] == ["income"]
    nothing = held(checked(), [])
    assert nothing.success
    assert nothing.results == ()


@pytest.mark.parametrize("returned", [7, "expect", {"a": 1}])
def test_what_is_no_list_of_expectations_is_a_wrong_spec(returned: Any) -> None:
    with pytest.raises(SpecError, match=r"models\.loans:expectations returned a ") as caught:
        held(checked(), returned)
    assert type(returned).__name__ in caught.value.cause


def test_every_item_that_is_no_expectation_is_named() -> None:
    with pytest.raises(SpecError) as caught:
        held(checked(), [gxe.ExpectColumnValuesToNotBeNull(column="income"), "income > 0", 3])
    assert len(caught.value.problems) == 2
    assert "'income > 0'" in caught.value.problems[0]


def test_the_document_is_the_same_every_time_and_holds_no_time_and_no_path() -> None:
    frame = checked()
    frame.loc[0, "income"] = np.nan
    listed = [
        gxe.ExpectColumnValuesToNotBeNull(column="income"),
        gxe.ExpectColumnValuesToNotBeNull(column="nope"),
        gxe.ExpectColumnMeanToBeBetween(column="debt", min_value=0),
        gxe.ExpectColumnValuesToBeBetween(column="income", min_value=100),
    ]
    first, again = (run_expectations(frame, listed, MODEL, WINDOW, "sha256:s") for _ in range(2))
    assert first == again
    document = json.loads(first[1])
    assert document["statistics"] == {"evaluated_expectations": 4, "successful_expectations": 0}
    assert document["meta"]["window"] == "2020-02"
    assert document["success"] is False
    text = first[1].decode()
    for volatile in ("Traceback", ".py", "load_time", "batch_id", "NaN"):
        assert volatile not in text


def test_a_column_that_is_missing_everywhere_is_no_crash() -> None:
    frame = checked().assign(income=np.nan)
    result = one(gxe.ExpectColumnMeanToBeBetween(column="income", min_value=0, max_value=1), frame)
    assert not result.success
    assert result.observed == "no value"


def test_a_bound_that_is_not_finite_is_no_crash() -> None:
    result = one(gxe.ExpectColumnValuesToBeBetween(column="income", min_value=-100, max_value=float("inf")))
    assert result.success
    assert result.observed == "0 of 100 rows unexpected"


def test_nothing_is_printed_logged_sent_or_written(
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    def no_network(*args: Any, **kwargs: Any) -> None:
        pytest.fail("it opened a connection")

    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr(socket.socket, "connect", no_network)
    monkeypatch.setattr(socket, "getaddrinfo", no_network)
    caplog.set_level(logging.DEBUG)
    names = ["income", "debt", "region", "loan_id", "applied_at", "default", "nope"]
    held(checked(), [gxe.ExpectColumnValuesToNotBeNull(column=name) for name in names])
    assert capfd.readouterr() == ("", "")
    assert not [record for record in caplog.records if record.name.startswith("great_expectations")]
    assert not list(tmp_path.iterdir())
    assert logging.getLogger("great_expectations").level < logging.CRITICAL


@settings(max_examples=60, deadline=None)
@given(
    keys=st.one_of(
        st.lists(st.text(max_size=4), min_size=1, max_size=9),
        st.lists(st.integers(-3, 3), min_size=1, max_size=9),
        st.lists(st.one_of(st.none(), st.text("ab", max_size=2)), min_size=1, max_size=9),
        st.lists(st.one_of(st.just(float("nan")), st.floats(-2, 2)), min_size=1, max_size=9),
    ),
    drop=st.sampled_from(["", "income", "region"]),
    add=st.booleans(),
    late=st.booleans(),
)
def test_the_usual_expectations_are_answered_as_great_expectations_does(
    keys: list[Any], drop: str, add: bool, late: bool
) -> None:
    frame = checked(len(keys)).assign(**{MODEL.key: keys})
    frame = frame.drop(columns=drop) if drop else frame
    frame = frame.assign(more=1) if add else frame
    if late:
        frame.loc[0, MODEL.event_time] = pd.NaT
    found, document = run_expectations(frame, None, MODEL, WINDOW, "sha256:0")
    same = asked(frame, [item.made for item in expected(None, MODEL)], MODEL)
    assert json.loads(document)["results"] == json.loads(json.dumps(same))
    holds = len(set(keys)) == len(keys) and not (pd.isna(pd.Series(keys)).any() or drop or add or late)
    assert found.success == holds
