"""Cut the history in two by event time: rows to train on, and a holdout later than all of them.

The holdout is the last part of the newest window. Where the gate's rules need more rows than that, it spans as many of
the latest windows as they need.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import pandas as pd

from windvane.errors import TooFewRows
from windvane.spec import Model


@dataclass(frozen=True)
class Split:
    """Rows with known outcomes, cut at a moment.

    Args:
        train: Rows with event time before the cut.
        holdout: Rows with event time at or after the cut.
        cut: The moment, UTC.
    """

    train: pd.DataFrame
    holdout: pd.DataFrame
    cut: datetime


def split(frame: pd.DataFrame, model: Model) -> Split:
    """Cut a window's rows so that about `model.holdout` of those with outcomes are held out.

    Of a small window more is held out, so that the gate has its `min_rows`: but for a tenth, which goes to training.

    The cut lies at an event time: rows of one moment are never on both sides, so every holdout row is strictly
    later than every training row.

    Raises:
        TooFewRows: When a side would be empty.
    """
    known = frame[frame[model.target].notna()]
    times = known[model.event_time]
    held_out = max(len(known) * model.holdout, min(model.gate.min_rows, 0.9 * len(known)))
    position = int(len(known) - held_out)
    if len(known) < 2 or times.iloc[0] == times.iloc[min(position, len(known) - 1)]:
        cause = f"{model.name}: {len(known)} rows with outcomes cannot be cut into training and holdout by time"
        raise TooFewRows(cause, "use a longer window, or check the event times")
    cut = times.iloc[position]
    return Split(known[times < cut], known[times >= cut], cut.to_pydatetime())


def split_history(frames: Sequence[pd.DataFrame], model: Model) -> Split:
    """Cut all windows that a version is made from: the newest alone, or several where the gate's rules need more rows.

    More than the newest window's part is held out where the rules need it, but never more than `model.holdout` of all
    rows with outcomes. No cut lies before that of an earlier window of the history: so a version of one, which learned
    from rows before its own cut, has seen none of this holdout.

    Args:
        frames: Checked rows, a frame a window, the oldest first.
        model: The spec.

    Raises:
        TooFewRows: When the newest window cannot be cut.
    """
    newest = split(frames[-1], model)
    known = [frame[frame[model.target].notna()] for frame in frames]
    if len(frames) == 1 or len(newest.holdout) >= needed_rows(known, model):
        rows = pd.concat([*known[:-1], newest.train], ignore_index=True)
        return Split(rows, newest.holdout, newest.cut)
    cut = max(found for index in range(len(known)) if (found := _cut(known[: index + 1], model)) is not None)
    together = pd.concat(known, ignore_index=True)
    later = together[model.event_time] >= cut
    return Split(
        together[~later].reset_index(drop=True),
        together[later].reset_index(drop=True),
        pd.Timestamp(cut).to_pydatetime(),
    )


def reaching_back(frames: Sequence[pd.DataFrame], model: Model) -> datetime | None:
    """Return the cut of a version where it lies before that of its newest window alone; None where it does not.

    Args:
        frames: Checked rows, a frame a window, the oldest first.
        model: The spec.
    """
    try:
        alone, found = split(frames[-1], model).cut, split_history(frames, model).cut
    except TooFewRows:
        return None
    return found if found < alone else None


def needed_rows(known: Sequence[pd.DataFrame], model: Model) -> int:
    """Return how many rows the gate's rules need on a holdout of rows like these.

    Args:
        known: Rows with outcomes, a frame a window.
        model: The spec.
    """
    rows, each = model.gate.holdout_rows, model.gate.min_each_class
    if each is None or model.task == "regression":
        return rows
    counts = pd.concat([frame[model.target] for frame in known], ignore_index=True).value_counts()
    return max(rows, math.ceil(each * int(counts.sum()) / int(counts.min()))) if len(counts) > 1 else rows


def _cut(known: Sequence[pd.DataFrame], model: Model) -> pd.Timestamp | None:
    """Return where the holdout of a window begins; None where it cannot be cut."""
    total = sum(len(frame) for frame in known)
    held_out = min(needed_rows(known, model), int(model.holdout * total))
    try:
        own = split(known[-1], model)
    except TooFewRows:
        return None
    if held_out <= len(own.holdout):
        return pd.Timestamp(own.cut)
    times = pd.concat([frame[model.event_time] for frame in known], ignore_index=True)
    return pd.Timestamp(times.iloc[total - held_out])


def holdout_of(frame: pd.DataFrame, model: Model, cut: datetime) -> pd.DataFrame:
    """Return the rows with known outcomes at or after a version's cut."""
    return frame[frame[model.target].notna() & (frame[model.event_time] >= cut)]
