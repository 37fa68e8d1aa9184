"""Drift between two profiles: a column has drifted when the difference is both surely there and large enough.

The tests take rows as independent. Rows of a window rarely are (flights of one day share its weather), so with many
rows significance is easy to come by; `least_effect` decides then. With few rows significance decides.

A column is tested in several ways that are strong against different changes; the smallest p-value counts, each divided
by the share of the error rate it was given beforehand (weighted Bonferroni: Holm 1979, section 4).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from windvane.lifecycle.alpha_spending import level
from windvane.lifecycle.checks.saying import p_number, percent_number, unknown
from windvane.lifecycle.twosample import ks_p, rank_p, share_p, table_p
from windvane.lifecycle.wording import percent, shift
from windvane.results import CheckResult, ColumnProfile, Profile
from windvane.results.reason import fitting
from windvane.spec import Model, check_label

Array = np.ndarray[Any, Any]

_GONE = 0.1
"""Share of a number's error rate for missing values, where there are any; the others are shared by those below."""
_SMOOTH = {"place": 0.4, "spread": 0.2, "shape": 0.3}
_POINT_MASS = {"point_mass": 0.5, "place": 0.2, "spread": 0.1, "shape": 0.1}
"""Shares for where values lie, how far they spread, and any other change; and for how many are the commonest value,
where that is a point mass: of a column that is mostly zero, that share is what moves first."""
_HEAP = 0.25
"""Share of the rows that makes a value a point mass. Both windows count, so that the test does not choose it."""
_LEAST_EXPECTED = 5.0
"""Smallest expected count of a cell in a chi-square test (Cochran 1954, section 4); smaller ones are pooled."""

_SHOWN = 5
"""Columns among a result's numbers; all of them are in its details."""
_TOLD = 3
"""Columns that moved whose change is described."""


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
    """Compare the columns that both sides have with the same kind, the strongest effect first."""
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
    """Return the two-sample Kolmogorov-Smirnov distance at the bin edges, and the column's p-value.

    A missing value counts as lower than every number in the distance, so that a change of the missing share is a
    distance too. The p-value combines Wilcoxon's rank sum (place), the ranks' distances from their middle (spread:
    Ansari and Bradley 1960), the Kolmogorov-Smirnov test (shape), and Fisher's on the share of the commonest value and
    on the missing share, all from counts. Of two values there is one share, and one test.
    """
    if not reference.rows or not current.rows:
        return 0.0, 1.0
    then, now = (np.array([side.missing, *side.counts], dtype=float) for side in (reference, current))
    gap = np.cumsum(then) / reference.rows - np.cumsum(now) / current.rows
    distance = float(np.abs(gap).max())
    tests = _number_tests(distance, then, now)
    if then[0] + now[0] > 0:
        gone = share_p(then[:1], reference.rows, now[:1], current.rows)
        tests.append((float(gone[0]), _GONE))
    whole = sum(share for _, share in tests)
    return distance, min(1.0, *(p_value * whole / share for p_value, share in tests))


def _number_tests(distance: float, then: Array, now: Array) -> list[tuple[float, float]]:
    """Return the p-values of what is known of a number, each with its share of the error rate."""
    known = then[1:] + now[1:]
    rows, commonest = known.sum(), int(known.argmax()) + 1
    if not rows:
        return [(1.0, 1 - _GONE)]
    here = slice(commonest, commonest + 1)
    point_mass = float(share_p(then[here], int(then[1:].sum()), now[here], int(now[1:].sum()))[0])
    if (known > 0).sum() <= 2:
        return [(point_mass, 1 - _GONE)]
    place = (np.cumsum(known) - known / 2) / rows - 0.5
    found = {
        "point_mass": point_mass,
        "place": rank_p(place, then[1:], now[1:]),
        "spread": rank_p(np.abs(place), then[1:], now[1:]),
        "shape": ks_p(distance, then, now),
    }
    shares = _POINT_MASS if known.max() >= _HEAP * rows else _SMOOTH
    return [(found[name], share) for name, share in shares.items()]


def category_distance(reference: ColumnProfile, current: ColumnProfile) -> tuple[float, float]:
    """Return the total variation distance of the shares, and the column's p-value.

    Half of the error rate goes to Pearson's chi-square of all cells, half to Fisher's exact test of the one cell that
    moved most. Values too rare for the first on either side (expected count below five), and values that the
    reference has not seen, are one cell together: which values a sample has seen at all is chance, where they are
    rare.
    """
    if not reference.rows or not current.rows:
        return 0.0, 1.0
    cells = _cells(reference, current)
    totals = cells.sum(axis=1)
    shares = cells / totals[:, None]
    distance = float(np.abs(shares[0] - shares[1]).sum() / 2)
    if cells.shape[1] < 2:
        return distance, 1.0
    single = share_p(cells[0], reference.rows, cells[1], current.rows)
    if cells.shape[1] == 2:
        return distance, float(single[0])
    return distance, min(1.0, 2 * table_p(cells), 2 * float(single.min()) * cells.shape[1])


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
    """Answer: have the inputs, or declared pairs of them, moved since the reference?"""
    then, now = ({**side.columns, **side.pairs} for side in (reference, current))
    return _result("data_drift", then, now, reference, current, model, "inputs")


def prediction_drift_check(reference: Profile, current: Profile, model: Model) -> CheckResult:
    """Answer: have the scores moved from those on the version's holdout?"""
    return _result("prediction_drift", reference.scores, current.scores, reference, current, model, "scores")


def _result(
    check: str,
    then: Mapping[str, ColumnProfile],
    now: Mapping[str, ColumnProfile],
    reference: Profile,
    current: Profile,
    model: Model,
    subject: str,
) -> CheckResult:
    least, allowed = model.monitor.least_effect, level(model, check)
    tested = compare(then, now, allowed, least)
    label = check_label(check)
    if not tested or current.rows < 2 or reference.rows < 2:
        return unknown(check, f"{label} not checked: {reference.window} and {current.window} share no {subject}")
    moved, strongest = [item for item in tested if item.found], tested[0]
    since = f"since training ({reference.window})"
    if moved:
        most = f"{strongest.column} by {percent(strongest.effect)} of the rows"
        what = f"{len(moved)} of {len(tested)} inputs moved {since}, most {most}" if subject == "inputs" else ""
        said = what or f"Scores moved {since} by {percent(strongest.effect)} of the rows"
    else:
        said = f"No {subject[:-1]} surely moved by {percent(least)} of the rows {since}"
    numbers = [
        percent_number(
            f"{item.column} moved by", item.effect, allowed=f"below {percent(least)} of the rows", better="lower"
        )
        for item in (moved or tested)[:_SHOWN]
    ]
    corrected = min(item.adjusted for item in tested)
    return CheckResult(
        check=check,
        outcome="finding" if moved else "ok",
        headline=fitting(said),
        detail=_moves(moved, then, now),
        numbers=(*numbers, p_number(corrected, allowed)),
        effect=strongest.effect,
        p_value=corrected,
        level=allowed,
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


def _moves(moved: Sequence[ColumnDrift], then: Mapping[str, ColumnProfile], now: Mapping[str, ColumnProfile]) -> str:
    """Return how the columns that moved most did so, a sentence each."""
    message = [
        f"{item.column} moved {shift(then[item.column], now[item.column], item.effect)}." for item in moved[:_TOLD]
    ]
    return " ".join([*message, *([f"{len(moved) - _TOLD} more moved."] if len(moved) > _TOLD else [])])
