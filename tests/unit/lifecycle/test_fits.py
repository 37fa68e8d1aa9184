"""How columns fit each other: a number around zero that is turned round, and a column of other rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tests.unit.lifecycle.feeds import answered, rows

if TYPE_CHECKING:
    import pandas as pd


def strangers(frame: pd.DataFrame, name: str) -> pd.DataFrame:
    return frame.assign(**{name: np.random.default_rng(3).permutation(frame[name].to_numpy())})


def test_a_number_around_zero_with_the_opposite_sign_is_told_by_its_neighbours() -> None:
    found, _ = answered(lambda frame: frame.assign(height=-frame["height"]))
    assert found.outcome == "finding"
    assert "height looks like the opposite sign" in found.headline + found.detail


def test_values_that_stand_in_other_rows_are_broken() -> None:
    found, _ = answered(lambda frame: strangers(frame, "weight"))
    assert found.outcome == "finding"
    assert "weight has no longer to do with" in found.headline


def test_values_in_other_rows_are_odd_where_the_scores_are_as_good_as_ever() -> None:
    found, odd = answered(lambda frame: strangers(frame, "weight"), as_good=True)
    assert found.outcome == "ok"
    assert odd is not None


def test_columns_that_have_to_do_with_each_other_now_and_then_say_nothing() -> None:
    def draw(week: int) -> pd.DataFrame:
        return strangers(rows(week), "weight") if week in (3, 4) else rows(week)

    found, _ = answered(lambda frame: strangers(frame, "weight"), draw=draw)
    assert found.outcome == "ok", found.headline


def test_without_a_past_it_is_odd() -> None:
    found, odd = answered(lambda frame: strangers(frame, "weight"), past=0)
    assert found.outcome == "ok"
    assert odd is not None
