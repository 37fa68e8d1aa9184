"""Scores that the outcome cannot be: prices below zero where no outcome ever was, which an extrapolation gives."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from windvane.lifecycle.checks.saying import percent_number
from windvane.lifecycle.wording import percent
from windvane.results import CheckResult, Number
from windvane.results.reason import fitting

if TYPE_CHECKING:
    from windvane.lifecycle.checks.case import Work
    from windvane.spec import Model

Array = np.ndarray[Any, Any]

CHECK = "impossible_scores"
_LEAST = 0.01
"""Smallest share of the rows that is told."""


def impossible_scores(work: Work) -> CheckResult | None:
    """Return what `named` says of a window's scores; it is told, and neither alerts nor retrains."""
    return named(work.scored.scores.to_numpy(dtype=float)[:, 0], work.reference.target_range, work.model)


def named(scores: Array, span: tuple[float, float] | None, model: Model) -> CheckResult | None:
    """Return a finding where scores of a regression lie on the side of zero on which no outcome of training did.

    Probabilities outside 0 and 1 are refused before they are published.

    Args:
        scores: The scores, shape n.
        span: The smallest and the largest outcome of the training rows, where they are known.
        model: The spec.
    """
    if model.task != "regression" or span is None or not len(scores):
        return None
    sides: list[tuple[bool, Any, str]] = [
        (span[0] >= 0, scores < 0, "negative"),
        (span[1] <= 0, scores > 0, "positive"),
    ]
    for applies, outside, word in sides:
        share = float(np.mean(outside))
        if not applies or share < _LEAST:
            continue
        worst = float(scores.min() if word == "negative" else scores.max())
        message = f"{percent(share)} of the scores are {word}, and no outcome of training was"
        return CheckResult(
            check=CHECK,
            outcome="finding",
            headline=fitting(message),
            detail=f"{model.target} was between {span[0]:.4g} and {span[1]:.4g} in training.",
            numbers=(
                percent_number(f"{word} scores", share, allowed=f"below {percent(_LEAST)}", better="lower"),
                Number(name="the farthest one", value=worst),
            ),
            effect=share,
            unit="% of the rows",
        )
    return None
