"""What can still be watched of rows that the input checks refuse: each problem is named, and the rest goes on.

Only the monitor looks at coerced rows. They are never trained on and never scored for publication.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from windvane.errors import DataError, DuplicateKey, OutsideWindow
from windvane.lifecycle.columns import Place, normal
from windvane.lifecycle.frames import check_frame
from windvane.lifecycle.keys import keyed
from windvane.spec import Model
from windvane.windows import Window


def coerce(frame: Any, model: Model, window: Window) -> tuple[pd.DataFrame | None, tuple[str, ...]]:
    """Return a window's rows in their normal form, as far as they have one, and what was wrong with the others.

    A column that is gone, or of another kind, is missing throughout; columns nobody declared are left out; rows of
    other windows, rows without an event time or key, and repeated keys (but for the first) are left out.

    Args:
        frame: What the source returned.
        model: The spec.
        window: The window.

    Returns:
        The rows, None when not even event times and keys can be read; and one sentence a problem, with its name.
    """
    try:
        return check_frame(frame, model, window), ()
    except DataError as error:
        first = error
    if not isinstance(frame, pd.DataFrame) or not len(frame):
        return None, (_message(first),)
    problems: list[str] = []
    try:
        frame = keyed(frame, model, window)
    except DataError as error:
        return None, (_message(error),)
    rows = frame.loc[:, ~frame.columns.duplicated()].reset_index(drop=True)
    unknown = [str(name) for name in rows.columns if name not in model.columns]
    if unknown:
        problems.append(f"UnexpectedColumn: {', '.join(unknown[:5])} not declared")
    for name in (model.event_time, model.key):
        if name not in rows.columns:
            return None, (*problems, _message(first))
        rows = _usable(rows, name, model, window, first, problems)
    if not len(rows):
        return None, tuple(problems)
    try:
        columns = {name: _column(rows, name, model, window, problems) for name in model.columns}
    except DataError as error:
        return None, (*problems, _message(error))
    return pd.DataFrame(columns).sort_values([model.event_time, model.key], ignore_index=True), tuple(problems)


def _usable(
    rows: pd.DataFrame, name: str, model: Model, window: Window, first: DataError, problems: list[str]
) -> pd.DataFrame:
    """Leave out rows without an event time in the window, or without a key of their own."""
    usable = rows[name].notna() & (
        _inside(rows[name], window) if name == model.event_time else ~rows[name].duplicated()
    )
    if usable.all():
        return rows
    usual = OutsideWindow if name == model.event_time else DuplicateKey
    kind = type(first) if repr(name) in first.cause else usual  # the input checks may know better what is wrong with it
    left_out = int((~usable).sum())
    problems.append(f"{kind.__name__}: {left_out:,} of {len(rows):,} rows left out for their {name!r}")
    return rows[usable].reset_index(drop=True)


def _column(rows: pd.DataFrame, name: str, model: Model, window: Window, problems: list[str]) -> Any:
    """Return a column in its normal form, or missing throughout where it has none."""
    if name not in rows.columns:
        problems.append(f"MissingColumn: column {name!r} is gone")
        return _absent(name, len(rows), model)
    try:
        return normal(_finite(rows[name], problems), Place(model.name, window.key, name), model, window)
    except DataError as error:
        if name in (model.event_time, model.key):
            raise
        problems.append(_message(error))
        return _absent(name, len(rows), model)


def _message(error: DataError) -> str:
    return f"{error.name}: {error.cause}"


def _inside(values: pd.Series[Any], window: Window) -> Any:
    try:
        stamps = pd.to_datetime(values, utc=True, errors="coerce")
    except (TypeError, ValueError):
        return True
    return (stamps >= window.start) & (stamps < window.end)


def _finite(values: pd.Series[Any], problems: list[str]) -> pd.Series[Any]:
    """Return a column with infinities missing, and note them."""
    if not pd.api.types.is_float_dtype(values.dtype):
        return values
    infinite = np.isinf(values.to_numpy(dtype=float, na_value=np.nan))
    if not infinite.any():
        return values
    problems.append(f"InfiniteValue: column {values.name!r} is infinite in {int(infinite.sum()):,} rows")
    return values.mask(infinite)


def _absent(name: str, rows: int, model: Model) -> pd.Series[Any]:
    numeric = name in model.features.from_source and name not in model.features.categories
    numeric |= name == model.target and model.task != "multiclass"
    return pd.Series(np.full(rows, np.nan)) if numeric else pd.Series([None] * rows, dtype="str")
