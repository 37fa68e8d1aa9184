"""Performance: the signs that a new version would lose less than the champion.

Two signs are cheap. One is what recalibrating the champion on the window's own outcomes wins beyond what that won on
its own reference (`beyond.py`). The other is a loss above what it lost there. Neither measures what retraining gains:
a sign asks for a probe, which does (`probe.py`). A loss that rises because the window is harder (a stormy month) costs
a probe, and retrains nothing.

A window is also judged together with the ones before it that the same version scored: spans of two, four and eight
windows, each at its share of the error rate, so that a small loss that stays is found as surely as a large one at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from scipy import stats

from windvane.lifecycle.alpha_spending import level
from windvane.lifecycle.beyond import beyond, fitted, together
from windvane.lifecycle.checks.saying import percent_number, unknown
from windvane.lifecycle.features import outcomes
from windvane.lifecycle.metrics import row_losses
from windvane.lifecycle.recalibration import Recoverable, recoverable
from windvane.lifecycle.scored_rows import ScoredRows, class_labels, mean_loss, score_array, sum_variance, time_blocks
from windvane.lifecycle.wording import percent
from windvane.results import CheckResult, MonitorResult, Number, Recalibration, Segment
from windvane.results.reason import fitting
from windvane.results.watching import answer_to
from windvane.spec import Model

Array = np.ndarray[Any, Any]

MOST_ROWS = 50_000
"""Spans of more outcomes than this add nothing that the window alone does not show."""
SPANS = (1, 2, 4, 8)
_MOST_SIGNS, _PROBE_ERROR = 0.01, 0.1
"""Largest share of windows with a false sign, each of which costs a probe; and how often that is reckoned to win."""
_WIDEST = 20
"""Most parameters that are kept with a conclusion: a covariance has their square."""
_FIRST = 3
"""Windows after the holdout that a version's reference takes in."""


def performance_check(
    known: pd.DataFrame,
    scores: pd.DataFrame,
    model: Model,
    *,
    earlier: Sequence[ScoredRows] = (),
    reference: Segment | None = None,
    recalibration: Recalibration | None = None,
    sound: Sequence[MonitorResult] = (),
) -> tuple[CheckResult, float | None]:
    """Answer: is there a sign that a new version would recover a share of the champion's loss that counts?

    Args:
        known: The window's rows with outcomes.
        scores: Their scores: column `score`, or `score_<label>` a class.
        model: The spec.
        earlier: The windows before that the same version scored, the newest first.
        reference: What the version lost on its own holdout.
        recalibration: What fits its scores there.
        sound: Conclusions about earlier windows that it scored and that were in order, the newest first.

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
    then = _reference(reference, recalibration, sound)
    judged = [(count, span, _recoverable_of(span, model, then.of(count))) for count, span in enough]
    spent = sign_level(model)
    beside = _beside(known, scores, model, then, recalibration)
    shares = _shares(len(enough), spent / 2 if "risen" in beside else spent)
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
    result = _result(found, model, allowed, count, referred=recalibration is not None)
    target = outcomes(span.rows, model)
    events = len(target) if model.task == "regression" else int(np.unique(target, return_counts=True)[1].min())
    result = result.model_copy(update={"details": result.details | {"events": events, "windows": count, **beside}})
    if result.outcome == "ok" and len(known) >= needed and _has_risen(beside, model, spent / 2):
        result = _risen(result, beside, spent / 2)
    return result, loss


class _Then(NamedTuple):
    """What the champion lost, and what fitted its scores, where it was in order: its holdout, then its first windows.

    The first ones, so that a reference never follows a slow drift.
    """

    loss: Segment | None
    own: Recalibration | None
    windows: tuple[dict[str, Any], ...]

    def of(self, span: int) -> Recalibration | None:
        """Return what fits the reference of a span of windows, none of which is part of it."""
        if self.own is None:
            return None
        before = self.windows[span - 1 :][-_FIRST:]
        return together([self.own, *(Recalibration.model_validate(item["fits"]) for item in before if "fits" in item)])

    def mean(self) -> tuple[float, float, int] | None:
        """Return the mean loss, its standard error and its blocks."""
        if self.loss is None or not self.loss.rows:
            return None
        parts = [(self.loss.rows, self.loss.loss / self.loss.rows, self.loss.loss_variance, self.loss.blocks)]
        for item in self.windows[-_FIRST:]:
            if "loss_error" in item:
                rows = item["loss_rows"]
                parts.append((rows, item["window_loss"], (item["loss_error"] * rows) ** 2, item["loss_blocks"]))
        total = sum(rows for rows, *_ in parts)
        mean = sum(rows * loss for rows, loss, *_ in parts) / total
        return mean, sum(part[2] for part in parts) ** 0.5 / total, sum(part[3] for part in parts)


def _reference(loss: Segment | None, recalibration: Recalibration | None, sound: Sequence[MonitorResult]) -> _Then:
    answers = [answer_to("performance", item.checks) for item in sound]
    return _Then(loss, recalibration, tuple(item.details for item in answers if item and item.outcome == "ok"))


def sign_level(model: Model) -> float:
    """Return the chance of a false sign on one window.

    A sign retrains nothing by itself: where nothing changed, the probe that follows wins by chance in one of twenty.
    Reckoned with one of ten, signs and probes together stay within what performance may spend.
    """
    return min(_MOST_SIGNS, level(model, "performance") / _PROBE_ERROR)


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


def _recoverable_of(span: ScoredRows, model: Model, reference: Recalibration | None) -> Recoverable | None:
    target, blocks = outcomes(span.rows, model), time_blocks(span.rows, model)
    scores, classes = score_array(span.scores, model), class_labels(span.scores)
    if reference is None:  # a version of an earlier release, or a holdout on which nothing can be fitted
        return recoverable(target, scores, model.task, blocks, classes)
    return beyond(target, scores, model.task, blocks, reference, classes)


def _beside(
    known: pd.DataFrame, scores: pd.DataFrame, model: Model, then: _Then, recalibration: Recalibration | None
) -> dict[str, Any]:
    """Return the window's loss with its 95 % interval, how it compares with the reference, and what fits the scores."""
    target, table, classes = outcomes(known, model), score_array(scores, model), class_labels(scores)
    losses = row_losses(model.metric, target, table, classes)
    blocks = time_blocks(known, model)
    count = len(np.unique(blocks))
    error = float(sum_variance(losses, blocks)) ** 0.5 / max(1, len(losses))
    mean = float(losses.mean())
    spread = float(stats.t.ppf(0.975, max(1, count - 1))) * error
    found: dict[str, Any] = {"window_loss": mean, "loss_low": mean - spread, "loss_high": mean + spread}
    found |= {"loss_error": error, "loss_rows": len(losses), "loss_blocks": count}
    fits = fitted(target, table, model.task, blocks, classes, recalibration.basis) if recalibration else None
    if fits is not None and len(fits.parameters) <= _WIDEST:
        found["fits"] = fits.model_dump(mode="json")
    before = then.mean()
    if before is None:
        return found
    found |= {"reference_loss": before[0], "risen": mean - before[0]}
    beside = (error**2 + before[1] ** 2) ** 0.5
    if beside > 0:
        freedom = max(1, min(before[2], count) - 1)
        found["risen_p"] = float(stats.t.sf((mean - before[0]) / beside, freedom))
    return found


def _has_risen(beside: dict[str, Any], model: Model, allowed: float) -> bool:
    """True when the loss is surely above the reference's, by a share that counts."""
    sure = beside.get("risen_p", 1.0) < allowed
    return bool(sure and beside["risen"] >= model.monitor.policy.least_share * beside["reference_loss"])


def _risen(result: CheckResult, beside: dict[str, Any], allowed: float) -> CheckResult:
    """Return the answer of a window whose loss rose, whatever a recalibration wins back."""
    share = beside["risen"] / beside["reference_loss"] if beside["reference_loss"] > 0 else 1.0
    number = percent_number(f"rise of {result.numbers[1].name}", share, better="lower")
    p_value = Number(name="p-value of the rise", value=beside["risen_p"], allowed=f"a sign below {allowed:.2g}")
    return result.model_copy(
        update={
            "outcome": "finding",
            "headline": fitting(f"The loss is {percent(share, 1)} above what the version lost before"),
            "detail": f"Recalibrating it wins back {percent(max(result.effect or 0.0, 0.0), 1)}. {result.detail}",
            "numbers": (number, p_value, *result.numbers),
            "details": {**result.details, "sign": "rise"},
        }
    )


def _result(found: Recoverable, model: Model, allowed: float, windows: int, *, referred: bool) -> CheckResult:
    least = model.monitor.policy.least_share
    sure = found.low > 0 and found.p_value < allowed
    enough = counts(found, model, allowed)
    where = "of this window" if windows == 1 else f"of this window and the {windows - 1} before"
    less = ", beyond what fits its own reference" if referred else ""
    unit = {"log_loss": "nats a row", "mse": "squared units a row"}[model.metric]
    gain, needs = percent(found.share, 1), f"(needs {100 * least:.3g} %)"
    if referred:  # a probe says what retraining gains
        won = gain if found.gain > 0 else "nothing"
        message = f"Recalibrating wins {won} beyond the champion's own reference"
        message += ", not surely" if found.gain > 0 and not sure else ""
    elif sure:
        message = f"Retraining would gain about {gain} {needs}"
    elif found.gain > 0:
        message = f"Retraining may gain {gain}, not surely {needs}"
    else:
        message = f"Retraining would gain nothing {needs}"
    return CheckResult(
        check="performance",
        outcome="finding" if enough else "ok",
        headline=fitting(message),
        detail=f"The gain is what recalibrating the champion on {found.rows:,} outcomes {where} wins back{less}.",
        numbers=(
            percent_number(
                "won by recalibrating",
                found.share,
                low=found.low_share,
                allowed=f"retrain at {100 * least:.3g} % or more",
            ),
            Number(name=model.metric, value=found.loss, unit=unit, better="lower"),
            Number(name="p-value", value=found.p_value, allowed=f"a sign below {allowed:.2g}"),
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
            "sign": "gain" if enough else "",
        },
    )
