"""Cut the newest window in two by event time: rows to train on, and a holdout later than all of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import pandas as pd

from windvane.errors import TooFewRows
from windvane.spec import Model


@dataclass(frozen=True)
class Split:
    """The newest window's rows with known outcomes, cut at a moment.

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


def holdout_of(frame: pd.DataFrame, model: Model, cut: datetime) -> pd.DataFrame:
    """Return the rows with known outcomes at or after a version's cut."""
    return frame[frame[model.target].notna() & (frame[model.event_time] >= cut)]
