"""Cut the time that files span into windows: long enough for the gate's rows, and short enough to be several."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import product
from typing import Any

import numpy as np
import pandas as pd

from windvane.cli.propose.look import Sample
from windvane.cli.propose.time_forms import HOUR
from windvane.errors import TooFewRows, WrongType
from windvane.spec import Gate
from windvane.windows import Cadence

UNITS = ("10 years", "5 years", "2 years", "year", "quarter", "month", "2 weeks", "week", "day", "6h", "1h")
"""From the longest to the shortest."""
_MONTHS = {"10 years": 120, "5 years": 60, "2 years": 24, "year": 12, "quarter": 3, "month": 1}
_MONDAY = pd.Timestamp("1969-12-29")
"""From which weeks are counted, as windows are."""
_USUAL = ("month", "week", "day", "6h", "1h")
HOLDOUT = 0.3
SEVERAL = 4
_MANY = 5
_SMALL = 1.7
"""How many times the gate's least rows a small window has: what it is not judged on, it is trained on."""
_HISTORY = 12
_LEAST_TRAINED = 100


@dataclass(frozen=True)
class Cut:
    """A proposed cadence, and what it comes to."""

    window: str
    rows: tuple[int, int]
    """Fewest and most rows of a full window."""
    typical: int
    """Rows of a middling window."""
    first: tuple[str, ...]
    """Windows worth training on first: the earliest one, and later ones, with more history."""
    min_rows: int
    missing: float
    """Largest share of a full window's rows whose outcome is not known."""
    why: str


@dataclass(frozen=True)
class _Windows:
    """The windows of a cadence that have rows, in their order."""

    unit: str
    keys: list[str]
    rows: Any
    known: Any
    """Rows whose outcome is known."""
    full: Any
    """Which ones the rows cover from beginning to end, or nearly."""
    parted: Any
    """Which ones can be cut into an earlier and a later part: not all of their rows are of one moment."""

    @property
    def typical(self) -> int:
        return int(np.median(self.rows[self.full])) if self.full.any() else 0

    def suffice(self, rows: float, windows: int) -> bool:
        """Whether so many full windows have so many outcomes, and half of the full ones do."""
        enough = (self.known[self.full] >= rows) & self.parted[self.full]
        return int(enough.sum()) >= windows and 2 * int(enough.sum()) >= int(self.full.sum())


def held_out(known: float) -> float:
    """Return how many of a window's outcomes a version is judged on; see `windvane.lifecycle.split`."""
    return float(max(HOLDOUT * known, min(Gate().min_rows, 0.9 * known)))


def cadence_of(sample: Sample, timezone: str) -> Cut:
    """Choose the windows.

    Raises:
        TooFewRows: No window has enough rows for a gate.
        WrongType: The event times begin before there are windows.
    """
    if sample.span[0].year < 1900:
        cause = f"{sample.files}, column {sample.time!r}: the first time is {sample.span[0]:%Y-%m-%d}"
        raise WrongType(cause, "windows begin in 1900: take the rows since then")
    found = [_windows(sample, unit, timezone) for unit in UNITS if _is_known(unit, timezone)]
    chosen = _chosen(found, sample)
    counts = chosen.rows[chosen.full]
    first = _first(chosen)
    trained = chosen.known[max(0, first - _HISTORY + 1) : first + 1].sum() - held_out(chosen.known[first])
    judged = int(held_out(np.median(chosen.known[chosen.full])))
    many = f"{int(chosen.full.sum()):,} full ones" if chosen.full.sum() != 1 else "1 full one"
    least = Gate().min_rows
    share = f"the last {HOLDOUT:.0%}" if judged > least else "the last ones"
    why = f"{many} with about {chosen.typical:,} rows; the gate judges on {share}, {judged:,}, and needs {least}"
    return Cut(
        window=chosen.unit,
        rows=(int(counts.min()), int(counts.max())),
        typical=chosen.typical,
        first=_tries(chosen, first),
        missing=float((1 - chosen.known[chosen.full] / np.maximum(counts, 1)).max()),
        min_rows=max(20, min(200, int(0.8 * trained))),
        why=why,
    )


def _is_known(unit: str, timezone: str) -> bool:
    try:
        Cadence.parse(unit, timezone)  # durations are counted in UTC
    except ValueError:
        return False
    return True


def _chosen(found: list[_Windows], sample: Sample) -> _Windows:
    """Return the usual cadence of several windows, or the next longer one with the rows that a gate asks for."""
    at = next((n for n, one in enumerate(found) if one.unit in _USUAL and one.full.sum() >= SEVERAL), len(found) - 1)
    least = Gate().min_rows
    for windows, rows in product((_MANY, 2, 1), (least / HOLDOUT, _SMALL * least)):
        for one in found[: at + 1][::-1]:
            if one.suffice(rows, windows):
                return one
    low, high = sample.span
    span = f"{sample.files}: {sample.rows:,} rows from {low:%Y-%m-%d} to {high:%Y-%m-%d}"
    needed = round(_SMALL * least)
    remedy = f"name a file with at least {needed} outcomes a window, of different moments"
    longest = found[0]
    if longest.known.max() >= needed and not (longest.parted & longest.full).any():
        what = f"in the longest window, {longest.unit}, all rows are of one moment, or it is not covered"
        raise TooFewRows(f"{span}: {what}; a version is judged on later rows than it is trained on", remedy)
    what = f"the longest window, {longest.unit}, has at most {longest.known.max():,} outcomes"
    raise TooFewRows(f"{span} are too few: {what}, and a gate needs {least} later ones to judge on", remedy)


def _windows(sample: Sample, unit: str, timezone: str) -> _Windows:
    """Count the rows of each window."""
    form = sample.form
    hours = np.array(sorted(form.hours), dtype=np.int64)
    rows = np.array([form.hours[hour] for hour in hours.tolist()])
    known = np.array([form.known[hour] for hour in hours.tolist()])
    labels = _labels(hours, unit, timezone)
    _, first, inverse = np.unique(labels, return_index=True, return_inverse=True)
    known_of = np.bincount(inverse, known)
    cadence = Cadence.parse(unit, timezone)
    full = np.ones(len(first), dtype=bool)
    low, high = sample.span
    begun, ended = (cadence.window_at(_moment(int(hours[at]))) for at in (first[0], first[-1]))
    # Rows a day apart, or more, leave the last part of a window empty: what follows one is as far away as they are.
    apart = (high - low) / max(1, len(form.hours) - 1)
    full[0] = low - begun.start <= max((begun.end - begun.start) / 10, apart)
    full[-1] &= ended.end - high <= max((ended.end - ended.start) / 10, apart)
    earlier = known_of - np.array([held_out(one) for one in known_of.tolist()])
    parted = (known[first] <= earlier) if form.on_the_hour else known_of > 1
    keys = [cadence.window_at(_moment(int(hours[at]))).key for at in first]
    return _Windows(unit, keys, np.bincount(inverse, rows).astype(int), known_of.astype(int), full, parted)


def _tries(found: _Windows, first: int) -> tuple[str, ...]:
    good = [number for number in range(first, len(found.keys)) if found.full[number] and found.parted[number]]
    chosen = dict.fromkeys((first, *good[SEVERAL - 1 : SEVERAL], *good[-1:]))
    return tuple(found.keys[number] for number in chosen)


def _labels(hours: Any, unit: str, timezone: str) -> Any:
    """Return a number of the window that each hour is in."""
    local: Any = (
        pd.DatetimeIndex(pd.to_datetime(hours * HOUR, unit="us", utc=True)).tz_convert(timezone).tz_localize(None)
    )
    if unit in _MONTHS:
        return (12 * (local.year - 1970) + local.month - 1).to_numpy() // _MONTHS[unit]
    if "week" in unit:
        return (local - _MONDAY).days.to_numpy() // (14 if unit == "2 weeks" else 7)
    return local.floor("D" if unit == "day" else unit).astype("int64").to_numpy()


def _moment(hour: int) -> datetime:
    return datetime.fromtimestamp(hour * HOUR / 1_000_000, UTC)


def _first(found: _Windows) -> int:
    """Return the first full window with the rows that a gate and a training ask for."""
    least, before = Gate().min_rows, 0.0
    for number, (rows, full) in enumerate(zip(found.known.tolist(), (found.full & found.parted).tolist(), strict=True)):
        judged = held_out(rows)
        if full and judged >= least and before + rows - judged >= _LEAST_TRAINED:
            return number
        before += rows
    return int(np.argmax(found.known * found.full * found.parted))
