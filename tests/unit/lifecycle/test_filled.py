"""Filled columns: a default is told from a world in which one value became more frequent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from tests.unit.lifecycle.feeds import answered, rows

if TYPE_CHECKING:
    import pandas as pd


def in_part(frame: pd.DataFrame, name: str, value: Any, share: float = 0.6) -> pd.DataFrame:
    filled = np.random.default_rng(4).random(len(frame)) < share
    return frame.assign(**{name: frame[name].where(~filled, value)})


@pytest.mark.parametrize(
    ("name", "value"), [("noise", -1.0), ("noise", 5.0), ("height", 0.0), ("weight", -999.0), ("town", "Bern")]
)
def test_a_default_in_most_rows_is_broken(name: str, value: Any) -> None:
    found, _ = answered(lambda frame: in_part(frame, name, value))
    assert found.outcome == "finding"
    assert name in found.columns


@pytest.mark.parametrize("name", ["noise", "weight", "town"])
def test_a_column_of_one_value_is_broken(name: str) -> None:
    found, odd = answered(lambda frame: frame.assign(**{name: frame[name].iloc[0]}))
    assert name in (found.columns if name != "town" else (*found.columns, *(odd.columns if odd else ())))


def test_a_value_that_became_more_frequent_before_is_no_news() -> None:
    assert answered(lambda frame: in_part(frame, "noise", 0.0), always=True)[0].outcome == "ok"


def test_a_share_that_comes_and_goes_is_no_news() -> None:
    def draw(week: int) -> pd.DataFrame:
        return in_part(rows(week), "noise", 0.0, share=(0.1, 0.5, 0.3, 0.6)[week % 4])

    found, _ = answered(lambda frame: in_part(frame, "noise", 0.0, share=0.5), draw=draw)
    assert found.outcome == "ok"


def test_a_column_that_grows_by_new_values_each_week_is_at_most_odd() -> None:
    """A counter of weeks: its newest value was never seen, and none of them is a default."""

    def draw(week: int) -> pd.DataFrame:
        return rows(week).assign(noise=np.random.default_rng(week).integers(0, 2, 600) + 2.0 * week)

    found, _ = answered(lambda frame: frame, draw=draw)
    assert found.outcome == "ok", found.headline


def in_order(week: int) -> pd.DataFrame:
    """Return a week whose towns come one after the other, and whose weight is a number that counts up."""
    frame = rows(week)
    places = np.arange(len(frame))
    towns = np.array([f"town {week * 6 + place * 6 // len(frame)}" for place in places], dtype=object)
    return frame.assign(town=towns, weight=float(week) * len(frame) + places)


@pytest.mark.parametrize(("column", "value"), [("town", "unknown"), ("weight", 0.0), ("weight", -999.0)])
def test_a_default_among_the_values_of_a_column_that_follows_the_time_is_a_fault(column: str, value: Any) -> None:
    def fill(frame: pd.DataFrame) -> pd.DataFrame:
        return frame.assign(**{column: frame[column].where(np.random.default_rng(3).random(len(frame)) > 0.6, value)})

    found, _ = answered(fill, draw=in_order)
    assert found.outcome == "finding"
    assert column in found.headline
    assert answered(lambda frame: frame, draw=in_order)[0].outcome == "ok"


def test_a_value_that_comes_in_one_run_is_no_default() -> None:
    """As in a month that has one day more, or a country with many rows."""
    found, _ = answered(
        lambda frame: frame.assign(town=np.where(np.arange(600) < 400, "a", frame["town"])), draw=in_order
    )
    assert found.outcome == "ok"


def test_a_number_that_followed_the_time_and_turns_back_is_a_fault() -> None:
    found, _ = answered(lambda frame: frame.assign(weight=-frame["weight"]), draw=in_order)
    assert "weight followed the time" in found.headline + found.detail
