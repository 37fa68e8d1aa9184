"""Drift between two profiles: a column has drifted when the difference is both surely there and large enough.

The tests take rows as independent. Rows of a window rarely are (flights of one day share its weather), so with many
rows significance is easy to come by; `least_effect` decides then. With few rows significance decides.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import stats

from windvane.lifecycle.wording import percent
from windvane.results import CheckResult, ColumnProfile, Profile
from windvane.spec import CheckKind, Model

Array = np.ndarray[Any, Any]

_LEAST_EXPECTED = 5.0
"""Smallest expected count of a cell in a chi-square test (Cochran 1954, section 4); smaller ones are pooled."""


@dataclass(frozen=True)
class ColumnDrift:
    """How far one column moved.

    Args:
        column: Its name.
        kind: `number` or `category`.
        effect: Kolmogorov-Smirnov or total variation distance, a share of rows between 0 and 1.
        p_value: Chance of a difference at least this large without drift.
        adjusted: That, corrected for all columns tested together (Holm 1979).
        found: True when `adjusted` is below alpha and the effect counts.
    """

    column: str
    kind: str
    effect: float
    p_value: float
    adjusted: float
    found: bool


def drift(reference: Profile, current: Profile, alpha: float, least_effect: float) -> list[ColumnDrift]:
    """Compare the feature columns of two profiles, the strongest effect first.

    Args:
        reference: Of the rows a version was trained on.
        current: Of the window, with the reference's bins.
        alpha: Chance of any false finding, over all columns together.
        least_effect: Smallest distance that counts.
    """
    return compare(reference.columns, current.columns, alpha, least_effect)


def compare(
    reference: Mapping[str, ColumnProfile],
    current: Mapping[str, ColumnProfile],
    alpha: float,
    least_effect: float,
) -> list[ColumnDrift]:
    """Compare the columns that both sides have, the strongest effect first."""
    names = [name for name, column in reference.items() if name in current and current[name].kind == column.kind]
    tested = [_distance(reference[name], current[name]) for name in names]
    adjusted = holm([p_value for _, p_value in tested])
    found = [
        ColumnDrift(name, reference[name].kind, effect, p_value, held, held < alpha and effect >= least_effect)
        for name, (effect, p_value), held in zip(names, tested, adjusted, strict=True)
    ]
    return sorted(found, key=lambda item: (not item.found, -item.effect, item.column))


def holm(p_values: Sequence[float]) -> list[float]:
    """Return p-values corrected for testing them all (Holm 1979): the chance of any false finding stays at alpha."""
    adjusted, largest = [0.0] * len(p_values), 0.0
    for rank, index in enumerate(sorted(range(len(p_values)), key=lambda index: p_values[index])):
        largest = max(largest, min(1.0, p_values[index] * (len(p_values) - rank)))
        adjusted[index] = largest
    return adjusted


def number_distance(reference: ColumnProfile, current: ColumnProfile) -> tuple[float, float]:
    """Return the two-sample Kolmogorov-Smirnov distance at the bin edges, and its p-value.

    A missing value counts as lower than every number, so that a change of the missing share is a distance too. The
    p-value takes the distribution of the one-sample statistic at the effective size n m / (n + m) (Stephens 1970),
    as scipy's asymptotic two-sample test does. Bins and ties make the distance smaller, never larger, than for
    continuous data, so it is conservative there.
    """
    if not reference.rows or not current.rows:
        return 0.0, 1.0
    then, now = (np.cumsum([side.missing, *side.counts]) / side.rows for side in (reference, current))
    distance = float(np.abs(then - now).max())
    effective = reference.rows * current.rows / (reference.rows + current.rows)
    return distance, float(np.clip(stats.kstwo.sf(distance, max(1, round(effective))), 0.0, 1.0))


def category_distance(reference: ColumnProfile, current: ColumnProfile) -> tuple[float, float]:
    """Return the total variation distance of the shares, and the p-value of Pearson's chi-square test.

    Values too rare for the test on either side (expected count below five), and values that the reference has not
    seen, are one cell together: which values a sample has seen at all is chance, where they are rare.
    """
    if not reference.rows or not current.rows:
        return 0.0, 1.0
    cells = _cells(reference, current)
    totals = cells.sum(axis=1)
    shares = cells / totals[:, None]
    distance = float(np.abs(shares[0] - shares[1]).sum() / 2)
    if cells.shape[1] < 2:
        return distance, 1.0
    expected = totals[:, None] * cells.sum(axis=0) / cells.sum()
    statistic = float(((cells - expected) ** 2 / expected).sum())
    return distance, float(stats.chi2.sf(statistic, cells.shape[1] - 1))


def _cells(reference: ColumnProfile, current: ColumnProfile) -> Array:
    """Return counts, shape 2 x cells: frequent values each, the missing ones, and the rare and unseen together."""
    named = np.array(
        [
            [reference.missing, *reference.categories.values()],
            [current.missing, *(current.categories.get(value, 0) for value in reference.categories)],
        ],
        dtype=float,
    )
    sizes = np.array([reference.rows, current.rows], dtype=float)
    least = sizes.min() / sizes.sum() * named.sum(axis=0)
    frequent = named[:, least >= _LEAST_EXPECTED]
    rest = (sizes - frequent.sum(axis=1))[:, None]
    if rest.sum() and (sizes.min() / sizes.sum() * rest.sum() >= _LEAST_EXPECTED or not frequent.size):
        return np.hstack([frequent, rest])
    if rest.sum():  # a rest too small for a cell of its own joins the smallest one
        smallest = int(frequent.sum(axis=0).argmin())
        frequent[:, smallest] += rest[:, 0]
    return frequent


def _distance(reference: ColumnProfile, current: ColumnProfile) -> tuple[float, float]:
    return (number_distance if reference.kind == "number" else category_distance)(reference, current)


def data_drift_check(reference: Profile, current: Profile, model: Model) -> CheckResult:
    """Answer: have the inputs moved since the version was trained?"""
    found = drift(reference, current, model.monitor.alpha, model.monitor.least_effect)
    return _result("data_drift", found, reference, current, model, "inputs")


def prediction_drift_check(reference: Profile, current: Profile, model: Model) -> CheckResult:
    """Answer: have the scores moved from those on the version's holdout?"""
    found = compare(reference.scores, current.scores, model.monitor.alpha, model.monitor.least_effect)
    return _result("prediction_drift", found, reference, current, model, "scores")


def _result(
    check: CheckKind, tested: list[ColumnDrift], reference: Profile, current: Profile, model: Model, subject: str
) -> CheckResult:
    if not tested or current.rows < 2 or reference.rows < 2:
        told = f"there are no {subject} of both {reference.window} and {current.window} to compare"
        return CheckResult(check=check, outcome="insufficient_data", sentence=told)
    moved, strongest = [item for item in tested if item.found], tested[0]
    least = model.monitor.least_effect
    if moved:
        told = ", ".join(f"{item.column} by {percent(item.effect)}" for item in moved[:3])
        more = f" and {len(moved) - 3} more" if len(moved) > 3 else ""
        what = f"{len(moved)} of {len(tested)} {subject}" if subject == "inputs" else subject
        sentence = f"{what} moved since training ({reference.window}): {told} of the rows{more}"
    else:
        sentence = (
            f"no {subject[:-1]} moved by {percent(least)} of the rows since training ({reference.window}); "
            f"the furthest is {strongest.column} ({percent(strongest.effect, 1)}, corrected p {_p(strongest.adjusted)})"
        )
    return CheckResult(
        check=check,
        outcome="found" if moved else "ok",
        sentence=sentence,
        effect=strongest.effect,
        columns=tuple(item.column for item in moved),
        details={
            "reference": reference.window,
            "rows": current.rows,
            "columns": {
                item.column: {"effect": item.effect, "p_value": item.p_value, "adjusted": item.adjusted}
                for item in tested
            },
        },
    )


def _p(value: float) -> str:
    return f"= {value:.2g}" if value >= 0.001 else "< 0.001"
