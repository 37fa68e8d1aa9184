"""Attribution: which columns and slices a finding leads back to, and since which window."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from windvane.lifecycle.cells import cells
from windvane.lifecycle.checks.saying import percent_number
from windvane.results import CheckResult, MonitorResult, Profile
from windvane.results.reason import fitting
from windvane.results.watching import answer_to
from windvane.spec import kind_of

if TYPE_CHECKING:
    import pandas as pd

Array = np.ndarray[Any, Any]

_LEAST = 0.01


def drift_sources(
    checks: Sequence[CheckResult],
    features: pd.DataFrame,
    score: Array,
    reference: Profile,
    past: Sequence[MonitorResult] = (),
) -> CheckResult | None:
    """Return what explains the findings, in one line; None where nothing was found.

    A column explains as much as it moved (the effect of its drift) times what it means to the score: the share of the
    score's variance between its parts (the correlation ratio: Pearson 1905).

    Args:
        checks: The window's answers.
        features: The window's scored rows, as the estimator sees them.
        score: Their scores, shape n (multiclass: the largest one).
        reference: The champion's profile.
        past: Earlier conclusions, the newest first.
    """
    found = {item.check: item for item in checks if item.outcome == "finding" and _explained(item.check)}
    if not found or len(features) < 2:
        return None
    drift = answer_to("data_drift", checks)
    effects = {
        name: float(item["effect"]) for name, item in (drift.details.get("columns", {}) if drift else {}).items()
    }
    weights = {
        name: effect * importance(features[name], score, reference, name)
        for name, effect in effects.items()
        if drift and name in drift.columns and name in features.columns
    }
    ranked = sorted((name for name, value in weights.items() if value >= _LEAST), key=lambda name: -weights[name])
    slices = [str(item["segment"]) for check in found.values() for item in check.details.get("segments", [])][:2]
    since = {name: _since(past, name) for name in found}
    first = min((window for window in since.values() if window), default=None)
    lost = f"The slices that lost most: {', '.join(slices)}." if slices else ""
    start = f", since {first}" if first else ", first seen in this window"
    cause = f"What moved and matters to the scores: {', '.join(ranked[:3])}" if ranked else ""
    return CheckResult(
        check="drift_sources",
        outcome="ok",
        headline=fitting(cause or (lost.removesuffix(".") if lost else "No single column explains it"), start),
        detail=lost if ranked else "",
        numbers=tuple(percent_number(f"{name} moved by", effects[name]) for name in ranked[:3]),
        columns=tuple(ranked),
        details={"weights": weights, "slices": slices, "since": since},
    )


def _explained(name: str) -> bool:
    kind = kind_of(name)
    return kind is not None and kind.explained


def importance(values: pd.Series[Any], score: Array, reference: Profile, name: str) -> float:
    """Return the share of the score's variance that lies between the parts of a column."""
    if name not in reference.columns or not float(np.var(score)) > 0:
        return 0.0
    codes, labels = cells(values, reference.columns[name])
    rows = np.bincount(codes, minlength=len(labels))
    means = np.bincount(codes, score, len(labels)) / np.maximum(rows, 1)
    return float((rows * (means - score.mean()) ** 2).sum() / len(score) / np.var(score))


def _since(past: Sequence[MonitorResult], check: str) -> str | None:
    """Return the first window of the unbroken run of earlier findings."""
    first = None
    for item in past:
        answer = answer_to(check, item.checks)
        if answer is None or answer.outcome != "finding":
            break
        first = item.window
    return first
