"""Which champion before was better, where the present one is surely worse than a constant."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

import pandas as pd

from windvane.errors import ScoringFailed
from windvane.lifecycle.constant import constant_scores
from windvane.lifecycle.live import bounds, live_comparison
from windvane.lifecycle.train import score_rows
from windvane.results import CheckResult, Number
from windvane.results.reason import fitting
from windvane.spec import Model

if TYPE_CHECKING:
    from windvane.lifecycle.evaluate import Contender
    from windvane.lifecycle.features import Make
    from windvane.lifecycle.scored_rows import ScoredRows

BASELINE = "worse than the baseline"
"""The label of the limit that a champion worse than a constant breaks (`spec.limits`)."""
_LEVEL = 0.05


class Better(NamedTuple):
    """A champion before, beside the present one and the constant, on the same rows.

    Args:
        version: Its number.
        loss: Its mean primary loss.
        champion: The present champion's.
        baseline: The constant's.
        rows: The rows with outcomes.
    """

    version: int
    loss: float
    champion: float
    baseline: float
    rows: int


def worse_than_baseline(found: CheckResult | None) -> bool:
    """Return whether the answer about limits says that the champion is surely worse than a constant."""
    if found is None or found.outcome != "finding":
        return False
    return any(BASELINE in found.details.get(then, ()) for then in ("alert", "retrain"))


def last_better(
    known: ScoredRows,
    model: Model,
    make: Make | None,
    earlier: Sequence[Contender],
    constant: Mapping[str, float],
) -> Better | None:
    """Return the newest champion before that surely loses less than the present one, and less than the constant.

    Args:
        known: The window's rows with outcomes, and the champion's scores.
        model: The spec.
        make: The resolved `features.make`.
        earlier: Champions before that have not seen these rows, the newest first.
        constant: What the baseline says.
    """
    rows = len(known.rows)
    beside = live_comparison(
        known.rows, known.scores, constant_scores(constant, rows, model), model, "the baseline"
    ).value
    for one in earlier:
        if one.lacks(known.rows):
            continue
        try:
            scores = _scores(one, known.rows, model, make)
        except ScoringFailed:
            continue
        found = live_comparison(known.rows, scores, known.scores, model, "the champion")
        limits = bounds(found, _LEVEL / len(earlier))
        if limits is None or found.difference is None or found.value is None or beside is None:
            continue
        loss = found.value + found.difference
        if limits[1] < 0 and loss < beside:
            return Better(one.version.version, loss, found.value, beside, rows)
    return None


def told(found: CheckResult, better: Better | None, tried: int, model: Model) -> CheckResult:
    """Return the answer about limits with the champion before that was better, or that none was.

    Args:
        found: The answer.
        better: The champion before.
        tried: How many were tried.
        model: The spec.
    """
    if better is None:
        none = "No champion before is left to go back to." if not tried else f"{_count(tried)} surely better."
        return found.model_copy(update={"detail": f"{found.detail} {none}".strip()})
    name = f"v{better.version}"
    detail = (
        f"{found.detail} {name} was champion before. On the same {better.rows:,} rows it loses {better.loss:.4g}, "
        f'the champion {better.champion:.4g}: `windvane rollback {model.name} {better.version} --reason "…"`.'
    )
    number = Number(name=f"{model.metric} of {name}", value=better.loss, better="lower")
    return found.model_copy(
        update={
            "headline": fitting(found.headline, f"; {name} was better"),
            "detail": detail.strip(),
            "numbers": (*found.numbers, number),
            "details": {**found.details, "better_version": better._asdict()},
        }
    )


def _count(tried: int) -> str:
    return "The one champion before is not" if tried == 1 else f"None of the {tried} champions before is"


def _scores(one: Contender, rows: pd.DataFrame, model: Model, make: Make | None) -> pd.DataFrame:
    table = score_rows(one.estimator, one.features(rows, model, make), model)
    if model.task == "multiclass":
        return pd.DataFrame(table, columns=[f"score_{label}" for label in one.estimator.classes_])
    return pd.DataFrame({"score": table})
