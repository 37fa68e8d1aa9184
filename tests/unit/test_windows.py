"""Windows: keys, calendars, daylight saving, and what is refused."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from windvane.errors import InvalidWindow
from windvane.windows import Cadence, parse_duration

NEW_YORK = "America/New_York"
FIRST, LAST = (datetime(year, 1, 1, tzinfo=UTC).replace(tzinfo=None) for year in (1971, 2037))
CADENCES = [
    Cadence.parse("month", NEW_YORK),
    Cadence.parse("week", "Europe/Berlin"),
    Cadence.parse("day", "Australia/Lord_Howe"),
    Cadence.parse("day", "America/Sao_Paulo"),
    Cadence.parse("6h"),
    Cadence.parse("PT90M"),
]


def test_a_month_follows_its_zone_across_the_change_of_clocks() -> None:
    march = Cadence.parse("month", NEW_YORK).window("2013-03")
    assert march.start == datetime(2013, 3, 1, 5, tzinfo=UTC)
    assert march.end == datetime(2013, 4, 1, 4, tzinfo=UTC)


@pytest.mark.parametrize(("key", "hours"), [("2013-03-10", 23), ("2013-11-03", 25), ("2013-07-01", 24)])
def test_a_day_is_as_long_as_the_clocks_make_it(key: str, hours: int) -> None:
    day = Cadence.parse("day", NEW_YORK).window(key)
    assert day.end - day.start == timedelta(hours=hours)


def test_a_week_begins_on_monday_and_another_day_is_no_key() -> None:
    weeks = Cadence.parse("week")
    assert weeks.window("2013-02-04").end == datetime(2013, 2, 11, tzinfo=UTC)
    with pytest.raises(InvalidWindow, match="2013-02-04"):
        weeks.window("2013-02-05")


@pytest.mark.parametrize(
    "key", ["2013-3", "2013-13", "2013-02-01", "", "'; drop table", "０１３-02", "0000-01", "2013-02\n"]
)
def test_a_key_that_is_not_exactly_one_is_refused_by_name(key: str) -> None:
    with pytest.raises(InvalidWindow) as caught:
        Cadence.parse("month").window(key)
    assert caught.value.remedy == "write it like '2013-02'"


@pytest.mark.parametrize("key", ["0001-01", "9999-12"])
def test_the_ends_of_the_calendar_are_refused_by_name(key: str) -> None:
    with pytest.raises(InvalidWindow):
        Cadence.parse("month", NEW_YORK).window(key)


@pytest.mark.parametrize("cadence", CADENCES, ids=lambda cadence: f"{cadence.unit}-{cadence.timezone}")
@given(moment=st.datetimes(FIRST, LAST, timezones=st.just(UTC)))
def test_every_moment_lies_in_one_window_that_its_key_finds_again(cadence: Cadence, moment: datetime) -> None:
    window = cadence.window_at(moment)
    assert window.start <= moment < window.end
    assert cadence.window(window.key) == window
    assert cadence.next(window).start == window.end
    assert cadence.previous(cadence.next(window)) == window


def test_going_back_stops_at_the_first_moment() -> None:
    months = Cadence.parse("month")
    march = months.window("2013-03")
    assert [window.key for window in months.back_from(march, 2)] == ["2013-02", "2013-03"]
    first = datetime(2013, 1, 1, tzinfo=UTC)
    assert [window.key for window in months.back_from(march, 99, first)] == ["2013-01", "2013-02", "2013-03"]
    assert months.between(months.window("2012-12"), march)[0].key == "2012-12"


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("1d", timedelta(1)),
        ("90m", timedelta(minutes=90)),
        ("P1DT6H", timedelta(days=1, hours=6)),
        ("0d", timedelta(0)),
    ],
)
def test_durations_are_short_or_iso(text: str, length: timedelta) -> None:
    assert parse_duration(text) == length


@pytest.mark.parametrize("text", ["", "P", "PT", "1", "one day", "-1d", "1y"])
def test_anything_else_is_no_duration(text: str) -> None:
    with pytest.raises(ValueError, match="not a duration"):
        parse_duration(text)


@pytest.mark.parametrize(
    ("window", "timezone", "message"),
    [
        ("fortnight", "UTC", "'month', 'week', 'day' or a duration"),
        ("month", "Mars/Olympus", "IANA"),
        ("month", "../../etc/passwd", "IANA"),
        ("6h", NEW_YORK, "counted in UTC"),
        ("1s", "UTC", "shorter than a minute"),
    ],
)
def test_a_cadence_that_cannot_be_is_refused(window: str, timezone: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Cadence.parse(window, timezone)
