"""How many rows a window has: half of them is news after windows that had about as many each."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.lifecycle.feeds import answered, window_of
from windvane.lifecycle.volume import volume
from windvane.windows import Window

WEEK = window_of(6)
DAY = Window(datetime(2020, 2, 1, tzinfo=UTC), datetime(2020, 2, 2, tzinfo=UTC), "2020-02-01")


def test_half_of_the_rows_of_a_week_is_broken_and_said_with_numbers() -> None:
    found, _ = answered(lambda frame: frame.sample(300, random_state=1).sort_values("applied_at", ignore_index=True))
    assert found.headline == "300 rows, 50 % of the usual 600"
    assert found.numbers[0].allowed == "420 to 857"


def test_half_of_the_rows_of_a_day_may_be_a_holiday_and_is_odd() -> None:
    (found,) = volume(500, 1000, [1000, 1010, 990, 1005], DAY)
    assert not found.sure


def test_twice_the_rows_are_odd() -> None:
    (found,) = volume(2000, 1000, [1000, 1010, 990, 1005], WEEK)
    assert not found.sure
    assert found.headline == "2,000 rows, 200 % of the usual 1,002"


def test_a_drop_is_no_news_where_the_rows_go_up_and_down_as_far() -> None:
    assert volume(400, None, [1000, 620, 1000, 640], WEEK) == []


@pytest.mark.parametrize(
    "alike",
    [
        [1000, 990],  # too few windows
        [1000, 600, 1000, 600],  # it always goes up and down
        [520, 1000, 1000, 1000],  # the window before was as small
    ],
)
def test_half_of_the_rows_is_no_news_where_the_past_does_not_speak_against_it(alike: list[int]) -> None:
    assert volume(500, 1000, alike, WEEK) == []


@given(
    level=st.integers(60, 100_000),
    changes=st.lists(st.floats(0.8, 1.25), min_size=4, max_size=9),
)
def test_windows_that_change_by_a_fifth_at_most_are_never_broken(level: int, changes: list[float]) -> None:
    counts = [level]
    for change in changes:
        counts.append(max(40, round(counts[-1] * change)))
    assert not [item for item in volume(counts[-1], None, counts[-2::-1], WEEK) if item.sure]


@given(counts=st.lists(st.integers(950, 1050), min_size=3, max_size=8), share=st.floats(0.3, 0.55))
def test_about_half_of_steady_windows_is_always_broken(counts: list[int], share: float) -> None:
    (found,) = volume(round(share * 1000), 1000.0, counts, WEEK)
    assert found.sure


def test_a_long_window_starts_at_six_days() -> None:
    six = Window(DAY.start, DAY.start + timedelta(days=6), "x")
    assert volume(500, 1000, [1000, 1010, 990], six)[0].sure
