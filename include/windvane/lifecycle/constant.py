"""The baseline without features: one constant for every row, from the rows a version was trained on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from windvane.lifecycle.segments import WHOLE
from windvane.spec import Model

Array = np.ndarray[Any, Any]


def constant_of(target: Array, model: Model) -> dict[str, float]:
    """Return what the baseline says: each class's share, smoothed by one row each, or the mean under the empty name.

    It is what the gate compares a version with (`evaluate.py`).
    """
    if model.task == "regression":
        return {WHOLE: float(target.mean())}
    if model.task == "binary":
        positive = (float(target.sum()) + 1) / (len(target) + 2)
        return {"0": 1 - positive, "1": positive}
    classes, counts = np.unique(target.astype(str), return_counts=True)
    shares = (counts + 1) / (counts.sum() + len(classes))
    return {str(label): float(share) for label, share in zip(classes, shares, strict=True)}


def constant_scores(constant: Mapping[str, float], rows: int, model: Model) -> pd.DataFrame:
    """Return the baseline's scores of so many rows, in the columns that scores have."""
    if model.task == "multiclass":
        return pd.DataFrame({f"score_{label}": np.full(rows, share) for label, share in constant.items()})
    return pd.DataFrame({"score": np.full(rows, constant[WHOLE if model.task == "regression" else "1"])})
