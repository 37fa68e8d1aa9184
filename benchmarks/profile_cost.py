"""What profiles cost, and how exact distances from them are: a million rows of thirty columns.

Run: `python -m benchmarks.profile_cost [--quick]` (a tenth of the rows, the bars in proportion).
"""

from __future__ import annotations

import argparse
import sys
import time
import tracemalloc
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from benchmarks.streams import model_of
from windvane import Features, Model
from windvane.lifecycle.drift import drift, number_distance
from windvane.lifecycle.profile import profile_frame
from windvane.lifecycle.quality import quality_check
from windvane.lifecycle.traits import learned, watched
from windvane.results import Profile

NUMBERS = tuple(f"n{index}" for index in range(24))
TEXTS = tuple(f"c{index}" for index in range(6))
SECONDS, MEGABYTES, DRIFT_MS, DISTANCE = 2.0, 500.0, 50.0, 0.002
SMALL, WATCHED, CHECKED = 1000, 4.0, 3.5
"""Rows of a small window; times the profile of its columns that all of its profile, and the check of its data with four
windows before it, may cost: a ratio holds on any machine."""


def frame_of(rows: int, seed: int, moved: float = 0.0) -> pd.DataFrame:
    """Return normal, skewed, heavy-tailed, discrete and mostly-zero numbers, and categories of 3 to 300 values."""
    random = np.random.default_rng(seed)
    kinds: list[Any] = [
        lambda: random.standard_normal(rows) + moved,
        lambda: random.lognormal(moved, 1.0, rows),
        lambda: random.standard_t(2, rows) + moved,
        lambda: random.poisson(3 + moved, rows).astype(float),
        lambda: np.where(random.random(rows) < 0.9, 0.0, random.exponential(1 + moved, rows)),
        lambda: np.where(random.random(rows) < 0.05, np.nan, random.gamma(2 + moved, size=rows)),
    ]
    columns: dict[str, Any] = {name: kinds[index % len(kinds)]() for index, name in enumerate(NUMBERS)}
    for index, name in enumerate(TEXTS):
        values = np.array([f"v{value}" for value in range(3 * 10 ** (index % 3))], dtype=object)
        columns[name] = values[random.integers(0, len(values), rows)]
    return pd.DataFrame(columns)


def main(arguments: list[str] | None = None) -> int:
    """Measure, print one table, and judge."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    rows = 100_000 if parser.parse_args(arguments).quick else 1_000_000
    share = rows / 1_000_000
    model = model_of("profiled", features=Features(numbers=NUMBERS, categories=TEXTS))
    then, now = frame_of(rows, 0), frame_of(rows, 1, moved=0.02)
    reference, first, _ = _profiled(then, model, None)
    current, later, peak = _profiled(now, model, reference)
    compared = 1000 * min(_seconds(lambda: drift(reference, current, 0.05, 0.03)) for _ in range(5))
    worst = max(_off(then, now, reference, current, name) for name in NUMBERS)
    lines = [
        (
            f"profile of the reference, {rows:,} x 30: {first:.2f} s (at most {SECONDS * share:.1f})",
            first,
            SECONDS * share,
        ),
        (f"profile of a window, {rows:,} x 30: {later:.2f} s (at most {SECONDS * share:.1f})", later, SECONDS * share),
        (f"memory beyond the frame: {peak:.0f} MB (at most {MEGABYTES:.0f})", peak, MEGABYTES),
        (f"drift of 30 columns from profiles: {compared:.0f} ms (at most {DRIFT_MS:.0f})", compared, DRIFT_MS),
        (f"largest error of a KS distance: {worst:.5f} (at most {DISTANCE})", worst, DISTANCE),
    ]
    lines += _small(model)
    for message, value, limit in lines:
        print(f"{message}: {'met' if value <= limit else 'NOT met'}")
    return 0 if all(value <= limit for _, value, limit in lines) else 1


def _small(model: Model) -> list[tuple[str, float, float]]:
    """Return what a small window costs, where the work for each column counts and not that for each row."""
    window = model.cadence.window("2020-01-06")
    times = pd.Series(pd.date_range(window.start, periods=SMALL, freq="9min"))
    reference = learned(frame_of(SMALL, 0), times, model, "then")
    now = frame_of(SMALL, 1)
    past = [watched(frame_of(SMALL, seed), times, model, window, reference) for seed in range(2, 6)]
    current = watched(now, times, model, window, reference)
    columns = _least(lambda: profile_frame(now, model, window.key, reference))
    whole = _least(lambda: watched(now, times, model, window, reference)) / columns
    data = _least(lambda: quality_check(now, reference, current, model, window=window, before=lambda: past)) / columns
    return [
        (f"all of a profile, {SMALL:,} x 30: {whole:.1f} times its columns (at most {WATCHED})", whole, WATCHED),
        (f"check of the data, {SMALL:,} x 30: {data:.1f} times that (at most {CHECKED})", data, CHECKED),
    ]


def _least(work: Callable[[], object]) -> float:
    return min(_seconds(work) for _ in range(15))


def _profiled(frame: pd.DataFrame, model: Model, reference: Profile | None) -> tuple[Profile, float, float]:
    """Return the profile, the fastest CPU seconds of three, and the peak of one more run's memory."""
    seconds = [_seconds(lambda: profile_frame(frame, model, "2020-01-06", reference)) for _ in range(3)]
    tracemalloc.start()
    found = profile_frame(frame, model, "2020-01-06", reference)
    peak = tracemalloc.get_traced_memory()[1] / 1e6
    tracemalloc.stop()
    return found, min(seconds), peak


def _seconds(work: Callable[[], object]) -> float:
    """Return the CPU seconds of one call: other processes on the machine do not count."""
    started = time.process_time()
    work()
    return time.process_time() - started


def _off(then: pd.DataFrame, now: pd.DataFrame, reference: Profile, current: Profile, name: str) -> float:
    """Return how far a distance from profiles is from the full one; missing values count as the lowest."""
    sides = [np.nan_to_num(side[name].to_numpy(), nan=-1e18) for side in (then, now)]
    exact = stats.ks_2samp(sides[0], sides[1], method="asymp").statistic
    return abs(float(exact) - number_distance(reference.columns[name], current.columns[name])[0])


if __name__ == "__main__":
    sys.exit(main())
