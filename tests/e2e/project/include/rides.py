"""A small made-up model for end-to-end tests: will a ride be cancelled? From April 2020 on, twice as many are."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

ROWS = 1500


def rows(start: datetime, end: datetime) -> pd.DataFrame:
    """Return the rides of a window: always the same ones, none before 2020 or after 2020, broken in August."""
    import numpy as np
    import pandas as pd

    if start.year != 2020:
        empty: pd.DataFrame = _frame(pd, np, start, end, 0)
        return empty
    frame: pd.DataFrame = _frame(pd, np, start, end, ROWS)
    return frame.drop(columns="distance") if start.month == 8 else frame


def watched(start: datetime, end: datetime) -> pd.DataFrame:
    """Return the same rides, but: March's distances are in metres, and the outcomes of May come late."""
    frame = rows(start, end)
    if start.month == 3:
        return frame.assign(distance=1000 * frame["distance"])
    if start.month == 5 and not (Path(os.environ["WINDVANE_HOME"]) / "outcomes-of-may").exists():
        return frame.assign(cancelled=float("nan"))
    return frame


def estimator() -> Any:
    """Return a logistic regression on the numbers."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    return make_pipeline(StandardScaler(), LogisticRegression())


def _frame(pd: Any, np: Any, start: datetime, end: datetime, count: int) -> Any:
    random = np.random.default_rng(int(start.timestamp()))
    distance, wait = random.gamma(2.0, 3.0, count), random.exponential(5.0, count)
    shift = 1.2 if start >= datetime(2020, 4, 1, tzinfo=UTC) else 0.0
    chance = 1 / (1 + np.exp(-(0.25 * wait - 0.1 * distance - 1.5 + shift)))
    seconds = np.sort(random.uniform(0, (end - start).total_seconds() - 1, count))
    times = pd.Timestamp(start) + pd.to_timedelta(seconds, unit="s")
    return pd.DataFrame(
        {
            "ride": [f"{start:%Y%m%d}-{index:05}" for index in range(count)],
            "at": pd.DatetimeIndex(times).as_unit("us") if count else pd.DatetimeIndex([], tz="UTC").as_unit("us"),
            "distance": distance,
            "wait": wait,
            "cancelled": (random.random(count) < chance).astype(float),
        }
    )
