"""Cut the time that files span into windows: long enough for the gate's rows, and short enough to be several."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pandas as pd

from windvane.cli.propose.look import Sample
from windvane.cli.propose.time_forms import HOUR
from windvane.errors import TooFewRows
from windvane.spec import Gate
from windvane.windows import Cadence

UNITS = ("year", "quarter", "month", "week", "day", "6h", "1h")
"""From the longest to the shortest."""
_USUAL = UNITS.index("month")
HOLDOUT = 0.3
LARGE_HOLDOUT = 0.5
SEVERAL = 4
_HISTORY = 12
_LEAST_TRAINED = 100


@dataclass(frozen=True)
class Cut:
    """A proposed cadence, and what it comes to."""

    window: str
    holdout: float
    rows: tuple[int, int]
    """Fewest and most rows of a full window."""
    typical: int
    """Rows of a middling window."""
    first: str
    """A window worth training on first."""
    min_rows: int
    why: str


@dataclass(frozen=True)
class _Windows:
    unit: str
    keys: list[str]
    rows: Any
    known: Any
    full: Any
    """Which of the windows the rows cover from beginning to end, or nearly."""

    @property
    def typical(self) -> int:
        return int(np.median(self.rows[self.full])) if self.full.any() else 0

    @property
    def known_share(self) -> float:
        return float(self.known.sum() / max(1, self.rows.sum()))

    def suffices(self, holdout: float, windows: int) -> bool:
        """Whether so many windows have the rows that a gate asks for in their holdout."""
        least = Gate().min_rows
        return int((self.known[self.full] * holdout >= least).sum()) >= windows and (
            self.typical * self.known_share * holdout >= least
        )


def cadence_of(sample: Sample, timezone: str) -> Cut:
    """Choose the windows.

    Raises:
        TooFewRows: Not even a year's rows are enough for a gate.
    """
    units = [unit for unit in UNITS if timezone == "UTC" or not unit[0].isdigit()]  # durations are counted in UTC
    found = {unit: _windows(sample, unit, timezone) for unit in units}
    chosen, holdout = _chosen(list(found.values()), sample)
    counts = chosen.rows[chosen.full]
    first = _first(chosen, holdout)
    trained = chosen.known[max(0, first - _HISTORY + 1) : first + 1].sum() - holdout * chosen.known[first]
    least, typical = Gate().min_rows, chosen.typical
    judged = int(typical * chosen.known_share * holdout)
    many = f"{int(chosen.full.sum()):,} full ones" if chosen.full.sum() != 1 else "1 full one"
    why = (
        f"{many} with about {typical:,} rows; the gate judges on the last {holdout:.0%}, {judged:,}, and needs {least}"
    )
    return Cut(
        window=chosen.unit,
        holdout=holdout,
        rows=(int(counts.min()), int(counts.max())),
        typical=typical,
        first=chosen.keys[first],
        min_rows=max(20, min(200, int(0.8 * trained))),
        why=why,
    )


def _chosen(found: list[_Windows], sample: Sample) -> tuple[_Windows, float]:
    usual = found[_USUAL:]
    start = next((one for one in usual if one.full.sum() >= SEVERAL), None)
    at = found.index(start) if start is not None else len(found) - 1
    longer = found[: at + 1][::-1]
    for holdout, windows in ((HOLDOUT, 2), (HOLDOUT, 1), (LARGE_HOLDOUT, 2), (LARGE_HOLDOUT, 1)):
        for one in longer:
            if one.suffices(holdout, windows):
                return one, holdout
    low, high = sample.span
    least = Gate().min_rows
    most = found[0]
    cause = (
        f"{sample.files}: {sample.rows:,} rows from {low:%Y-%m-%d} to {high:%Y-%m-%d} are too few: the longest window, "
        f"a year, has about {most.typical or int(np.median(most.rows)):,} rows; a gate judges on at most "
        f"{LARGE_HOLDOUT:.0%} of them, and needs {least}"
    )
    raise TooFewRows(cause, f"no version can be promoted before a window has {round(least / LARGE_HOLDOUT)} outcomes")


def _windows(sample: Sample, unit: str, timezone: str) -> _Windows:
    """Count the rows of each window."""
    form = sample.form
    hours = np.array(sorted(form.hours), dtype=np.int64)
    rows = np.array([form.hours[hour] for hour in hours.tolist()])
    known = np.array([form.known[hour] for hour in hours.tolist()])
    local = pd.DatetimeIndex(pd.to_datetime(hours * HOUR, unit="us", utc=True)).tz_convert(timezone).tz_localize(None)
    period = {"year": "Y", "quarter": "Q", "month": "M", "week": "W-SUN", "day": "D"}.get(unit)
    labels = local.to_period(period).astype("int64") if period else local.floor(unit).astype("int64")
    _, first, inverse = np.unique(labels, return_index=True, return_inverse=True)
    totals = np.bincount(inverse, rows).astype(int)
    cadence = Cadence.parse(unit, timezone)
    ends = [cadence.window_at(_moment(int(hours[at]))) for at in (first[0], first[-1])]
    full = np.ones(len(first), dtype=bool)
    low, high = sample.span
    slack = [(one.end - one.start) / 10 for one in ends]
    # Rows a day apart, or more, leave the last part of a window empty: what follows one is as far away as they are.
    apart = (high - low) / max(1, len(form.hours) - 1)
    full[0] = low - ends[0].start <= max(slack[0], apart)
    full[-1] &= ends[1].end - high <= max(slack[1], apart)
    keys = [cadence.window_at(_moment(int(hours[at]))).key for at in first]
    return _Windows(unit, keys, totals, np.bincount(inverse, known).astype(int), full)


def _moment(hour: int) -> datetime:
    return datetime.fromtimestamp(hour * HOUR / 1_000_000, UTC)


def _first(found: _Windows, holdout: float) -> int:
    """Return the first full window with the rows that a gate and a training ask for."""
    least, before = Gate().min_rows, 0.0
    for number, (rows, full) in enumerate(zip(found.known.tolist(), found.full.tolist(), strict=True)):
        if full and rows * holdout >= least and before + rows * (1 - holdout) >= _LEAST_TRAINED:
            return number
        before += rows
    return int(np.argmax(found.known * found.full))
