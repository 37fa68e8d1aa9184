"""How many rows a window has, and when they end: whether a part of the feed is missing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from itertools import pairwise
from math import log
from statistics import median
from typing import TYPE_CHECKING

from windvane.lifecycle.calendar_columns import LONGER_SILENT, silent_share
from windvane.lifecycle.checks.saying import percent_number
from windvane.lifecycle.finding import FEWEST, Finding
from windvane.lifecycle.wording import percent
from windvane.results import Number, Profile
from windvane.spec import Model
from windvane.windows import Window

if TYPE_CHECKING:
    import pandas as pd

_SILENT = 0.4
"""Smallest last part of a window without a row that is stale."""
_LEAST = 0.2
"""Smallest share of the usual rows; below it, something is missing."""
_FEWER = 0.7
"""Share of the fewest rows of like windows from which fewer ones are news."""
_STEPS, _ERRORS = 2.0, 4.0
"""Largest steps between like windows, and standard errors of counts, beyond which a drop is news."""
_ALIKE = 3
"""Like windows that show what is usual."""
_LONG = timedelta(days=6)
"""A day may be a holiday; a window from here on has half its rows for no such reason."""


def volume(rows: int, usual: float | None, alike: Sequence[int] = (), window: Window | None = None) -> list[Finding]:
    """Find a window with far fewer rows than like windows before it had, or far more.

    Args:
        rows: The window's rows.
        usual: Rows of a usual window, where that is known.
        alike: Rows of like windows before it, the newest first.
        window: The window: of one that is shorter than a week it is odd, not broken.
    """
    if usual and usual >= FEWEST and rows < _LEAST * usual:
        return [_told(rows, usual, f"at least {_LEAST * usual:,.0f}", sure=True)]
    counts = [count for count in alike if count]
    if len(counts) < _ALIKE or min(rows, *counts) < FEWEST:
        return []
    step = max(abs(log(one / other)) for one, other in pairwise(counts))
    long = window is not None and window.end - window.start >= _LONG
    for sides, sure in (((min(counts), rows), long), ((rows, max(counts)), False)):
        chance = _ERRORS * sum(1 / side for side in sides) ** 0.5
        if log(sides[0] / sides[1]) > max(-log(_FEWER), _STEPS * step, chance):
            allowed = f"{_FEWER * min(counts):,.0f} to {max(counts) / _FEWER:,.0f}"
            return [_told(rows, median(counts), allowed, sure=sure)]
    return []


def _told(rows: int, usual: float, allowed: str, *, sure: bool) -> Finding:
    words = f"{rows:,} rows, {percent(rows / usual)} of the usual {usual:,.0f}"
    number = Number(name="rows", value=rows, allowed=allowed)
    return Finding("", min(1.0, abs(1 - rows / usual)), words, "", (number,), sure, "volume")


def silence(frame: pd.DataFrame, model: Model, window: Window | None, reference: Profile) -> list[Finding]:
    """Find rows that end long before the window does, where those of the reference did not: a stale feed.

    Args:
        frame: The window's rows.
        model: The spec.
        window: The window.
        reference: Profile of the rows the champion was trained on.
    """
    if window is None or len(frame) < FEWEST or model.event_time not in frame.columns:
        return []
    share = silent_share(frame, model, window)
    if share is None or share < max(_SILENT, (reference.silent or 0.0) + LONGER_SILENT):
        return []
    last = frame[model.event_time].max()
    words = f"No row after {last:%Y-%m-%d %H:%M} UTC: the last {percent(share)} of the window is silent"
    allowed = f"below {percent(_SILENT)}"
    number = percent_number("window without rows", share, allowed=allowed)
    return [Finding("", share, words, "", (number,), sign="silence")]
