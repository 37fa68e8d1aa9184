"""Performance: how much of the champion's loss a new version would surely win back.

What a recalibration of the champion on the window's own outcomes wins back (`recalibration.py`), training again on
these rows can win back too. A loss that rises because the window is harder (a stormy month) is not recoverable, and
retrains nothing.

A window is also judged together with the ones before it that the same version scored: spans of two, four and eight
windows, each at its share of the error rate, so that a small loss that stays is found as surely as a large one at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from windvane.lifecycle.alpha_spending import level
from windvane.lifecycle.checks.saying import percent_number, unknown
from windvane.lifecycle.features import outcomes
from windvane.lifecycle.metrics import row_losses
from windvane.lifecycle.recalibration import Recoverable, recoverable
from windvane.lifecycle.scored_rows import ScoredRows, class_labels, mean_loss, score_array, sum_variance, time_blocks
from windvane.lifecycle.wording import percent
from windvane.results import CheckResult, Number, Segment
from windvane.results.reason import fitting
from windvane.spec import Model

Array = np.ndarray[Any, Any]

MOST_ROWS = 50_000
"""Spans of more outcomes than this add nothing that the window alone does not show."""
SPANS = (1, 2, 4, 8)


def performance_check(
    known: pd.DataFrame,
    scores: pd.DataFrame,
    model: Model,
    *,
    earlier: Sequence[ScoredRows] = (),
    reference: Segment | None = None,
) -> tuple[CheckResult, float | None]:
    """Answer: would a new version surely recover a share of the champion's loss that counts?

    Args:
        known: The window's rows with outcomes.
        scores: Their scores: column `score`, or `score_<label>` a class.
        model: The spec.
        earlier: The windows before that the same version scored, the newest first.
        reference: What the version lost on its own holdout.

    Returns:
        The result, and the mean loss (primary metric) of these rows; None without rows.
    """
    loss, needed = mean_loss(known, scores, model), model.monitor.min_rows
    spans = _spans(ScoredRows(known, scores), earlier)
    enough = [(count, span) for count, span in spans if len(span.rows) >= needed]
    if not len(known) or not enough:
        rows = Number(name="rows with outcomes", value=len(known), allowed=f"at least {needed:,} (monitor.min_rows)")
        message = f"{len(known):,} rows with outcomes are too few to judge the loss (needs {needed:,})"
        return unknown("performance", message, numbers=[rows]), loss
    judged = [(count, span, _recoverable_of(span, model)) for count, span in enough]
    shares = _shares(len(enough), level(model, "performance"))
    answered = [
        (count, span, found, allowed)
        for (count, span, found), allowed in zip(judged, shares, strict=True)
        if found is not None
    ]
    if not answered:
        target = outcomes(enough[-1][1].rows, model)
        alike = model.task != "regression" and len(set(target.tolist())) == 1
        why = f"all are {model.target}={target[0]}" if alike else f"too few for {scores.shape[1]} classes"
        return unknown("performance", f"{len(target):,} outcomes say nothing about a gain: {why}"), loss
    count, span, found, allowed = min(answered, key=lambda item: (not counts(item[2], model, item[3]), item[0]))
    result = _result(found, model, allowed, count)
    target = outcomes(span.rows, model)
    events = len(target) if model.task == "regression" else int(np.unique(target, return_counts=True)[1].min())
    details = {"events": events, "windows": count, **_beside(known, scores, model, reference)}
    return result.model_copy(update={"details": result.details | details}), loss


def counts(found: Recoverable, model: Model, allowed: float) -> bool:
    """True when a gain is surely there, unlikely by chance, and large enough to pay for a retrain."""
    return found.low > 0 and found.p_value < allowed and found.share >= model.monitor.policy.least_share


def _shares(spans: int, allowed: float) -> list[float]:
    """Return the error rate of each span: half of it for the shortest, the rest in equal parts for the others."""
    return [allowed] if spans == 1 else [allowed / 2, *[allowed / 2 / (spans - 1)] * (spans - 1)]


def _spans(window: ScoredRows, earlier: Sequence[ScoredRows]) -> list[tuple[int, ScoredRows]]:
    """Return the window alone, and together with those before it: the number of windows, and their rows."""
    together = [window, *earlier]
    sizes = [size for size in SPANS if size <= len(together)]
    sizes = [size for size in sizes if size == 1 or sum(len(item.rows) for item in together[:size]) <= MOST_ROWS]
    return [
        (
            size,
            ScoredRows(
                pd.concat([item.rows for item in together[:size]], ignore_index=True),
                pd.concat([item.scores for item in together[:size]], ignore_index=True),
            ),
        )
        for size in sizes
    ]


def _recoverable_of(span: ScoredRows, model: Model) -> Recoverable | None:
    target, blocks = outcomes(span.rows, model), time_blocks(span.rows, model)
    return recoverable(target, score_array(span.scores, model), model.task, blocks, class_labels(span.scores))


def _beside(known: pd.DataFrame, scores: pd.DataFrame, model: Model, reference: Segment | None) -> dict[str, float]:
    """Return the window's loss with its 95 % interval, and how it compares with the champion's own holdout."""
    losses = row_losses(model.metric, outcomes(known, model), score_array(scores, model), class_labels(scores))
    blocks = time_blocks(known, model)
    error = float(sum_variance(losses, blocks)) ** 0.5 / max(1, len(losses))
    mean = float(losses.mean())
    spread = float(stats.t.ppf(0.975, max(1, len(np.unique(blocks)) - 1))) * error
    found = {"window_loss": mean, "loss_low": mean - spread, "loss_high": mean + spread}
    if reference is None or not reference.rows:
        return found
    before = reference.loss / reference.rows
    beside = (error**2 + reference.loss_variance / reference.rows**2) ** 0.5
    found |= {"reference_loss": before, "risen": mean - before}
    if beside > 0:
        freedom = max(1, min(reference.blocks, len(np.unique(blocks))) - 1)
        found["risen_p"] = float(stats.t.sf((mean - before) / beside, freedom))
    return found


def _result(found: Recoverable, model: Model, allowed: float, windows: int) -> CheckResult:
    least = model.monitor.policy.least_share
    sure = found.low > 0 and found.p_value < allowed
    enough = counts(found, model, allowed)
    where = "of this window" if windows == 1 else f"of this window and the {windows - 1} before"
    unit = {"log_loss": "nats a row", "mse": "squared units a row"}[model.metric]
    gain, needs = percent(found.share, 1), f"(needs {100 * least:.3g} %)"
    if sure:
        message = f"Retraining would gain about {gain} {needs}"
    elif found.gain > 0:
        message = f"Retraining may gain {gain}, not surely {needs}"
    else:
        message = f"Retraining would gain nothing {needs}"
    return CheckResult(
        check="performance",
        outcome="finding" if enough else "ok",
        headline=fitting(message),
        detail=f"The gain is what recalibrating the champion on {found.rows:,} outcomes {where} wins back.",
        numbers=(
            percent_number(
                f"gain of {model.metric}",
                found.share,
                low=found.low_share,
                allowed=f"retrain at {100 * least:.3g} % or more",
            ),
            Number(name=model.metric, value=found.loss, unit=unit, better="lower"),
            Number(name="p-value", value=found.p_value, allowed=f"retrain below {allowed:.2g}"),
            Number(name="outcomes", value=found.rows),
            Number(name="windows", value=windows),
        ),
        effect=found.share,
        low=found.low_share,
        p_value=found.p_value,
        level=allowed,
        details={
            "loss": found.loss,
            "gain": found.gain,
            "std_error": found.std_error,
            "low": found.low,
            "unit": unit,
            "rows": found.rows,
            "blocks": found.blocks,
            "retrain_at": least,
        },
    )
