"""Which windows are overdue by a model's own schedule: not scored, or not concluded on."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from windvane.errors import InvalidWindow
from windvane.spec import Model
from windvane.spec.timing import tick_after
from windvane.windows import Window

MOST_WINDOWS = 24
"""Overdue windows that are counted; beyond them it is `more than 24`."""


def monitored_by(spec: Model, window: Window) -> datetime:
    """Return the moment by which a window must be concluded on: its monitor's tick, and the patience for scores."""
    timing, concerned = spec.timetable()["monitor"], window
    for _ in range(-1 - timing.run_offset):  # its run concerns an earlier window than the one that just ended
        concerned = spec.cadence.next(concerned)
    return tick_after(spec.cadence, timing.cron, concerned) + spec.scores_within


def overdue(
    spec: Model, after: str, due: Callable[[Window], datetime], now: datetime, last: str | None = None
) -> tuple[Window, datetime, int] | None:
    """Return the first overdue window after one, since when it is, and how many there are (up to `MOST_WINDOWS` + 1).

    Args:
        spec: The declaration, whose `end` no window lies beyond.
        after: The key of the window before.
        due: From a window to the moment by which it must be done.
        now: The time.
        last: The key of the last window that counts, if any.
    """
    cadence, ended = spec.cadence, spec.last_window
    try:
        window = cadence.next(cadence.window(after))
    except InvalidWindow:  # of a cadence that is declared no more
        return None
    first, since, count = window, due(window), 0
    lag = since - window.end
    while window.end + lag <= now and count <= MOST_WINDOWS:
        if (ended is not None and window.start > ended.start) or (last is not None and window.key > last):
            break
        count, window = count + 1, cadence.next(window)
    return (first, since, count) if count else None


def in_words(count: int) -> str:
    """Return how many windows are meant, as a sentence begins."""
    if count > MOST_WINDOWS:
        return f"More than {MOST_WINDOWS} windows"
    return "1 window" if count == 1 else f"{count} windows"
