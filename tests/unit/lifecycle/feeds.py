"""A feed of related columns, and what the check of the data says of a window of it after a clean past."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from tests.unit.lifecycle.examples import model_with
from windvane import Features
from windvane.lifecycle.quality import quality_check
from windvane.lifecycle.traits import learned, watched
from windvane.results import CheckResult, Profile

MODEL = model_with(
    features=Features(numbers=("height", "weight", "noise", "warmth"), categories=("town", "kind")), window="week"
)
FIRST = "2020-01-06"
PAST = 4


def rows(week: int, count: int = 600, *, warmer: float = 0.0) -> pd.DataFrame:
    """Return a week's rows: height and weight go together, and warmth follows the hour of the day."""
    random = np.random.default_rng([7, week])
    window = MODEL.cadence.window(FIRST)
    start = pd.Timestamp(window.start) + pd.Timedelta(days=7 * week)
    hours = np.clip(random.normal(14, 2, count), 0, 23.9)
    times = start + pd.to_timedelta(np.sort(random.integers(0, 7, count)) * 24 + hours, unit="h")
    height = random.normal(0, 1, count)
    town = np.where(random.random(count) < 0.6, "Zürich", np.where(random.random(count) < 0.7, "Genève", "Bern"))
    return (
        pd.DataFrame(
            {
                "height": height,
                "weight": 70 + 10 * height + random.normal(0, 3, count),
                "noise": random.exponential(5, count),
                "warmth": warmer + 10 + 5 * np.cos(2 * np.pi * (hours - 15) / 24) + random.normal(0, 1, count),
                "town": town,
                "kind": np.where(height > 0, "tall", random.choice(["tall", "small"], count, p=[0.1, 0.9])),
                "applied_at": times.round("s").as_unit("us"),
            }
        )
        .sort_values("applied_at", ignore_index=True)
        .astype({"town": object, "kind": object})
    )


def profile(frame: pd.DataFrame, week: int, reference: Profile) -> Profile:
    """Return what the monitor keeps of a week."""
    features = frame[list(MODEL.features.names)]
    return watched(features, frame["applied_at"], MODEL, window_of(week), reference)


def window_of(week: int) -> Any:
    """Return a week's window."""
    window = MODEL.cadence.window(FIRST)
    for _ in range(week):
        window = MODEL.cadence.next(window)
    return window


def answered(
    change: Callable[[pd.DataFrame], pd.DataFrame],
    *,
    draw: Callable[[int], pd.DataFrame] = rows,
    past: int = PAST,
    always: bool = False,
    **extra: Any,
) -> tuple[CheckResult, CheckResult | None]:
    """Return what is broken and what is odd about a week that was changed, after two weeks of training and a past.

    Args:
        change: What is done to the week.
        draw: Gives a week's rows.
        past: Weeks between training and this one.
        always: Whether the same is done to the weeks before it, too: then it is no news.
        extra: What else the check is told.
    """
    then = pd.concat([draw(0), draw(1)], ignore_index=True)
    reference = learned(then[list(MODEL.features.names)], then["applied_at"], MODEL, FIRST)
    weeks = range(2, 2 + past)
    before = [profile(change(draw(week)) if always else draw(week), week, reference) for week in weeks][::-1]
    week = 2 + past
    now = change(draw(week))
    more = {"window": window_of(week), "before": lambda: before, "alike": [item.rows for item in before]} | extra
    return quality_check(now, reference, profile(now, week, reference), MODEL, **more)
