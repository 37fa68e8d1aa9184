"""Small real records that lifecycle tests start from."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import numpy as np
import pandas as pd

from windvane import Estimator, Features, Model, Source
from windvane.results import Evaluation, Version


def model_with(**changes: Any) -> Model:
    """Return a small valid spec with some fields changed."""
    fields: dict[str, Any] = {
        "name": "loans",
        "owner": "risk",
        "source": Source.callable("models.loans:rows"),
        "event_time": "applied_at",
        "key": "loan_id",
        "target": "default",
        "task": "binary",
        "features": Features(numbers=("income", "debt"), categories=("region",)),
        "estimator": Estimator("sklearn.linear_model:LogisticRegression"),
        "min_rows": 20,
    }
    return Model(**(fields | changes))


def version_of(**changes: Any) -> Version:
    """Return version 2 of February 2020 with some fields changed."""
    fields: dict[str, Any] = {
        "model": "loans",
        "window": "2020-02",
        "window_start": datetime(2020, 2, 1, tzinfo=UTC),
        "window_end": datetime(2020, 3, 1, tzinfo=UTC),
        "trained_until": datetime(2020, 2, 20, tzinfo=UTC),
        "fingerprint": "sha256:f",
        "artifact": "sha256:a",
        "artifact_bytes": 1,
        "snapshots": ("sha256:s",),
        "rows": 100,
        "profile": "sha256:p",
        "spec_digest": "sha256:d",
        "training_digest": "sha256:t",
        "code_digest": "sha256:c",
        "environment": {},
        "seed": 0,
        "version": 2,
        "state": "evaluated",
        "created_at": datetime(2020, 3, 1, tzinfo=UTC),
        "actor": "schedule",
    }
    return Version(**(fields | changes))


def evaluation_of(**changes: Any) -> Evaluation:
    """Return an evaluation of version 2 with some fields changed."""
    fields: dict[str, Any] = {
        "model": "loans",
        "version": 2,
        "snapshot": "sha256:s",
        "holdout_start": datetime(2020, 2, 20, tzinfo=UTC),
        "holdout_end": datetime(2020, 3, 1, tzinfo=UTC),
        "rows": 1000,
        "metrics": (),
        "baseline": (),
    }
    return Evaluation(**(fields | changes))


def rows_of(count: int = 400, seed: int = 0, task: str = "binary", strength: float = 1.5) -> pd.DataFrame:
    """Return rows of February 2020 whose target follows income, as `check_frame` would leave them."""
    random = np.random.default_rng(seed)
    income, debt = random.standard_normal(count), random.standard_normal(count)
    signal = strength * income + (debt > 0)
    targets: dict[str, Any] = {
        "binary": (random.random(count) < 1 / (1 + np.exp(-signal))).astype(float),
        "regression": signal + random.standard_normal(count),
        "multiclass": np.where(signal < -0.5, "low", np.where(signal > 1, "high", "mid")).astype(object),
    }
    return pd.DataFrame(
        {
            "loan_id": [f"L{index:05}" for index in range(count)],
            "applied_at": pd.date_range("2020-02-01", "2020-02-28", periods=count, tz="UTC").astype(
                "datetime64[us, UTC]"
            ),
            "income": income,
            "debt": debt,
            "region": random.choice(["north", "south"], count).astype(object),
            "default": targets[task],
        }
    )
