"""The model under torture, so small that a whole training run takes a tenth of a second.

It imports no other test, for its source is part of what a version is made from.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import numpy as np
import pandas as pd

from windvane import Estimator, Features, Gate, Model, Source, rule
from windvane.results import Run
from windvane.windows import Window

ROWS = 300
RUN = Run(actor="schedule", as_of=datetime(2021, 6, 1, tzinfo=UTC), run_id="scheduled__1")
"""A run that stands in 2021: every outcome of 2020 is known to it."""


def rows(start: datetime, end: datetime) -> pd.DataFrame:
    """Return a window's loans: who defaults follows from debt and income, plainly enough for 200 rows to show it."""
    random = np.random.default_rng(int(start.timestamp()))
    income, debt = random.standard_normal((2, ROWS))
    chance = 1 / (1 + np.exp(3 * (income - debt)))
    seconds = np.sort(random.uniform(0, (end - start).total_seconds() - 1, ROWS))
    times = pd.DatetimeIndex(pd.Timestamp(start) + pd.to_timedelta(seconds, unit="s")).as_unit("us")
    return pd.DataFrame(
        {
            "loan_id": [f"{start:%m%d%H}-{index:03}" for index in range(ROWS)],
            "applied_at": times,
            "income": income,
            "debt": debt,
            "default": (random.random(ROWS) < chance).astype(float),
        }
    )


def turning_rows(start: datetime, end: datetime) -> pd.DataFrame:
    """Return a window's loans, whose outcomes follow from income and debt another way every few days, and noisily.

    So a version is often no better than one of other days, and whom it is compared with decides.
    """
    frame, day = rows(start, end), int(start.timestamp()) // 86_400
    random = np.random.default_rng(day + 1)
    turn = 0.5 * (day // 3)
    signal = np.cos(turn) * frame["income"] - np.sin(turn) * frame["debt"]
    chance = 1 / (1 + np.exp(1.2 * signal))
    return frame.assign(default=(random.random(ROWS) < chance).astype(float))


def turning(name: str = "loans", **fields: Any) -> Model:
    """Return the spec of loans that turn, with a gate that often rejects."""
    gate = Gate(rule.better_than_baseline(), rule.not_worse_than_champion(margin=0.03))
    return spec(name, **{"source": Source.callable(f"{__name__}:turning_rows"), "gate": gate, **fields})


def spec(name: str = "loans", **fields: Any) -> Model:
    """Return the spec, under a name of its own."""
    declared: dict[str, Any] = {
        "name": name,
        "owner": "risk",
        "source": Source.callable(f"{__name__}:rows"),
        "start": "2020-01-01",
        "event_time": "applied_at",
        "key": "loan_id",
        "target": "default",
        "task": "binary",
        "outcome_after": "1d",
        "window": "day",
        "history": 1,
        "features": Features(numbers=("income", "debt")),
        "estimator": Estimator("sklearn.linear_model:LogisticRegression"),
        "gate": Gate(rule.better_than_baseline()),
    }
    return Model(**(declared | fields))


def day(model: Model, number: int) -> Window:
    """Return the window of a day of January 2020."""
    return model.cadence.window(f"2020-01-{number:02}")
