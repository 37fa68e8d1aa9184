"""The folds of a search: windows in their order, each judged after training on all rows before it.

Source: rolling-origin evaluation, Tashman (2000), "Out-of-sample tests of forecasting accuracy". No fold has a row of
the gate's holdout, so that the gate's error does not depend on how many trials there were.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from windvane.errors import TooFewRows
from windvane.lifecycle.split import split_history
from windvane.spec import Model

_LEAST = 20
"""Fewest rows of a fold."""


@dataclass(frozen=True)
class Fold:
    """One fold, as positions in the rows of all.

    Args:
        name: The window that judges.
        start: Rows before it are trained on.
        stop: Rows from `start` to before it judge.
    """

    name: str
    start: int
    stop: int


@dataclass(frozen=True)
class Folds:
    """What a search may see.

    Args:
        rows: Rows with outcomes before the gate's holdout, in the order of time.
        folds: The folds, oldest first.
    """

    rows: pd.DataFrame
    folds: tuple[Fold, ...]


def folds_of(frames: Sequence[pd.DataFrame], windows: Sequence[str], count: int, model: Model) -> Folds:
    """Return the folds of a search.

    Args:
        frames: Checked rows, a frame a window, oldest first: those that a version is trained on.
        windows: The windows' keys.
        count: How many folds are wanted. Where there are fewer windows, the newest is cut into pieces of equal size.
        model: The spec.

    Raises:
        TooFewRows: No fold has enough rows to be trained and judged on.
    """
    cut = split_history(frames, model).cut
    known = [frame[frame[model.target].notna() & (frame[model.event_time] < cut)] for frame in frames]
    rows = pd.concat(known, ignore_index=True)
    ends = np.cumsum([len(frame) for frame in known])
    found = [Fold(name, int(end - len(frame)), int(end)) for name, frame, end in zip(windows, known, ends, strict=True)]
    usable = [fold for fold in found[1:] if _usable(fold, rows, model)][-count:]
    usable = usable or [fold for fold in _pieces(rows, windows[-1], count, model) if _usable(fold, rows, model)]
    if not usable:
        cause = f"{model.name}: {len(rows)} rows before the gate's holdout are too few for a search"
        raise TooFewRows(cause, "wait for more data, widen history, lower min_rows, or leave out tune")
    return Folds(rows, tuple(usable))


def _usable(fold: Fold, rows: pd.DataFrame, model: Model) -> bool:
    if fold.stop - fold.start < _LEAST or fold.start < model.min_rows:
        return False
    return model.task == "regression" or rows[model.target].iloc[: fold.start].nunique() > 1


def _pieces(rows: pd.DataFrame, window: str, count: int, model: Model) -> list[Fold]:
    """Return pieces of equal size, each after all before it; rows of one moment stay together."""
    times = rows[model.event_time]
    wanted = [len(rows) * number // (count + 1) for number in range(1, count + 1)]
    starts = sorted({int(times.searchsorted(times.iloc[at])) for at in wanted if at < len(rows)})
    ends = [*starts[1:], len(rows)]
    pairs = zip(starts, ends, strict=True)
    return [Fold(f"{window}#{number}", start, stop) for number, (start, stop) in enumerate(pairs, start=1)]
