"""Gate rules: what must hold before a version becomes champion. One function a question."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from windvane.spec.rules import (
    Age,
    AllOf,
    AnyOf,
    Ask,
    BetterThanBaseline,
    BetterThanChampion,
    Bound,
    Calibration,
    Custom,
    Fairness,
    InputContract,
    Latency,
    Memory,
    MinRows,
    NotWorseLive,
    NotWorseThanChampion,
    PerSlice,
    Robustness,
    Rule,
    Size,
    TrainingRows,
    Warn,
)
from windvane.spec.rules.behaviour import FairnessMeasure

__all__ = [
    "Rule",
    "age",
    "all_of",
    "any_of",
    "ask",
    "better_than_baseline",
    "better_than_champion",
    "bound",
    "calibration",
    "custom",
    "fairness",
    "input_contract",
    "latency",
    "memory",
    "min_rows",
    "not_worse_live",
    "not_worse_than_champion",
    "per_slice",
    "robustness",
    "size",
    "training_rows",
    "warn",
]

Inconclusive = Literal["reject", "needs_approval"]


def better_than_baseline(
    metric: str | None = None, margin: float = 0.0, *, relative: bool = False, inconclusive: Inconclusive = "reject"
) -> BetterThanBaseline:
    """Pass when the metric is surely better than that of a baseline without features (class shares, or mean)."""
    return BetterThanBaseline(metric=metric, margin=margin, relative=relative, inconclusive=inconclusive)


def not_worse_than_champion(
    metric: str | None = None, margin: float = 0.01, *, relative: bool = False, inconclusive: Inconclusive = "reject"
) -> NotWorseThanChampion:
    """Pass when the version is surely not worse than the champion by more than `margin` (paired, one-sided 95 %).

    Args:
        metric: A metric; None for the task's primary one.
        margin: What may be given away, in the metric's unit.
        relative: Read the margin as a share of the champion's own value instead (0.02 is 2 %).
        inconclusive: What follows when the evidence is too thin to say.
    """
    return NotWorseThanChampion(metric=metric, margin=margin, relative=relative, inconclusive=inconclusive)


def not_worse_live(
    margin: float = 0.01, windows: int = 1, rows: int = 100, *, inconclusive: Inconclusive = "needs_approval"
) -> NotWorseLive:
    """Pass when the version was surely not worse than the champion on live windows that it scored in shadow.

    A new version has no such window yet; so that it can wait for them, the rule asks a person rather than rejects.

    Args:
        margin: What may be given away, in the unit of the task's primary metric.
        windows: Fewest matured windows that both scored; before that there is not enough evidence.
        rows: Fewest rows of them together.
        inconclusive: What follows when the evidence is too thin to say.
    """
    return NotWorseLive(margin=margin, windows=windows, rows=rows, inconclusive=inconclusive)


def better_than_champion(
    metric: str | None = None, margin: float = 0.0, *, relative: bool = False, inconclusive: Inconclusive = "reject"
) -> BetterThanChampion:
    """Pass when the version is surely better than the champion by more than `margin` (paired, one-sided 95 %)."""
    return BetterThanChampion(metric=metric, margin=margin, relative=relative, inconclusive=inconclusive)


def bound(
    metric: str,
    *,
    at_most: float | None = None,
    at_least: float | None = None,
    inconclusive: Inconclusive = "reject",
) -> Bound:
    """Pass when the bad end of the metric's 95 % interval is within the bound."""
    return Bound(metric=metric, at_most=at_most, at_least=at_least, inconclusive=inconclusive)


def per_slice(
    column: str | None = None,
    metric: str | None = None,
    margin: float = 0.05,
    rows: int = 200,
    *,
    bins: Sequence[float] = (),
    queries: dict[str, str] | None = None,
    relative: bool = False,
    against: Literal["champion", "baseline"] = "champion",
    every: bool = False,
    inconclusive: Inconclusive = "reject",
) -> PerSlice:
    """Pass when no slice is surely worse than under the champion by more than `margin` (Holm-corrected).

    Args:
        column: Its values are the slices (or its `bins`).
        metric: A metric; None for the task's primary one.
        margin: What may be given away on a slice, in the metric's unit.
        rows: Fewest rows of a slice that is judged.
        bins: Rising edges that cut a numeric column.
        queries: Named conditions instead of a column: `{"young": "age < 30"}`.
        relative: Read the margin as a share of the other side's value on the slice.
        against: Compare each slice with the champion, or with the baseline without features.
        every: Pass only when every slice is surely within the margin, not merely none surely beyond it.
        inconclusive: What follows when the evidence is too thin to say.
    """
    return PerSlice(
        column=column,
        metric=metric,
        margin=margin,
        rows=rows,
        bins=tuple(bins),
        queries=queries or {},
        relative=relative,
        against=against,
        every=every,
        inconclusive=inconclusive,
    )


def calibration(at_most: float = 0.05, *, inconclusive: Inconclusive = "reject") -> Calibration:
    """Pass when the calibration error (mean gap of score and outcome over bins) is surely at most the bound."""
    return Calibration(at_most=at_most, inconclusive=inconclusive)


def fairness(
    column: str,
    measure: FairnessMeasure = "demographic_parity",
    *,
    at_most: float | None = None,
    at_least: float | None = None,
    rows: int = 50,
    missing: float = 0.05,
    inconclusive: Inconclusive = "reject",
) -> Fairness:
    """Pass when decisions treat the groups of a protected column surely alike.

    Args:
        column: A column listed under the model's `protected`.
        measure: `demographic_parity`, `equal_opportunity` or `equalised_odds`.
        at_most: Largest difference between two groups, …
        at_least: … or smallest ratio (0.8 is the four-fifths rule).
        rows: Fewest rows of a group that is judged.
        missing: Largest share of rows whose group may be unknown.
        inconclusive: What follows when the evidence is too thin to say.
    """
    return Fairness(
        column=column,
        measure=measure,
        at_most=at_most,
        at_least=at_least,
        rows=rows,
        missing=missing,
        inconclusive=inconclusive,
    )


def robustness(
    metric: str | None = None,
    margin: float = 0.02,
    *,
    noise: float | None = None,
    missing: Sequence[str] = (),
    columns: Sequence[str] = (),
    relative: bool = False,
    inconclusive: Inconclusive = "reject",
) -> Robustness:
    """Pass when a perturbation of the inputs surely makes the version worse by at most `margin`.

    Args:
        metric: A metric; None for the task's primary one.
        margin: What may be lost, in the metric's unit.
        noise: Normal noise in numbers, as a share of each column's standard deviation; or …
        missing: … columns that are made missing in every row.
        columns: The numbers that get the noise; none named means all.
        relative: Read the margin as a share of the version's own value on the rows as they are.
        inconclusive: What follows when the evidence is too thin to say.
    """
    return Robustness(
        metric=metric,
        margin=margin,
        noise=noise,
        missing=tuple(missing),
        columns=tuple(columns),
        relative=relative,
        inconclusive=inconclusive,
    )


def input_contract(allow: Literal["same", "fewer"] = "fewer") -> InputContract:
    """Pass when the version asks for no other columns and kinds than the champion."""
    return InputContract(allow=allow)


def min_rows(rows: int) -> MinRows:
    """Pass when the holdout has at least `rows` rows."""
    return MinRows(rows=rows)


def training_rows(at_least: int) -> TrainingRows:
    """Pass when the version was trained on at least so many rows."""
    return TrainingRows(at_least=at_least)


def age(at_most: str) -> Age:
    """Pass when the newest training row is not older than this at the run's moment (`45d`)."""
    return Age(at_most=at_most)


def size(at_most: float) -> Size:
    """Pass when the stored model has at most so many megabytes."""
    return Size(at_most=at_most)


def latency(at_most: float, rows: int = 1000) -> Latency:
    """Pass when scoring a batch of `rows` takes at most so many milliseconds (median, the bad end of its interval)."""
    return Latency(at_most=at_most, rows=rows)


def memory(at_most: float, rows: int = 1000) -> Memory:
    """Pass when scoring a batch of `rows` allocates at most so many megabytes at its peak."""
    return Memory(at_most=at_most, rows=rows)


def custom(path: str, *, inconclusive: Inconclusive = "reject") -> Custom:
    """Pass when a function of your own says so: `package.module:name`, called with the evaluation."""
    return Custom(path=path, inconclusive=inconclusive)


def all_of(*rules: Rule) -> AllOf:
    """Pass when every part passes."""
    return AllOf(rules=rules)


def any_of(*rules: Rule) -> AnyOf:
    """Pass when one part passes."""
    return AnyOf(rules=rules)


def warn(*rules: Rule) -> Warn:
    """Show what does not pass, and block nothing."""
    return Warn(rules=rules)


def ask(*rules: Rule) -> Ask:
    """Ask a person when a part does not pass."""
    return Ask(rules=rules)
