"""Windows: the half-open UTC intervals of event time that every run, snapshot and decision concerns."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from windvane.errors import InvalidWindow

Unit = Literal["month", "week", "day", "duration"]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EXAMPLES = {"month": "2013-02", "week": "2013-02-04", "day": "2013-02-28", "duration": "2013-02-28T06:00:00"}
_DURATION = re.compile(r"^(?:P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?|(\d+)([smhdw]))$")
_SHORT = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}


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


@dataclass(frozen=True)
class Cadence:
    """The rule that cuts event time into windows.

    Months, weeks (Monday to Sunday) and days are calendar units of `timezone`: a day is 23 or 25 hours long when
    the clocks change. Durations are exact and counted from 1970-01-01T00:00Z.

    Args:
        unit: `month`, `week`, `day` or `duration`.
        timezone: IANA name of the zone whose calendar the windows follow.
        duration: The length, for `duration` only.
    """

    unit: Unit
    timezone: str = "UTC"
    duration: timedelta | None = None

    @classmethod
    def parse(cls, window: str, timezone: str = "UTC") -> Cadence:
        """Read a spec's `window` and `timezone`.

        Raises:
            ValueError: On an unknown zone, an unknown word, or a duration window outside UTC.
        """
        try:
            ZoneInfo(timezone)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise ValueError(f"timezone {timezone!r} is not an IANA name such as 'Europe/Berlin'") from None
        if window in ("month", "week", "day"):
            return cls(window, timezone)  # type: ignore[arg-type]  # narrowed by the test above
        try:
            length = parse_duration(window)
        except ValueError:
            raise ValueError(f"window {window!r} is not 'month', 'week', 'day' or a duration such as '6h'") from None
        if length < timedelta(minutes=1):
            raise ValueError(f"window {window!r} is shorter than a minute")
        if timezone != "UTC":
            raise ValueError("a duration window is counted in UTC; set timezone='UTC' or use 'day'")
        return cls("duration", timezone, length)

    @property
    def key_format(self) -> str:
        """The `strftime` format of keys, which is also the key format of the Airflow partitions."""
        return {"month": "%Y-%m", "week": "%Y-%m-%d", "day": "%Y-%m-%d", "duration": "%Y-%m-%dT%H:%M:%S"}[self.unit]

    @property
    def example(self) -> str:
        """A key of this cadence, for messages and forms."""
        return _EXAMPLES[self.unit]

    @property
    def key_pattern(self) -> str:
        """A regular expression that every key matches, for forms."""
        return "^" + re.sub(r"[0-9]", "[0-9]", self.example) + "$"

    def window(self, key: str) -> Window:
        """Return the window that `key` names.

        Raises:
            InvalidWindow: When the key does not have the form of this cadence, or starts no window.
        """
        try:
            first = datetime.strptime(key, self.key_format)  # noqa: DTZ007  # wall-clock time of the zone
        except (ValueError, TypeError):
            raise self._invalid(key) from None
        if not 1900 <= first.year < 3000:  # the calendar's ends have no window before or after them
            raise self._invalid(key)
        found = self._window_of(first)
        if found.key != key:  # '2013-3' parses as March, a Tuesday as a week: neither is a key
            raise self._invalid(key, f"; the window holding it is {found.key!r}")
        return found

    def window_at(self, moment: datetime) -> Window:
        """Return the window that holds a moment (timezone-aware)."""
        return self._window_of(moment.astimezone(self._zone).replace(tzinfo=None))

    def next(self, window: Window) -> Window:
        """Return the window that begins where this one ends."""
        return self.window_at(window.end)

    def previous(self, window: Window) -> Window:
        """Return the window that ends where this one begins."""
        return self.window_at(window.start - timedelta(microseconds=1))

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
        if self.unit == "month":
            begin, end = day.replace(day=1), (day.replace(day=28) + timedelta(days=4)).replace(day=1)
        elif self.unit == "week":
            begin = day - timedelta(days=day.weekday())
            end = begin + timedelta(days=7)
        else:
            begin, end = day, day + timedelta(days=1)
        return Window(self._midnight(begin), self._midnight(end), begin.strftime(self.key_format))

    def _midnight(self, day: date) -> datetime:
        return datetime(day.year, day.month, day.day, tzinfo=self._zone).astimezone(UTC)

    def _invalid(self, key: object, hint: str = "") -> InvalidWindow:
        name = f"{self.duration} window" if self.unit == "duration" else self.unit
        return InvalidWindow(f"{key!r} is not a {name} of {self.timezone}{hint}", f"write it like {self.example!r}")
