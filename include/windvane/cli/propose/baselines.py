"""Two honest baselines, a line and trees, held against each other on later rows."""

from __future__ import annotations

import runpy
import tempfile
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd

from windvane.spec import Task

Kind = Literal["line", "trees"]
ROWS = 10_000
"""Rows that both are tried on, spread over all of the time."""
_CLASS_ROWS = 2_000
_LATER = 0.3
_BETTER = 0.01
"""Share of the line's loss that the trees must save before they are worth what they hide."""


@dataclass(frozen=True)
class Compared:
    """Which one was better on later rows."""

    kind: Kind
    why: str


def compared(
    modules: dict[Kind, str], frame: pd.DataFrame, target: pd.Series[Any], moments: pd.Series[Any], task: Task,
    categories: list[str],
) -> Compared:  # fmt: skip
    """Train both on the first 70 % of the time's rows and compare them on the rest.

    Args:
        modules: The text of the model's module with each estimator.
        frame: The features of the sample.
        target: The target as the source delivers it.
        moments: The event times.
        task: What the target is.
        categories: Which features are names.
    """
    order = moments.to_numpy().argsort(kind="stable")
    order = order[target.notna().to_numpy()[order]]
    most = _CLASS_ROWS if task == "multiclass" else ROWS
    order = order[:: max(1, -(-len(order) // most))]
    cut = int(len(order) * (1 - _LATER))
    rows = frame.iloc[order].copy()
    for name in rows.columns:
        rows[name] = _words(rows[name]) if name in categories else rows[name].astype(float)
    outcome = target.iloc[order].to_numpy()
    losses: dict[Kind, float] = {}
    for kind, text in modules.items():
        loss = _loss(text, rows, outcome, cut, task)
        if loss is not None:
            losses[kind] = loss
    metric = "mean squared error" if task == "regression" else "log loss"
    told = f"on the last {_LATER:.0%} of {len(order):,} rows"
    if len(losses) < 2:
        return Compared("line", "the other one could not be trained on the sample")
    line, trees = losses["line"], losses["trees"]
    words = f"{metric} of a line {line:.4g}, of trees {trees:.4g}, {told}"
    return Compared("trees" if trees < (1 - _BETTER) * line else "line", words)


def _words(values: pd.Series[Any]) -> Any:
    texts = [None if pd.isna(value) else _word(value) for value in values]
    return pd.Series(texts, index=values.index, dtype="str")


def _word(value: Any) -> str:
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _loss(text: str, rows: pd.DataFrame, outcome: Any, cut: int, task: Task) -> float | None:
    """Return the loss on the later rows; None where the estimator cannot be trained on the earlier ones."""
    from sklearn.metrics import log_loss, mean_squared_error

    if task != "regression" and len(np.unique(outcome[:cut])) < 2:
        return None
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what a fit complains of is told when the version is trained
        module = Path(folder, "proposed.py")
        module.write_text(text, encoding="utf-8")
        pipeline = runpy.run_path(str(module))["pipeline"]()
        try:
            pipeline.fit(rows.iloc[:cut], outcome[:cut])
            if task == "regression":
                return float(mean_squared_error(outcome[cut:].astype(float), pipeline.predict(rows.iloc[cut:])))
            known = np.isin(outcome[cut:], pipeline.classes_)
            shares = pipeline.predict_proba(rows.iloc[cut:][known])
            return float(log_loss(outcome[cut:][known], shares, labels=pipeline.classes_))
        except (ValueError, TypeError):
            return None
