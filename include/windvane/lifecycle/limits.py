"""Limits that people set, held to a window's outcomes: a limit is broken where it surely is.

Each limit is judged at an error rate of its own for one window: the smaller of `alpha` and the year's share of
`alpha_year`, in equal parts for the limits. It comes beside what the tests spend.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
from scipy import stats

from windvane.lifecycle.alpha_spending import window_level
from windvane.lifecycle.checks.saying import unknown
from windvane.lifecycle.constant import constant_scores
from windvane.lifecycle.live import bounds, live_comparison
from windvane.lifecycle.metrics import estimate, measure
from windvane.lifecycle.rows import sample_of
from windvane.lifecycle.scored_rows import ScoredRows, class_labels, score_array
from windvane.results import CheckResult, Evaluation, Number, Profile
from windvane.results.reason import HEADLINE, fitting
from windvane.spec import Limit, Model

Array = np.ndarray[Any, Any]
Own = Mapping[str, Callable[[Array, Array], float]]
_Z = 1.959963984540054


class _Held(NamedTuple):
    """One limit, held to a window: what is said of it, and whether it is surely broken (None: nobody can tell)."""

    limit: Limit
    broken: bool | None
    headline: str
    number: Number | None = None
    detail: str = ""


def limits_check(
    known: ScoredRows, reference: Profile, evaluation: Evaluation | None, model: Model, own: Own | None = None
) -> CheckResult:
    """Answer: does the champion keep to the declared limits?

    Args:
        known: The window's rows with outcomes, and the champion's scores.
        reference: The champion's profile, with the baseline's constant.
        evaluation: What it came to on its holdout, where a change is limited.
        model: The spec.
        own: The user's own metrics that limits name.
    """
    rows, needed = len(known.rows), model.monitor.min_rows
    if rows < needed:
        number = Number(name="rows with outcomes", value=rows, allowed=f"at least {needed:,} (monitor.min_rows)")
        message = f"{rows:,} rows with outcomes are too few to hold to limits (needs {needed:,})"
        return unknown("limits", message, numbers=[number])
    limits = model.monitor.limits
    level = window_level(model) / len(limits)
    held = [_held(item, known, reference, evaluation, model, level, own or {}) for item in limits]
    broken = [item for item in held if item.broken]
    open_ones = [item for item in held if item.broken is None]
    first = (broken or open_ones or held)[0]
    more = f" (and {len(broken) - 1} more)" if len(broken) > 1 else ""
    outcome: Any = "finding" if broken else "insufficient_data" if len(open_ones) == len(held) else "ok"
    message = first.headline if broken or open_ones else "Every limit holds, as far as the window can tell"
    others = [item.headline for item in held if item is not first and item.broken is not False]
    return CheckResult(
        check="limits",
        outcome=outcome,
        headline=fitting(message, more) if len(message) + len(more) <= HEADLINE else fitting(message),
        detail=" ".join(filter(None, [first.detail, *(f"{text}." for text in others)])),
        numbers=tuple(item.number for item in held if item.number is not None),
        level=level,
        details={
            "alert": [item.limit.label for item in broken if item.limit.then == "alert"],
            "retrain": [item.limit.label for item in broken if item.limit.then == "retrain"],
        },
    )


def _held(
    limit: Limit,
    known: ScoredRows,
    reference: Profile,
    evaluation: Evaluation | None,
    model: Model,
    level: float,
    own: Own,
) -> _Held:
    if limit.kind == "baseline":
        return _beside_baseline(limit, known, reference, model, level)
    assert limit.metric is not None
    sample = replace(sample_of(known.rows, model, own), scores=score_array(known.scores, model))
    if model.task == "multiclass":
        sample = replace(sample, classes=tuple(class_labels(known.scores)))
    found = estimate(measure(limit.metric, sample), level)
    if found.value is None or found.low is None or found.high is None:
        return _Held(limit, None, fitting(f"{limit.metric} cannot be held to its limit: {found.problem}"))
    then = 0.0, 0.0
    if limit.kind == "change":
        before = (
            next((item for item in evaluation.metrics if item.metric == limit.metric), None) if evaluation else None
        )
        if before is None or before.value is None or before.low is None or before.high is None:
            return _Held(limit, None, fitting(f"{limit.metric} cannot be compared: its holdout has no such value"))
        then = before.value, (before.high - before.low) / 2 / _Z * float(stats.norm.isf(level))
    least, most = (_scaled(end, then) if limit.kind == "change" else _exact(end) for end in limit.ends())
    below = least is not None and found.value - least[0] + float(np.hypot(found.high - found.value, least[1])) < 0
    above = most is not None and found.value - most[0] - float(np.hypot(found.value - found.low, most[1])) > 0
    sides = (("at least", least), ("at most", most))
    allowed = " and ".join(f"{name} {end[0]:.4g}" for name, end in sides if end is not None)
    kind = model.known_metrics[limit.metric]
    number = Number(
        name=limit.metric,
        value=found.value,
        low=found.low,
        high=found.high,
        unit=kind.unit,
        allowed=allowed,
        better="higher" if kind.greater_is_better else "lower",
    )
    message = f"{limit.metric} holds"
    if below or above:
        message = f"{limit.metric} is {found.value:.4g}, surely not {allowed}"
    return _Held(limit, below or above, fitting(message), number, f"Declared: {limit.label}.")


def _exact(end: float | None) -> tuple[float, float] | None:
    return None if end is None else (end, 0.0)


def _scaled(factor: float | None, then: tuple[float, float]) -> tuple[float, float] | None:
    """Return a share of what was before, and how far that may be off."""
    return None if factor is None else (factor * then[0], abs(factor) * then[1])


def _beside_baseline(limit: Limit, known: ScoredRows, reference: Profile, model: Model, level: float) -> _Held:
    if not reference.constant:
        return _Held(limit, None, "The version was trained before its baseline was kept; nothing to compare with")
    rows = len(known.rows)
    compared = live_comparison(
        known.rows, known.scores, constant_scores(reference.constant, rows, model), model, "the baseline"
    )
    limits = bounds(compared, level)
    if limits is None or compared.difference is None or compared.value is None:
        return _Held(limit, None, fitting(f"Nothing to hold to the baseline: {compared.problem}"))
    low, high = limits
    own = compared.value + compared.difference
    number = Number(
        name=f"{model.metric} beside the baseline's",
        value=compared.difference,
        low=low,
        high=high,
        allowed="not surely above 0",
        better="lower",
        difference=True,
    )
    message = fitting(f"Worse than a constant: {model.metric} {own:.4g}, and {compared.value:.4g} without any feature")
    detail = (
        f"On {rows:,} outcomes the version loses surely more than one that says the same of every row: "
        f"what its training rows had in mean. Roll back, or look at its features."
    )
    return _Held(limit, low > 0, message, number, detail)
