"""Versions on live windows: who scores which key in a staged promotion, how two versions compare, and what follows."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np
from scipy import stats

from windvane.lifecycle.difference import difference
from windvane.lifecycle.features import outcomes
from windvane.lifecycle.metrics import Array, row_losses
from windvane.lifecycle.metrics.errors import spread, too_few_groups
from windvane.lifecycle.metrics.sample import broken
from windvane.lifecycle.rows import sample_of
from windvane.lifecycle.scored_rows import class_labels, score_array, time_blocks
from windvane.lifecycle.wording import capital
from windvane.results import Comparison, LiveResult, Reason, Rollout, RuleOutcome, StagedWindow
from windvane.results.reason import fitting
from windvane.spec import Model
from windvane.spec.metrics import metric_of

if TYPE_CHECKING:
    import pandas as pd

LEVEL = 0.05
"""The chance of a wrong bound, one-sided."""


class Standing(NamedTuple):
    """Where a staged promotion stands."""

    stage: int
    """How many stages were passed."""
    then: Literal["stay", "promote", "withdraw"]
    window: str | None = None
    """The window that decided it."""
    reason: Reason | None = None
    """What the windows up to there came to together; None where none has matured."""


def bucket(model: str, key: str) -> float:
    """Return where a key falls in [0, 1): the first 8 bytes of SHA-256 of `<model>:<key>`, over 2^64.

    It depends on nothing else, so a key stays with a version in every window, and a larger share keeps the keys of a
    smaller one.
    """
    digest = hashlib.sha256(f"{model}:{key}".encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64


def staged(model: str, keys: Iterable[object], share: float) -> Array:
    """Return which keys get the new version's scores, shape n, at a share of the keys."""
    return np.array([bucket(model, str(key)) < share for key in keys], dtype=bool)


def live_comparison(rows: pd.DataFrame, own: pd.DataFrame, other: pd.DataFrame, model: Model, name: str) -> Comparison:
    """Return the paired difference of the primary loss of two versions on the same rows; negative is better.

    Args:
        rows: Rows of a window with known outcomes, which neither version was trained on.
        own: The first version's scores of them (`score`, or `score_<class>` columns), in the same order.
        other: The second version's.
        model: The spec.
        name: What the second version is called.

    Returns:
        The difference of the means, weighted by the spec's `row_weight`, with its error by the spec's clusters and
        blocks, and by days where no block is declared, whichever is widest (see `metrics.errors`). No difference where
        there are fewer than two rows or the weights are none; no error where the declared groups are too few for one.
    """
    metric = metric_of(model.metric)
    count, target = len(rows), outcomes(rows, model)
    sample = replace(sample_of(rows, model, {}), scores=score_array(own, model))
    blank = Comparison(metric=metric.name, other=name, difference=None, std_error=None, rows=count)
    if problems := broken(sample):
        return blank.model_copy(update={"problem": "; ".join(problems)})
    losses = [row_losses(metric.name, target, score_array(side, model), class_labels(side)) for side in (own, other)]
    difference = (losses[0] - losses[1]) * (-1.0 if metric.greater_is_better else 1.0)
    mean = float(np.average(difference, weights=sample.weights))
    message = {"difference": mean, "value": float(np.average(losses[1], weights=sample.weights))}
    if problem := too_few_groups(sample):
        return blank.model_copy(update={**message, "problem": problem})
    days = () if model.block else (np.unique(time_blocks(rows, model), return_inverse=True)[1],)
    error = spread(difference - mean, replace(sample, groups=(*sample.groups, *days)))
    return blank.model_copy(update={**message, "std_error": float(np.sqrt(error.variance)), "degrees": error.degrees})


def pooled(found: Sequence[Comparison], name: str, *, shared: bool = False) -> Comparison:
    """Return the difference over several windows together, the mean over all rows.

    Args:
        found: The comparison on each window.
        name: What the other version is called.
        shared: Whether windows share clusters. Their errors may then move together, by how much the windows apart do
            not tell: the errors are added up, the most that any correlation makes of them (Cauchy and Schwarz), with
            the fewest degrees of freedom. Else windows are independent, and their variances are added.
    """
    known = [item for item in found if item.difference is not None and item.std_error is not None]
    rows = sum(item.rows for item in known)
    if not known or not rows:
        problems = [item.problem for item in found if item.rows and item.problem]
        message = problems[-1] if problems else "no window has matured scores of both"
        return Comparison(
            metric=found[0].metric if found else "",
            other=name,
            difference=None,
            std_error=None,
            rows=0,
            problem=message,
        )
    mean = sum(item.rows * (item.difference or 0.0) for item in known) / rows
    errors = np.array([item.rows * (item.std_error or 0.0) for item in known]) / rows
    degrees = [item.degrees or 0.0 for item in known]
    return Comparison(
        metric=known[0].metric,
        other=name,
        difference=mean,
        std_error=float(errors.sum() if shared else np.sqrt((errors**2).sum())),
        rows=rows,
        degrees=min(degrees) if shared else sum(degrees),
    )


def bounds(found: Comparison, level: float = LEVEL) -> tuple[float, float] | None:
    """Return the bounds of a difference (Student's t), each wrong with a chance of `level`."""
    if found.difference is None or found.std_error is None:
        return None
    beyond = float(stats.t.isf(level, found.degrees or max(found.rows - 1, 1))) * found.std_error
    return found.difference - beyond, found.difference + beyond


def look_level(look: int) -> float:
    """Return what the n-th look at a promotion in stages may spend of the 5 %.

    Alpha spending (Lan and DeMets 1983) with what is spent after n looks being 5 % n / (n + 1): however many looks
    there are, and however they depend on each other, a wrong bound is ever met with a chance of at most 5 %.
    """
    return LEVEL / (look * (look + 1))


def live_verdict(
    found: Comparison, margin: float, min_rows: int, windows: str, level: float = LEVEL
) -> tuple[RuleOutcome, Reason]:
    """Judge whether a version is surely not worse by more than a margin; return the outcome and why.

    Args:
        found: The comparison.
        margin: What may be given away.
        min_rows: Fewest rows on which anything is said.
        windows: Which windows, as a person would say it.
        level: The chance of a wrong pass, and of a wrong fail.
    """
    limits, given = bounds(found, level), f"{found.rows:,} live rows of {windows}"
    if limits is None or found.rows < min_rows:
        least = f", needed {min_rows:,}" if found.rows < min_rows else ""
        detail = f"{capital(found.problem)}." if found.problem else ""
        return "inconclusive", Reason(headline=fitting(f"Not enough evidence: {given}", least), detail=detail)
    low, high = limits
    outcome: RuleOutcome = "pass" if high <= margin else "fail" if low > margin else "inconclusive"
    surely = {"pass": "surely not worse", "fail": "surely worse", "inconclusive": "perhaps worse"}[outcome]
    number = difference(found, metric_of(found.metric), low, high, margin, closed=True)
    return outcome, Reason(
        headline=fitting(f"{capital(surely)} than {found.other} on {given}"),
        detail=f"The interval's ends are one-sided {100 * (1 - level):.4g} % bounds.",
        numbers=(number,),
    )


def standing(
    windows: Sequence[StagedWindow], results: Mapping[str, LiveResult], found: Rollout, min_rows: int, *, shared: bool
) -> Standing:
    """Return where a staged promotion stands, from what its windows came to.

    The windows are walked in their order, up to the first whose outcomes are not known: whatever order they were
    monitored in, the end is the same. At each of them all windows so far are judged together, at what that look may
    spend (`look_level`), so that a version that is worse by more than the margin arrives, and one that is not is
    withdrawn, with a chance of at most 5 % each, however long it takes. A pass moves on only when the window was scored
    at the stage that is left, so that every stage was lived through; a fail withdraws the version.

    Args:
        windows: The windows scored in stages.
        results: What the matured ones came to, by window.
        found: The promotion.
        min_rows: Fewest rows on which anything is said.
        shared: Whether windows share clusters; see `pooled`.
    """
    stage, reason, known = 0, None, list[Comparison]()
    for window in sorted(windows, key=lambda item: item.window_start):
        if window.window not in results:
            break
        comparison = results[window.window].comparison
        if comparison.std_error is None:
            reason = results[window.window].reason
            continue
        known.append(comparison)
        named = window.window if len(known) == 1 else f"{len(known)} windows to {window.window}"
        together = pooled(known, f"v{found.champion}", shared=shared)
        outcome, reason = live_verdict(together, found.margin, min_rows, named, look_level(len(known)))
        if outcome == "fail":
            return Standing(stage, "withdraw", window.window, reason)
        if outcome == "pass" and window.stage == stage:
            stage += 1
            if stage == len(found.shares):
                return Standing(stage, "promote", window.window, reason)
    return Standing(stage, "stay", None, reason)
