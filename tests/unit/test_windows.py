"""Windows: keys, calendars, daylight saving, and what is refused."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from windvane.errors import InvalidWindow
from windvane.windows import Cadence, canonical, parse_duration

NEW_YORK = "America/New_York"
FIRST, LAST = (datetime(year, 1, 1, tzinfo=UTC).replace(tzinfo=None) for year in (1971, 2037))
CADENCES = [
    Cadence.parse("year", "Asia/Kolkata"),
    Cadence.parse("quarter", NEW_YORK),
    Cadence.parse("month", NEW_YORK),
    Cadence.parse("week", "Europe/Berlin"),
    Cadence.parse("day", "Australia/Lord_Howe"),
    Cadence.parse("day", "America/Sao_Paulo"),
    Cadence.parse("6h"),
    Cadence.parse("PT90M"),
    *(Cadence.parse(window, NEW_YORK) for window in ("2 weeks", "90d", "2 days", "5 months", "2 years")),
    Cadence.parse("3 weeks", "Pacific/Auckland"),
    Cadence.parse("2 months", "Australia/Lord_Howe"),
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


@pytest.mark.parametrize("cadence", CADENCES, ids=lambda cadence: f"{cadence.count}-{cadence.unit}-{cadence.timezone}")
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
        ("0 weeks", "UTC", "at least one week"),
        ("0d", "UTC", "shorter than a minute"),
        ("1201 months", "UTC", "at most a hundred years"),
        ("99999 years", "UTC", "'99999 years' must be .* at most a hundred years"),
        ("2 fortnights", "UTC", "several of them such as '2 weeks'"),
        ("-2 weeks", "UTC", "several of them"),
        ("6 hours", NEW_YORK, "counted in UTC"),
    ],
)
def test_a_cadence_that_cannot_be_is_refused(window: str, timezone: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Cadence.parse(window, timezone)


ZONES = ["UTC", NEW_YORK, "Europe/Berlin", "Australia/Lord_Howe", "Pacific/Auckland", "America/Sao_Paulo"]
UNITS = ["year", "quarter", "month", "week", "day", "2 weeks", "3w", "90d", "2 days", "2 months", "5 months", "2 years"]
CUTS = st.one_of(
    st.builds(Cadence.parse, st.sampled_from(UNITS), st.sampled_from(ZONES)),
    st.sampled_from([Cadence.parse("6h"), Cadence.parse("PT90M"), Cadence.parse("12h")]),
)


@st.composite
def calendars(draw: st.DrawFn) -> Cadence:
    """A cadence that followed another one, which may have followed a third."""
    cadence: Cadence = draw(CUTS)
    for _ in range(draw(st.integers(1, 2))):
        at = datetime(2024, 1, 1, tzinfo=UTC) + timedelta(hours=draw(st.integers(0, 6000)))
        if cadence.since is not None and at < cadence.since:
            at = cadence.since + (cadence.since - at)
        cadence = draw(CUTS).following(cadence, cadence.window_at(at).key)
    return cadence


@given(calendars(), st.integers(0, 12_000))
def test_windows_of_changing_cadences_leave_no_moment_out_and_have_keys_of_their_own(
    cadence: Cadence, hour: int
) -> None:
    moment = datetime(2023, 12, 1, tzinfo=UTC) + timedelta(hours=hour)
    window = cadence.window_at(moment)
    assert window.start <= moment < window.end
    assert cadence.window(window.key) == window
    assert cadence.previous(cadence.next(window)) == window
    windows = cadence.between(window, cadence.window_at(moment + timedelta(days=45)))
    assert all(one.end == other.start for one, other in pairwise(windows))
    keys = [item.key for item in windows]
    assert keys == sorted(set(keys))  # the registry sorts by them
    assert re.fullmatch(cadence.key_pattern, window.key)
    assert cadence.before is not None
    assert cadence.since is not None
    if window.start < cadence.since:
        assert cadence.before.window(window.key) == window  # the windows before keep their keys


def test_a_new_cadence_begins_where_a_window_of_the_old_one_ends() -> None:
    weeks = Cadence.parse("week", NEW_YORK).following(Cadence.parse("month"), "2024-08")
    keys = [str(item) for item in weeks.between(weeks.window("2024-06"), weeks.window("2024-08-12"))]
    assert keys == ["2024-06", "2024-07", "2024-08-05", "2024-08-12"]
    first = weeks.window("2024-08-05")
    assert (first.start, first.end) == (datetime(2024, 8, 1, tzinfo=UTC), datetime(2024, 8, 12, 4, tzinfo=UTC))
    assert weeks.window("2024-07") == Cadence.parse("month").window("2024-07")


@pytest.mark.parametrize("key", ["2024-08", "2024-07-22", "2024-07-29", "2024-08-06"])
def test_a_key_of_the_wrong_side_of_a_change_is_refused_and_told_which_window_is_meant(key: str) -> None:
    weeks = Cadence.parse("week").following(Cadence.parse("month"), "2024-08")
    with pytest.raises(InvalidWindow):
        weeks.window(key)
    if len(key) > 7:
        with pytest.raises(InvalidWindow, match=r"'2024-0(7|8-05)'"):
            weeks.window(key)


@pytest.mark.parametrize(
    ("unit", "key", "start", "end"),
    [
        ("quarter", "2013-01", (2013, 1), (2013, 4)),
        ("quarter", "2013-10", (2013, 10), (2014, 1)),
        ("year", "2013", (2013, 1), (2014, 1)),
    ],
)
def test_quarters_and_years_are_whole_months(unit: str, key: str, start: tuple[int, int], end: tuple[int, int]) -> None:
    window = Cadence.parse(unit).window(key)
    assert (window.start, window.end) == (datetime(*start, 1, tzinfo=UTC), datetime(*end, 1, tzinfo=UTC))


def test_a_month_inside_a_quarter_is_no_key() -> None:
    with pytest.raises(InvalidWindow, match="the window holding it is '2013-04'"):
        Cadence.parse("quarter").window("2013-05")


@pytest.mark.parametrize(
    ("declared", "canon"),
    [
        ("2 weeks", "2 weeks"),
        ("2w", "2 weeks"),
        ("1 week", "week"),
        ("1w", "week"),
        ("90d", "90 days"),
        ("P90D", "90 days"),
        ("1 day", "day"),
        ("1d", "1d"),  # 24 hours of UTC, as ever
        ("P1D", "P1D"),
        ("6 hours", "6h"),
        ("1 hour", "1h"),
        ("30 minutes", "30m"),
        ("2 months", "2 months"),
        ("1 month", "month"),
        ("2 quarters", "6 months"),
        ("2 years", "24 months"),
        ("month", "month"),
        ("fortnight", "fortnight"),
        ("٢ weeks", "٢ weeks"),
    ],
)
def test_a_cadence_has_one_way_to_be_written(declared: str, canon: str) -> None:
    assert canonical(declared) == canon
    assert canonical(canon) == canon


@pytest.mark.parametrize(
    ("window", "key", "end"),
    [
        ("2 weeks", "2013-02-11", "2013-02-25"),
        ("90d", "2013-02-14", "2013-05-15"),
        ("2 months", "2013-01", "2013-03"),
        ("2 quarters", "2013-07", "2014-01"),
        ("2 years", "2012-01", "2014-01"),
    ],
)
def test_windows_of_several_units_are_counted_from_1970_in_every_zone(window: str, key: str, end: str) -> None:
    for zone in ZONES:
        cadence = Cadence.parse(window, zone)
        found = cadence.window(key)
        assert cadence.next(found).key == end
        assert f"{found.start.astimezone(ZoneInfo(zone)):%Y-%m-%d}".startswith(key)
        assert cadence.example == cadence.window(cadence.example).key


def test_a_unit_inside_a_window_of_several_is_no_key() -> None:
    with pytest.raises(InvalidWindow, match="is not a window of 2 weeks of UTC; the window holding it is '2013-02-11'"):
        Cadence.parse("2 weeks").window("2013-02-18")


def test_a_changed_multiple_is_a_changed_cadence() -> None:
    pairs = Cadence.parse("2 weeks").following(Cadence.parse("week"), "2024-08-05")
    windows = pairs.between(pairs.window("2024-07-22"), pairs.window_at(datetime(2024, 9, 10, tzinfo=UTC)))
    assert [item.key for item in windows] == ["2024-07-22", "2024-07-29", "2024-08-12", "2024-08-26", "2024-09-09"]
    assert windows[2].start == datetime(2024, 8, 5, tzinfo=UTC)
