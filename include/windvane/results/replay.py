"""Records of a replay: what each plan would have done, window by window, and what it would have come to."""

from __future__ import annotations

from windvane.results.record import Record
from windvane.results.watching import Decision


class PlayedWindow(Record):
    """One window under one plan."""

    window: str
    version: int | None = None
    """The version that scored it."""
    loss: float | None = None
    """That version's mean loss (primary metric), once outcomes were known."""
    decision: Decision | None = None
    """What the monitor said."""
    found: tuple[str, ...] = ()
    """Checks that found something."""
    probed: bool = False
    """Whether the monitor trained a probe, which is no version."""
    trained: int | None = None
    """The version that a training made after it."""
    promoted: bool = False
    """Whether that version became champion."""
    note: str = ""
    """Why something was not done."""


class PlayedPlan(Record):
    """A plan over all windows of one fold, and its totals."""

    plan: str
    fold: int
    windows: tuple[PlayedWindow, ...]


class PlanSummary(Record):
    """What a plan came to, over the windows whose loss is known under every plan, and over all folds."""

    plan: str
    windows: int
    """Windows compared, all folds together."""
    mean_loss: float | None
    """Mean over those windows of the champion's mean loss."""
    least: float | None = None
    """Smallest mean loss of a fold, where there are several."""
    most: float | None = None
    """Largest mean loss of a fold, where there are several."""
    trainings: int
    promotions: int
    alerts: int
    probes: int = 0


class Replay(Record):
    """Plans played side by side over the same rows."""

    model: str
    first: str
    last: str
    metric: str
    plans: tuple[PlanSummary, ...]
    played: tuple[PlayedPlan, ...]
