"""What looks broken and is in line with the windows before: they were like it, or moved as far each time."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from windvane.lifecycle.calendar_columns import LONGER_SILENT
from windvane.lifecycle.finding import Finding
from windvane.results import ColumnProfile, Profile

_AS_FEW = 1.25
"""An earlier window with at most so many times the rows was as small."""
_STEP = 2.0
"""Largest step of a mean to the nearest one before, in largest steps from window to window."""


def in_line(item: Finding, current: Profile, reference: Profile, before: Sequence[Profile]) -> bool:
    """True where what was found is in line with the windows before: they were like it, or moved as far each time.

    Args:
        item: What was found.
        current: The window's profile.
        reference: The reference's.
        before: Those of earlier windows that were in order, the newest first.
    """
    if not before:
        return False
    if not item.column:
        if item.sign == "silence":
            return any((past.silent or 0.0) >= item.weight - LONGER_SILENT for past in before)
        if item.sign == "volume":
            return any(past.rows <= _AS_FEW * current.rows for past in before)
        return False
    now, then = current.columns.get(item.column), reference.columns.get(item.column)
    pasts = [past.columns[item.column] for past in before if item.column in past.columns]
    if now is None or then is None or not pasts:
        return False
    if item.sign in ("missing", "new values"):
        measure = _missing_share if item.sign == "missing" else _new_share
        return any(measure(past) >= 0.5 * measure(now) for past in pasts)
    if item.sign in ("stuck", "jump", "turned", "regrained", "order", "among", "lost", "garbled"):
        return False  # these are held against the windows before as they are found
    middles = [past.mean for past in pasts if past.mean is not None]
    here = now.mean
    if here is None or not middles:
        return False
    away = min(abs(here - middle) for middle in middles)
    steps = [abs(one - other) for one, other in pairwise(middles)]
    return bool(steps) and away <= _STEP * max(steps) and max(steps) > 0


def _missing_share(column: ColumnProfile) -> float:
    return column.missing / max(1, column.rows)


def _new_share(column: ColumnProfile) -> float:
    return column.other / max(1, column.rows - column.missing)
