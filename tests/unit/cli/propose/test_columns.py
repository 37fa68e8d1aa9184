"""Which columns a version should learn from, and why the others are left out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from windvane.cli.propose.columns import sort_columns
from windvane.cli.propose.groups import protected_groups
from windvane.spec import Task

ROWS = 2_000
DRAW = np.random.default_rng(8)
HONEST = DRAW.normal(size=ROWS)
YES = (DRAW.random(ROWS) < 1 / (1 + np.exp(-2 * HONEST))).astype(int)
PARTS = (DRAW.gamma(2, 10, ROWS).round(), DRAW.gamma(3, 10, ROWS).round())
AT = pd.Series(pd.date_range("2021-01-01", periods=ROWS, freq="5h", tz="UTC"))
Make = Callable[[], Any]


def left_out(columns: dict[str, Any], target: Any, task: Task, name: str = "default") -> dict[str, str]:
    frame = pd.DataFrame({"honest": HONEST, **columns})
    numbers, categories, left = sort_columns(frame, pd.Series(target, name=name), task, time=AT)
    assert "honest" in {item.name for item in numbers} | {item.name for item in categories}
    return {item.name: item.why for item in left}


LEAKS: dict[str, tuple[Make, str]] = {
    "collected": (lambda: np.where((YES == 1) & (DRAW.random(ROWS) < 0.3), 5.0, np.nan), "filled in after the outcome"),
    "closed_by": (
        lambda: pd.Series("ada", index=range(ROWS)).where(YES == 1),
        "filled in after the outcome: 100% of outcomes 1 have it",
    ),
    "y_pred": (lambda: DRAW.random(ROWS), "another model's answer"),
    "prob_default": (lambda: DRAW.random(ROWS), "another model's answer"),
    "default_score": (lambda: DRAW.random(ROWS), "another model's answer"),
    "modelPrediction": (lambda: DRAW.random(ROWS), "another model's answer"),
    "fee": (lambda: YES * 3.0 + DRAW.normal(0, 0.1, ROWS), "it alone explains"),
    "word": (lambda: np.where(YES == 1, "paid", "open"), "it alone explains 100%"),
}


@pytest.mark.parametrize("name", LEAKS)
def test_a_leak_is_left_out_with_its_reason(name: str) -> None:
    make, why = LEAKS[name]
    assert why in left_out({name: make()}, YES, "binary")[name]


HONEST_ONES: dict[str, Make] = {
    "score": lambda: HONEST + DRAW.normal(size=ROWS),
    "income": lambda: np.where(DRAW.random(ROWS) < 0.3, np.nan, HONEST + DRAW.normal(size=ROWS)),
    "rarely_there": lambda: np.where(DRAW.random(ROWS) < 0.02, 1.5, np.nan) + HONEST,
    "problem": lambda: DRAW.integers(0, 2, ROWS),
    "few": lambda: np.where((YES == 1) & (np.arange(ROWS) < 30), 5.0, np.nan) + HONEST,
}


@pytest.mark.parametrize("name", HONEST_ONES)
def test_an_honest_column_stays(name: str) -> None:
    assert name not in left_out({name: HONEST_ONES[name]()}, YES, "binary")


def test_a_column_that_comes_with_the_outcome_is_left_out() -> None:
    known = np.arange(ROWS) < 1_800
    target = np.where(known, YES, np.nan)
    found = left_out({"settled": np.where(known, HONEST + 1, np.nan)}, target, "binary")
    assert "filled in with the outcome" in found["settled"]


@pytest.mark.parametrize(
    ("target", "word"),
    [(lambda: PARTS[0] + PARTS[1], "a part of"), (lambda: (PARTS[0] + 1) * (PARTS[1] + 1), "a factor of")],
)
def test_what_the_target_is_made_of_is_left_out(target: Make, word: str) -> None:
    columns = {"casual": PARTS[0] + (word != "a part of"), "registered": PARTS[1] + (word != "a part of")}
    found = left_out(columns, target(), "regression", "count")
    assert {name: word in why for name, why in found.items()} == {"casual": True, "registered": True}


def test_a_column_that_says_much_about_a_number_is_no_leak() -> None:
    target = HONEST * 10 + DRAW.normal(0, 3, ROWS)
    assert left_out({"noisy": HONEST + DRAW.normal(0, 0.1, ROWS)}, target, "regression") == {}
    assert "it alone explains" in left_out({"copy": target + DRAW.normal(0, 0.01, ROWS)}, target, "regression")["copy"]


def test_what_says_the_same_twice_is_said_once() -> None:
    kinds = DRAW.choice(["first", "second"], ROWS)
    columns = {"kind": kinds, "level": np.where(kinds == "first", 1, 2), "km": HONEST * 3, "miles": HONEST * 1.864 + 5}
    found = left_out({**columns, "other": DRAW.normal(size=ROWS)}, YES, "binary")
    assert found == {
        "level": "says the same as 'kind'",
        "km": "says the same as 'honest', in another unit",
        "miles": "says the same as 'honest', in another unit",
    }


def test_parts_of_the_date_are_left_out_and_an_hour_stays() -> None:
    local = AT.dt.tz_convert("America/New_York")
    columns = {"yr": local.dt.year, "month": local.dt.month, "day": local.dt.day, "hour": local.dt.hour}
    assert set(left_out(columns, YES, "binary")) == {"yr", "month"}  # 14 months: all days were seen again and again


def test_a_month_stays_where_several_years_are_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    at = pd.Series(pd.date_range("2015-01-01", periods=ROWS, freq="20h", tz="UTC"))
    monkeypatch.setitem(globals(), "AT", at)
    assert set(left_out({"yr": at.dt.year, "month": at.dt.month}, YES, "binary")) == {"yr"}


ONLY_WHEN: dict[str, tuple[Make, str]] = {
    "decimal_year": (lambda: AT.dt.year + AT.dt.dayofyear / 365.25, "says the same as the event time"),
    "since": (lambda: (AT - AT.min()).dt.days, "says the same as the event time"),
    "period": (lambda: AT.dt.strftime("%Y-%m"), "follows from the event time"),
    "batch": (lambda: pd.Series(np.arange(ROWS) // 250 * 7 % 11), "follows from the event time"),
}


@pytest.mark.parametrize("name", ONLY_WHEN)
def test_a_column_that_only_says_when_is_left_out(name: str) -> None:
    make, why = ONLY_WHEN[name]
    assert why in left_out({name: make()}, YES, "binary")[name]


def test_a_flag_of_a_single_year_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    at = pd.Series(pd.date_range("2015-01-01", periods=ROWS, freq="20h", tz="UTC"))
    monkeypatch.setitem(globals(), "AT", at)
    flags = {"d16": (at.dt.year == 2016).astype(int), "new": (at.dt.year >= 2017).astype(int)}
    assert "1 in all of 2016" in left_out(flags, YES, "binary")["d16"]
    assert "new" not in left_out(flags, YES, "binary")


def test_a_part_of_the_key_and_its_other_name_are_no_leaks() -> None:
    states = np.arange(ROWS) % 40
    frame = pd.DataFrame({"state": [f"s{one}" for one in states], "short": [f"{one}" for one in states]})
    target = pd.Series(states * 10.0 + DRAW.normal(size=ROWS), name="gdp")
    numbers, categories, left = sort_columns(frame, target, "regression", time=AT, key=("state", "at"))
    assert (numbers, [item.name for item in categories]) == ([], ["state"])
    assert {item.name: item.why for item in left} == {"short": "says the same as 'state'"}


def test_whole_numbers_of_a_key_are_names_and_not_amounts() -> None:
    frame = pd.DataFrame({"honest": HONEST, "nr": np.arange(ROWS) // 3 * 17 % 9_001, "wing": np.arange(ROWS) % 7})
    target = pd.Series(YES, name="default")
    numbers, categories, left = sort_columns(frame, target, "binary", time=AT, key=("nr", "wing", "at"))
    assert [item.name for item in numbers] == ["honest"]
    assert [item.name for item in categories] == ["wing"]
    assert [item.name for item in left] == ["nr"]


def test_whole_numbers_that_are_names_are_categories_or_left_out() -> None:
    frame = pd.DataFrame(
        {
            "store": DRAW.integers(1, 30, ROWS),
            "branch_code": np.where(DRAW.random(ROWS) < 0.1, np.nan, DRAW.integers(1, 9, ROWS)),
            "zip": DRAW.integers(10_000, 99_999, ROWS),
            "customer_id": DRAW.integers(1, 500, ROWS),
            "visits": DRAW.integers(1, 30, ROWS),
        }
    )
    numbers, categories, left = sort_columns(frame, pd.Series(YES), "binary")
    assert [item.name for item in numbers] == ["visits"]
    assert {item.name: item.code for item in categories} == {"store": True, "branch_code": True}
    assert categories[1].values == tuple("12345678")
    assert [item.name for item in left] == ["zip", "customer_id"]


def test_protected_groups_are_told_by_name_and_by_value() -> None:
    frame = pd.DataFrame(
        {
            "applicantSex": ["a", "b"],
            "race": [1, 2],
            "age": [30, 40],
            "g": ["M", "F"],
            "status": ["Never-married", "Divorced"],
            "origin": ["JFK", "LGA"],
            "stage": ["early", "late"],
            "size": ["S", "M"],
            "mortgage": [1, 2],
        }
    )
    found = protected_groups(frame)
    assert found == {
        "applicantSex": "by name",
        "race": "by name",
        "age": "by name",
        "g": "its values look like sex",
        "status": "its values look like marital status",
    }
