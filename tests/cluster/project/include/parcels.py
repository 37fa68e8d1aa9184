"""Estimators of the drills' models."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any


def estimator() -> Any:
    """Return a logistic regression on the numbers."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    return make_pipeline(StandardScaler(), LogisticRegression())


def slow() -> Any:
    """Return the same, but once after a minute: long enough for its worker to be killed meanwhile."""
    marker = Path(os.environ["PARCELS"]) / "stuck_task" / "slow"
    if marker.exists():
        marker.unlink()
        time.sleep(60)
    return estimator()
