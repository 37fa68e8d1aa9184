"""When the DAGs of a family run: the cadence's defaults, late enough for the outcomes they need."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from windvane.spec.parts import Schedule
from windvane.windows import Cadence, Window

_DAY = timedelta(days=1)
_FIRST, _LAST = 1_672_531_200, 2_145_916_800
"""2023-01-01 and 2038-01-01, seconds since 1970."""
_SHORTEST = {"year": 365 * _DAY, "quarter": 90 * _DAY, "month": 28 * _DAY, "week": 7 * _DAY, "day": _DAY}
_BEGINS = {"year": (1,), "quarter": (1, 4, 7, 10), "month": tuple(range(1, 13))}
"""The months in which the units of the calendar begin that are made of months."""
_IN_EACH_MONTH = 28
"""Days that every month has."""


class Timing(NamedTuple):
    """A cron expression (in the model's time zone), and how many ticks before a run its window begins (negative)."""

    cron: str
    run_offset: int


def shortest(cadence: Cadence) -> timedelta:
    """Return the length of a cadence's shortest window, the change of clocks aside."""
    return cadence.duration or _SHORTEST[cadence.unit]


def timings(cadence: Cadence, maturity: timedelta, declared: Schedule) -> dict[str, Timing]:
    """Return the timing of the `train`, `score` and `monitor` DAGs.

    Scoring follows the window's end by hours. Monitoring and training need outcomes: they run as much later as
    `maturity` says, and when that is longer than a window, they concern an earlier window instead.

    Args:
        cadence: The model's windows.
        maturity: How long after a window's end its outcomes are known.
        declared: The spec's own expressions, which come first.
    """
    length = shortest(cadence)
    lag, rest = maturity // length, maturity % length
    days = math.ceil(rest / _DAY)
    if cadence.unit in _BEGINS and days >= _IN_EACH_MONTH * (12 // len(_BEGINS[cadence.unit])):
        lag, days = lag + 1, 0
    if (cadence.unit == "day" and rest > timedelta(hours=5)) or (cadence.unit == "duration" and rest):
        lag, days = lag + 1, 0
    early, late = -1, -(1 + lag)
    return {
        "train": Timing(declared.train or _cron(cadence, 7, days), late),
        "score": Timing(declared.score or _cron(cadence, 5, 0), early),
        "monitor": Timing(declared.monitor or _cron(cadence, 6, days), late),
    }


def tick_after(cadence: Cadence, expression: str, window: Window) -> datetime:
    """Return the moment at which a cron expression ticks for a window, UTC: the first time once the window has ended.

    Args:
        cadence: The model's windows.
        expression: The expression, read in the cadence's zone.
        window: The window.
    """
    from croniter import croniter

    zone = ZoneInfo(cadence.timezone)
    end = window.end.astimezone(zone).replace(tzinfo=None)
    tick: datetime = croniter(expression, end - timedelta(seconds=1)).get_next(datetime)
    return tick.replace(tzinfo=zone).astimezone(UTC)


def cron_problem(cadence: Cadence, expression: str) -> str | None:
    """Return why a cron expression cannot be the schedule of a cadence; None when it ticks once in each window.

    A tick concerns the window before it: an expression that ticks twice in a window repeats one, and one that does
    not tick skips one. Wall-clock time decides (the zone's clock changes aside), over two years for calendar units.
    """
    from croniter import CroniterError, croniter_range

    wall = Cadence(cadence.unit, "UTC", cadence.duration)
    window = wall.window_at(datetime(2023, 1, 1, tzinfo=UTC))
    windows = {"year": 4, "quarter": 8, "month": 24, "week": 105, "day": 731}
    count = windows.get(cadence.unit) or 2 * (_DAY // (cadence.duration or _DAY))
    for _ in range(count):
        try:
            ticks = croniter_range(window.start, window.end - timedelta(microseconds=1), expression)
            found = sum(1 for _, _ in zip(range(3), ticks, strict=False))
        except (CroniterError, ValueError) as error:
            return f"{expression!r} is not a cron expression: {error}"
        if found != 1:
            times = "more than once" if found else "not at all"
            length = "window" if cadence.unit == "duration" else cadence.unit
            return f"{expression!r} ticks {times} in {length} {window}; it must tick once in each {length}"
        window = wall.next(window)
    return None


def skipped_tick(cadence: Cadence, expression: str) -> str | None:
    """Return why a cron expression ticks in an hour that the cadence's clocks skip; None when it does not.

    Such a tick comes at another time, or for another window. Clock changes of 2023 to 2037 are looked at. Windows of
    a duration tick at their ends, whatever the clocks show.
    """
    if cadence.unit == "duration":
        return None
    from croniter import CroniterError, croniter

    for start, end in skipped_hours(cadence.timezone):
        try:
            tick: datetime = croniter(expression, start - timedelta(seconds=1)).get_next(datetime)
        except (CroniterError, ValueError):  # another check tells what is wrong with it
            return None
        if tick < end:
            when = f"{tick:%H:%M} on {tick:%Y-%m-%d}, which the clocks of {cadence.timezone} skip"
            return f"{expression!r} ticks at {when}; choose a time before {start:%H:%M} or from {end:%H:%M}"
    return None


@cache
def skipped_hours(timezone: str) -> tuple[tuple[datetime, datetime], ...]:
    """Return from when to when a zone's clocks skip, as they would show it, from 2023 to 2037."""
    zone, day, found = ZoneInfo(timezone), 86_400, []

    def offset(second: int) -> timedelta:
        return datetime.fromtimestamp(second, zone).utcoffset() or timedelta()

    for start in range(_FIRST, _LAST, day):
        before, after = offset(start), offset(start + day)
        if after > before:
            low, high = start, start + day
            while high - low > 1:
                middle = (low + high) // 2
                low, high = (low, middle) if offset(middle) == after else (middle, high)
            moment = datetime.fromtimestamp(high, UTC).replace(tzinfo=None)
            found.append((moment + before, moment + after))
    return tuple(found)


def _cron(cadence: Cadence, hour: int, days: int) -> str:
    """Return a five-field expression `days` after each window's end, at `hour`; durations tick at their own ends."""
    if cadence.unit in _BEGINS:
        later, days = divmod(days, _IN_EACH_MONTH)
        months = ",".join(str(month + later) for month in _BEGINS[cadence.unit])
        return f"0 {hour} {1 + days} {'*' if cadence.unit == 'month' else months} *"
    if cadence.unit == "week":
        return f"0 {hour} * * {(1 + days) % 7}"
    if cadence.unit == "day":
        return f"0 {hour} * * *"
    assert cadence.duration is not None
    minutes = int(cadence.duration.total_seconds() // 60)
    if minutes < 60:
        return f"*/{minutes} * * * *"
    return f"0 */{minutes // 60} * * *" if minutes < 1440 else "0 0 * * *"
