"""What of a window follows the calendar: columns whose values come in order of time, and how a window's rows end."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from windvane.spec import Model
from windvane.windows import Window

_FEWEST = 30
_RUNS = 2.0
"""A column whose values come in at most so many runs each follows the time."""
_FOLLOWS = 0.95
"""Smallest rank correlation with time of a number that grows with it, such as a date."""

LONGER_SILENT = 0.2
"""Share of a window by which its last part without a row must be longer than an earlier window's to be news."""


def calendar_columns(features: pd.DataFrame, times: pd.Series[Any]) -> tuple[str, ...]:
    """Return the columns whose values follow the time: those of a month's name come in one run after the other.

    Args:
        features: Rows as the estimator sees them.
        times: Their event times.
    """
    if len(features) < _FEWEST:
        return ()
    order = np.argsort(pd.DatetimeIndex(times).asi8, kind="stable")
    return tuple(str(name) for name in features.columns if _follows(features[name].iloc[order]))


def _follows(values: pd.Series[Any]) -> bool:
    known = values.dropna()
    distinct = int(known.nunique())
    if len(known) < _FEWEST or not distinct:
        return False
    if distinct <= len(known) / 5:
        codes = known.astype(str).to_numpy()
        return 1 + int((codes[1:] != codes[:-1]).sum()) <= _RUNS * distinct
    if known.dtype.kind not in "iuf":
        return False
    numbers = known.to_numpy(dtype=float)
    if distinct == len(known) and not _may_follow(numbers):
        return False
    found = stats.spearmanr(np.arange(len(known)), numbers).statistic
    return bool(abs(float(found)) >= _FOLLOWS)


def _may_follow(values: np.ndarray[Any, Any]) -> bool:
    """Tell whether distinct numbers can have so high a rank correlation with their places, without ranking them.

    Where k of the first h ranks stand after place h, their distances from their places sum up to at least k * k (those
    k and the k that stand in their stead are nearest when they are next to the middle), and so the squares of each of
    both groups to k ** 3. With d the distances, the correlation is 1 - 6 * sum(d ** 2) / (n ** 3 - n).
    """
    count, half = len(values), len(values) // 2
    low = values <= np.partition(values, half - 1)[half - 1]
    bound = (1 - _FOLLOWS + 1e-6) * (count**3 - count) / 6
    return any(2.0 * (half - int(low[side].sum())) ** 3 <= bound for side in (slice(half), slice(count - half, None)))


def silent_share(rows: pd.DataFrame, model: Model, window: Window) -> float | None:
    """Return the last part of a window without a row, as a share of it; None without rows."""
    if not len(rows) or model.event_time not in rows.columns:
        return None
    return silent_share_of(rows[model.event_time], window)


def silent_share_of(times: pd.Series[Any], window: Window) -> float:
    """Return the last part of a window after all of some event times, as a share of it."""
    return float((window.end - times.max().to_pydatetime()) / (window.end - window.start))
