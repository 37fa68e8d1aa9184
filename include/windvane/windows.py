"""Windows: the half-open UTC intervals of event time that every run, snapshot and decision concerns."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from windvane.errors import InvalidWindow

Unit = Literal["year", "quarter", "month", "week", "day", "duration"]
UNITS = ("year", "quarter", "month", "week", "day")
"""The calendar units, the longest first."""

_INSTANT = timedelta(microseconds=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EXAMPLES = {
    "year": "2013",
    "quarter": "2013-04",
    "month": "2013-02",
    "week": "2013-02-04",
    "day": "2013-02-28",
    "duration": "2013-02-28T06:00:00",
}
_FORMATS = {"year": "%Y", "quarter": "%Y-%m", "month": "%Y-%m", "week": "%Y-%m-%d", "day": "%Y-%m-%d"}
MONTHS = {"year": 12, "quarter": 3, "month": 1}
"""Months of the calendar units that are made of months."""
_DURATION = re.compile(r"^(?:P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?|(\d+)([smhdw]))$")
_SHORT = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
_SEVERAL = re.compile(
    r"^([0-9]{1,9}) ?(minute|hour|day|week|month|quarter|year)s?$|^([0-9]{1,9})([dw])$|^P([0-9]{1,9})D$"
)
_MOST_DAYS = 36_525
"""A hundred years: the longest window."""
_ANCHOR = date(1969, 12, 29)
"""The Monday of the week of 1970-01-01."""


@dataclass(frozen=True, order=True)
class Window:
    """A half-open interval of event time `[start, end)`, both UTC, with the key that names it."""

    start: datetime
    end: datetime
    key: str

    def __str__(self) -> str:
        return self.key


def parse_duration(text: str) -> timedelta:
    """Read `1d`, `6h`, `90m`, `30s`, `2w` or an ISO 8601 duration of days and time (`P1DT6H`).

    Raises:
        ValueError: When the text is neither.
    """
    match = _DURATION.match(text.strip())
    if match is None or not any(match.groups()):
        raise ValueError(f"{text!r} is not a duration; write '1d', '6h', '90m' or ISO 8601 such as 'P1DT6H'")
    days, hours, minutes, seconds, count, unit = match.groups()
    if count is not None:
        return timedelta(seconds=int(count) * _SHORT[unit])
    return timedelta(days=int(days or 0), hours=int(hours or 0), minutes=int(minutes or 0), seconds=int(seconds or 0))


def canonical(window: str) -> str:
    """Return the one way to write a cadence; what says one in no known way, as it is.

    `1 month` is `month`, `6 hours` is `6h`, `90d` is `90 days`, `2w` is `2 weeks`. Quarters and years are made of
    months: `2 quarters` is `6 months`, `2 years` is `24 months`. A calendar's day is `day`; `1d` is 24 hours.
    """
    match = _SEVERAL.match(window.strip())
    if match is None:
        return window
    count = int(match[1] or match[3] or match[5])
    unit = match[2] or {"d": "day", "w": "week", None: "day"}[match[4]]
    if not match[1] and unit == "day" and count <= 1:
        return window
    if unit in ("minute", "hour"):
        return f"{count}{unit[0]}"
    if count == 1:
        return unit
    months = MONTHS.get(unit)
    return f"{count * months} months" if months else f"{count} {unit}s"


@dataclass(frozen=True)
class Cadence:
    """The rule that cuts event time into windows.

    Years, quarters (named by their first month), months, weeks (Monday to Sunday) and days are calendar units of
    `timezone`: a day is 23 or 25 hours long when the clocks change. Durations are exact and counted from
    1970-01-01T00:00Z. Windows of several units are counted from one anchor in every zone: months and days from
    1970-01-01, weeks from the Monday of that week, 1969-12-29. The first unit names the window.

    A model may have been cut otherwise before: the windows of before keep their keys up to `since`, and the first
    window after it begins there, whether or not one of this cadence does. So every moment is in one window.

    Args:
        unit: `year`, `quarter`, `month`, `week`, `day` or `duration`.
        timezone: IANA name of the zone whose calendar the windows follow.
        duration: The length, for `duration` only.
        count: How many units a window has; several only of months, weeks and days.
        before: The cadence of the windows before `since`.
        since: The moment at which a window of `before` ends and this cadence begins, UTC; for `before` only.
    """

    unit: Unit
    timezone: str = "UTC"
    duration: timedelta | None = None
    count: int = 1
    before: Cadence | None = None
    since: datetime | None = None

    @classmethod
    def parse(cls, window: str, timezone: str = "UTC") -> Cadence:
        """Read a spec's `window` and `timezone`.

        Raises:
            ValueError: On an unknown zone, an unknown word, or a duration window outside UTC.
        """
        declared, window = window, canonical(window)
        try:
            ZoneInfo(timezone)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise ValueError(f"timezone {timezone!r} is not an IANA name such as 'Europe/Berlin'") from None
        if window in UNITS:
            return cls(window, timezone)  # type: ignore[arg-type]  # narrowed by the test above
        number, _, units = window.partition(" ")
        unit = units.removesuffix("s")
        if _SEVERAL.match(window) and unit in ("month", "week", "day"):
            return cls._of_several(declared, int(number), unit, timezone)
        try:
            length = parse_duration(window)
        except ValueError:
            known = ", ".join(repr(unit) for unit in UNITS)
            several = "several of them such as '2 weeks'"
            raise ValueError(f"window {declared!r} is not {known} or a duration such as '6h', or {several}") from None
        if length < timedelta(minutes=1):
            raise ValueError(f"window {declared!r} is shorter than a minute")
        if timezone != "UTC":
            raise ValueError("a duration window is counted in UTC; set timezone='UTC' or use 'day'")
        return cls("duration", timezone, length)

    @classmethod
    def _of_several(cls, declared: str, count: int, unit: str, timezone: str) -> Cadence:
        if not 1 < count <= _MOST_DAYS // {"day": 1, "week": 7, "month": 31}[unit]:
            raise ValueError(f"window {declared!r} must be at least one {unit} and at most a hundred years")
        return cls(unit, timezone, count=count)  # type: ignore[arg-type]  # narrowed by the caller

    def following(self, before: Cadence, until: str) -> Cadence:
        """Return this cadence, begun where a window of another one would.

        Args:
            before: The cadence of before.
            until: The key of the first window of `before` that is none any more.

        Raises:
            InvalidWindow: `until` names no window of `before`.
        """
        return replace(self, before=before, since=before.window(until).start)

    @property
    def key_format(self) -> str:
        """The `strftime` format of keys, which is also the key format of the Airflow partitions."""
        return _FORMATS.get(self.unit, "%Y-%m-%dT%H:%M:%S")

    @property
    def example(self) -> str:
        """A key of this cadence, for messages and forms."""
        return _EXAMPLES[self.unit] if self.count == 1 else self._window_of(datetime(2013, 2, 28)).key  # noqa: DTZ001 (a day of the calendar)

    @property
    def key_pattern(self) -> str:
        """A regular expression that every key matches, for forms."""
        found, cadence = [], self
        while True:
            found.append(re.sub(r"[0-9]", "[0-9]", cadence.example))
            if cadence.before is None:
                break
            cadence = cadence.before
        unlike = list(dict.fromkeys(found))
        return f"^{unlike[0]}$" if len(unlike) == 1 else f"^({'|'.join(unlike)})$"

    def window(self, key: str) -> Window:
        """Return the window that `key` names.

        Raises:
            InvalidWindow: When the key does not have the form of this cadence, or starts no window.
        """
        if self.before is not None:
            try:
                earlier = self.before.window(key)
            except InvalidWindow:
                earlier = None
            if earlier is not None and earlier.start < self._since:
                return earlier
        try:
            first = datetime.strptime(key, self.key_format)  # noqa: DTZ007  # wall-clock time of the zone
        except (ValueError, TypeError):
            raise self._invalid(key) from None
        if not 1900 <= first.year < 3000:  # the calendar's ends have no window before or after them
            raise self._invalid(key)
        found = self._window_of(first)
        if found.key != key:  # '2013-3' parses as March, a Tuesday as a week: neither is a key
            raise self._invalid(key, f"; the window holding it is {self.window_at(found.start).key!r}")
        if self.before is not None and self.window_at(found.start).key != key:
            holding = f"; the window holding its begin is {self.window_at(found.start).key!r}"
            raise self._invalid(key, f" after {self._since:%Y-%m-%d %H:%M} UTC, where these begin{holding}")
        return self.window_at(found.start)

    def window_at(self, moment: datetime) -> Window:
        """Return the window that holds a moment (timezone-aware)."""
        if self.before is None:
            return self._natural(moment)
        if moment < self._since:
            return self.before.window_at(moment)
        first, last = self._natural(self._since), self.before.window_at(self._since - _INSTANT)
        # The key of a window that began before may be one of before, or be sorted among them: what is left of it goes
        # to the next one.
        while first.start < self._since or first.key <= last.key:
            first = self._natural(first.end)
        return Window(self._since, first.end, first.key) if moment < first.end else self._natural(moment)

    def ticked(self, moment: datetime) -> Window:
        """Return the window that a schedule of this cadence means by a moment.

        It is the one that holds it; where an earlier cadence's does that and has not ended when one of this cadence
        would have, it is the one before.
        """
        found = self.window_at(moment)
        return found if found.end <= self._natural(moment).end else self.previous(found)

    @property
    def months(self) -> int | None:
        """How many months a window has; None where it is not made of months."""
        return MONTHS[self.unit] * self.count if self.unit in MONTHS else None

    def position(self, moment: datetime) -> int:
        """Return which unit of its window a moment lies in, the first being 0; windows of before aside."""
        return self._units(moment.astimezone(self._zone).date()) % self.count

    def unit_after(self, moment: datetime, count: int) -> datetime:
        """Return when the calendar unit begins that is so many after the one that holds a moment, UTC."""
        return self._midnight(self._unit(self._units(moment.astimezone(self._zone).date()) + count))

    def next(self, window: Window) -> Window:
        """Return the window that begins where this one ends."""
        return self.window_at(window.end)

    def previous(self, window: Window) -> Window:
        """Return the window that ends where this one begins."""
        return self.window_at(window.start - _INSTANT)

    def back_from(self, window: Window, count: int, first: datetime | None = None) -> list[Window]:
        """Return at most `count` windows ending with `window`, oldest first, none beginning before `first`'s window."""
        found = [window]
        while len(found) < count:
            earlier = self.previous(found[-1])
            if first is not None and earlier.end <= first:
                break
            found.append(earlier)
        return found[::-1]

    def between(self, first: Window, last: Window) -> list[Window]:
        """Return all windows from `first` to `last`, both included, oldest first."""
        found = [first]
        while found[-1].start < last.start:
            found.append(self.next(found[-1]))
        return found

    def _natural(self, moment: datetime) -> Window:
        return self._window_of(moment.astimezone(self._zone).replace(tzinfo=None))

    @property
    def _since(self) -> datetime:
        assert self.since is not None
        return self.since

    @property
    def _zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)

    def _window_of(self, local: datetime) -> Window:
        """Return the window holding a wall-clock time of this zone (naive)."""
        day = local.date()
        if self.unit == "duration":
            assert self.duration is not None
            start = _EPOCH + (local.replace(tzinfo=UTC) - _EPOCH) // self.duration * self.duration
            return Window(start, start + self.duration, start.strftime(self.key_format))
        first = self._units(day) // self.count * self.count
        begin, end = self._unit(first), self._unit(first + self.count)
        return Window(self._midnight(begin), self._midnight(end), begin.strftime(self.key_format))

    def _units(self, day: date) -> int:
        """Return how many calendar units passed from the anchor to the one that holds a day."""
        if self.unit in MONTHS:
            return ((day.year - 1970) * 12 + day.month - 1) // MONTHS[self.unit]
        if self.unit == "week":
            return (day - _ANCHOR).days // 7
        return (day - _EPOCH.date()).days

    def _unit(self, number: int) -> date:
        """Return the first day of a calendar unit, counted from the anchor."""
        if self.unit in MONTHS:
            year, month = divmod(number * MONTHS[self.unit], 12)
            return date(1970 + year, month + 1, 1)
        return _ANCHOR + timedelta(weeks=number) if self.unit == "week" else _EPOCH.date() + timedelta(days=number)

    def _midnight(self, day: date) -> datetime:
        return datetime(day.year, day.month, day.day, tzinfo=self._zone).astimezone(UTC)

    def _invalid(self, key: object, hint: str = "") -> InvalidWindow:
        name = f"{self.duration} window" if self.unit == "duration" else self.unit
        if self.count > 1:
            name = f"window of {self.count} {self.unit}s"
        return InvalidWindow(f"{key!r} is not a {name} of {self.timezone}{hint}", f"write it like {self.example!r}")
