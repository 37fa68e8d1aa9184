"""Times of day: event times of another zone are told by what follows the hours."""

from __future__ import annotations

import pandas as pd
import pytest

from tests.unit.lifecycle.feeds import MODEL, answered, rows, window_of


def moved(frame: pd.DataFrame, hours: float, week: int = 6) -> pd.DataFrame:
    times = frame["applied_at"] + pd.Timedelta(hours=hours)
    window = window_of(week)
    inside = (times >= window.start) & (times < window.end)
    return pd.DataFrame(frame.assign(applied_at=times)[inside].reset_index(drop=True))


@pytest.mark.parametrize("hours", [-7, -3, 2, 5, 9])
def test_event_times_of_another_zone_are_broken(hours: int) -> None:
    found, _ = answered(lambda frame: moved(frame, hours))
    which = "later" if hours > 0 else "earlier"
    assert found.headline == f"Event times look {abs(hours)} hours {which} than before: another time zone"
    assert found.numbers[0].value == hours


def test_an_hour_may_be_summer_time_and_is_odd() -> None:
    found, odd = answered(lambda frame: moved(frame, 1))
    assert found.outcome == "ok"
    assert odd is not None
    assert "1 hour later" in odd.headline


@pytest.mark.parametrize("warmer", [-8.0, 8.0])
def test_a_warmer_or_colder_week_is_in_the_same_zone(warmer: float) -> None:
    found, odd = answered(lambda frame: frame.assign(warmth=frame["warmth"] + warmer))
    said = [found.headline, found.detail, *((odd.headline, odd.detail) if odd else ())]
    assert all("time zone" not in words for words in said)


def test_event_times_spread_evenly_over_the_day_say_nothing() -> None:
    def draw(week: int) -> pd.DataFrame:
        window = window_of(week)
        times = pd.date_range(window.start, window.end, periods=601, inclusive="left").round("s").as_unit("us")
        return rows(week).assign(applied_at=times[:600], warmth=rows(week)["noise"])

    assert answered(lambda frame: frame, draw=draw)[0].outcome == "ok"


def test_a_window_shorter_than_a_day_shows_no_hours() -> None:
    hour = MODEL.cadence.window("2020-02-17")
    short = type(hour)(hour.start, hour.start + (hour.end - hour.start) / 14, hour.key)
    assert answered(lambda frame: moved(frame, 5), window=short)[0].outcome == "ok"
