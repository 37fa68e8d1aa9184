"""Scores that the outcome cannot be: outside its declared range, or below zero where no outcome ever was.

Such scores are what an extrapolation gives.
"""

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
    """Return a finding where scores of a regression are no number that the target can be.

    That is what `Model(target_range=…)` says. Where it says nothing, it is the side of zero on which no outcome of
    training was. Probabilities outside 0 and 1 are refused before they are published.

    Args:
        scores: The scores, shape n.
        span: The smallest and the largest outcome of the training rows, where they are known.
        model: The spec.
    """
    if model.task != "regression" or not len(scores):
        return None
    for outside, word, message, detail in _sides(scores, span, model):
        share = float(np.mean(outside))
        if share < _LEAST:
            continue
        worst = float(scores[outside][np.abs(scores[outside]).argmax()])
        return CheckResult(
            check=CHECK,
            outcome="finding",
            headline=fitting(f"{percent(share)} of the scores are {message}"),
            detail=detail,
            numbers=(
                percent_number(word, share, allowed=f"below {percent(_LEAST)}", better="lower"),
                Number(name="the farthest one", value=worst),
            ),
            effect=share,
            unit="% of the rows",
        )
    return None


def _sides(scores: Array, span: tuple[float, float] | None, model: Model) -> list[tuple[Any, str, str, str]]:
    """Return, for each side that applies: which scores are outside, what they are called, and what is said."""
    if model.target_range is not None:
        low, high = model.target_range
        said = f"{model.target} is declared to be " + " and ".join(
            f"{word} {end:.4g}" for word, end in (("at least", low), ("at most", high)) if end is not None
        )
        sides = (("below", low, -1), ("above", high, 1))
        return [
            (
                side * scores > side * end,
                f"scores {word} {end:.4g}",
                f"{word} {end:.4g}, which the target cannot be",
                f"{said}.",
            )
            for word, end, side in sides
            if end is not None
        ]
    if span is None:
        return []
    said = f"{model.target} was between {span[0]:.4g} and {span[1]:.4g} in training."
    found = [(scores < 0, "negative")] if span[0] >= 0 else []
    found += [(scores > 0, "positive")] if span[1] <= 0 else []
    return [(outside, f"{word} scores", f"{word}, and no outcome of training was", said) for outside, word in found]
