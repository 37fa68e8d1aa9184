"""What is played in a replay: the plans by their texts, and the range of windows."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from windvane.errors import InvalidWindow
from windvane.spec import Model, Plan, parse_plan
from windvane.windows import Window

_FEWEST = 3


def plans_of(spec: Model, texts: Iterable[str]) -> list[Plan]:
    """Return each plan once, in the order given; see `windvane.spec.plan.parse_plan`.

    Raises:
        SpecError: A text is no plan.
    """
    wanted = dict.fromkeys(text.strip() for text in texts)
    return [parse_plan(text, spec.monitor.policy) for text in wanted if text]


def windows_of(spec: Model, first: str | None, last: str | None, now: datetime, folds: int = 1) -> list[Window]:
    """Return the windows of a range.

    Args:
        spec: The declaration.
        first: Key of the first one; None is that of the spec's start.
        last: Key of the last one; None is the last one with outcomes that does not lie after the source's end.
        now: The moment at which outcomes must be known.
        folds: How many first windows are played from.

    Raises:
        InvalidWindow: The range has no beginning, is upside down, or is too short.
    """
    cadence = spec.cadence
    if first is None and spec.first_moment is None:
        raise InvalidWindow(f"{spec.name} declares no start", f"name the first window: --from {cadence.example}")
    begin = cadence.window(first) if first else cadence.window_at(spec.first_moment or now)
    end = cadence.window(last) if last else _last(spec, now)
    if end.start < begin.start:
        raise InvalidWindow(f"{spec.name}: window {end} lies before {begin}", "name a range whose end comes later")
    windows = cadence.between(begin, end)
    if len(windows) - folds + 1 < _FEWEST:
        cause = f"{spec.name}: {len(windows)} windows, {begin} to {end}, are too few for {folds} folds"
        raise InvalidWindow(cause, f"name a longer range; each fold needs {_FEWEST} windows")
    return windows


def _last(spec: Model, now: datetime) -> Window:
    due = spec.cadence.previous(spec.cadence.window_at(now - spec.maturity))
    return min(due, spec.last_window or due)
