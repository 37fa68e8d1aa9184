"""When the DAGs of a family run: the cadence's defaults, late enough for the outcomes they need."""

from __future__ import annotations

import hashlib
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
_NIGHT = timedelta(hours=5)
"""How long outcomes may take that are known when a night's first run begins."""
_BEGINS = {"year": (1,), "quarter": (1, 4, 7, 10), "month": tuple(range(1, 13))}
"""The months in which the units of the calendar begin that are made of months."""
_IN_EACH_MONTH = 28
"""Days that every month has."""


class Timing(NamedTuple):
    """When a DAG runs, and which window a run concerns.

    Args:
        cron: A cron expression, in the model's time zone.
        run_offset: How many ticks before a run its window begins (negative).
        position: Where windows have several units: in which unit of a window, from 0, a tick counts.
    """

    cron: str
    run_offset: int
    position: int = 0


def shortest(cadence: Cadence) -> timedelta:
    """Return the length of a cadence's shortest window, the change of clocks aside."""
    return cadence.duration or _SHORTEST[cadence.unit] * cadence.count


def minute_of(name: str) -> int:
    """Return the minute at which a model's default schedules begin: the same one everywhere, and for good.

    Args:
        name: The model's name.
    """
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:4]) % 60


def timings(cadence: Cadence, maturity: timedelta, declared: Schedule, minute: int = 0) -> dict[str, Timing]:
    """Return the timing of the `train`, `score` and `monitor` DAGs.

    Scoring follows the window's end by hours. Monitoring and training need outcomes: they run as much later as
    `maturity` says, and when that is longer than a window, they concern an earlier window instead.

    Args:
        cadence: The model's windows.
        maturity: How long after a window's end its outcomes are known.
        declared: The spec's own expressions, which come first.
        minute: At which minute of their hour the others tick; windows of a duration tick at their own ends.
    """
    lag, rest = maturity // shortest(cadence), maturity % shortest(cadence)
    units, days = _after(cadence, rest)
    if units is None:
        lag, units, days = lag + 1, 0, 0
    late = -(1 + lag)

    def timing(own: str | None, hour: int) -> Timing:
        if cadence.count == 1:
            return Timing(own or _cron(cadence, hour, units, days, minute), late)
        if not own:
            return Timing(_cron(cadence, hour, 0, days, minute), late, units)
        # Somebody's own expression ticks anywhere in a unit: the first unit counts that begins after the outcomes.
        whole = units + (1 if days else 0)
        return Timing(own, late, whole) if whole < cadence.count else Timing(own, late - 1)

    return {
        "train": timing(declared.train, 7),
        "score": Timing(declared.score or _cron(cadence, 5, 0, 0, minute), -1),
        "monitor": timing(declared.monitor, 6),
    }


def _after(cadence: Cadence, rest: timedelta) -> tuple[int | None, int]:
    """Return the whole units, and the days in the next one, that pass from a window's end until outcomes are known.

    Args:
        cadence: The windows.
        rest: How long outcomes take, less than a window.

    Returns:
        None and 0 where that is in the window after.
    """
    days = math.ceil(rest / _DAY)
    if cadence.unit == "duration":
        return (None, 0) if rest else (0, 0)
    if cadence.unit == "day":
        units, days = (days if rest % _DAY > _NIGHT else rest // _DAY), 0
    else:
        units, days = divmod(days, 7 if cadence.unit == "week" else _IN_EACH_MONTH)
    most = cadence.count if cadence.months is None else cadence.months
    return (units, days) if units < most else (None, 0)


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
    Where windows have several units, it must tick once in each unit, and the ticks of one of them count.
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


def _cron(cadence: Cadence, hour: int, months: int, days: int, minute: int) -> str:
    """Return an expression that ticks some months and days after each unit's end; durations tick at their own."""
    if cadence.months:
        begins = _BEGINS[cadence.unit]
        named = "*" if cadence.unit == "month" else ",".join(str(month + months) for month in begins)
        return f"{minute} {hour} {1 + days} {named} *"
    if cadence.unit == "week":
        return f"{minute} {hour} * * {(1 + days) % 7}"
    if cadence.unit == "day":
        return f"{minute} {hour} * * *"
    assert cadence.duration is not None
    minutes = int(cadence.duration.total_seconds() // 60)
    if minutes < 60:
        return f"*/{minutes} * * * *"
    return f"0 */{minutes // 60} * * *" if minutes < 1440 else "0 0 * * *"
