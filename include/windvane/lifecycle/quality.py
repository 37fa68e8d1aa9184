"""Quality: is a window's data broken, rather than the world changed? Broken data alerts, and never retrains."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from scipy import stats

from windvane.lifecycle.drift import holm
from windvane.lifecycle.wording import percent
from windvane.results import CheckResult, ColumnProfile, Profile
from windvane.spec import Model

if TYPE_CHECKING:
    import pandas as pd

Array = np.ndarray[Any, Any]

_FEWEST = 30
"""Fewer rows than this say nothing about a column."""
_JUMP = 0.2
"""Smallest rise of the share of missing values, or of values never seen before, that counts."""
_MOVED = 0.5
"""Smallest Kolmogorov-Smirnov distance at which another unit is looked for."""
_RESTORED = 0.15
"""Largest distance that is left when the unit is changed back."""
_FAR = 10.0
"""Spreads of the reference between its median and the window's, beyond which no change of the world is believed."""
_VOLUME = 0.2
"""Smallest share of the usual rows; below it, something is missing."""

_STRICT = 50
"""An alert wakes a person and blocks retrains: it must be this many times as sure as a drift finding."""

_UNITS: tuple[tuple[str, float, float], ...] = (
    ("degrees Fahrenheit instead of Celsius", 1.8, 32.0),
    ("degrees Celsius instead of Fahrenheit", 1 / 1.8, -32.0 / 1.8),
    ("kelvin instead of degrees Celsius", 1.0, 273.15),
    ("degrees Celsius instead of kelvin", 1.0, -273.15),
    *(
        (text, value, 0.0)
        for factor, name in (
            (100.0, "100"),
            (1000.0, "1,000"),
            (1e6, "1,000,000"),
            (60.0, "60"),
            (3600.0, "3,600"),
            (86400.0, "86,400"),
            (1.609344, "1.609 (miles, kilometres)"),
            (2.2046226, "2.205 (kilograms, pounds)"),
            (2.54, "2.54 (inches, centimetres)"),
            (3.2808399, "3.281 (metres, feet)"),
        )
        for text, value in ((f"values multiplied by {name}", factor), (f"values divided by {name}", 1 / factor))
    ),
    ("the opposite sign", -1.0, 0.0),
)
"""Changes of unit that happen: name, factor, offset."""


class _Finding(NamedTuple):
    column: str
    weight: float
    """How bad it is: the most first."""
    told: str


def quality_check(
    frame: pd.DataFrame,
    reference: Profile,
    current: Profile,
    model: Model,
    *,
    usual_rows: float | None = None,
) -> CheckResult:
    """Answer: is this window's data broken?

    Looks at missing values, values never seen before, changed units, and the number of rows. What is declared
    beyond that are expectations, which every window meets before it is scored.

    Args:
        frame: The window's rows.
        reference: Profile of the rows the champion was trained on.
        current: Profile of the window, with the reference's bins.
        model: The spec.
        usual_rows: Rows of a usual window, where that is known.
    """
    found = _volume(current.rows, usual_rows)
    if current.rows >= _FEWEST and reference.rows >= _FEWEST:
        alpha = model.monitor.alpha / _STRICT
        found += [*_missing(reference, current, alpha), *_unseen(reference, current, alpha)]
        found += _units(frame, reference, current)
    elif not found:
        told = f"{min(current.rows, reference.rows)} rows are too few to judge the data, {_FEWEST} are needed"
        return CheckResult(check="quality", outcome="insufficient_data", sentence=told)
    if not found:
        told = f"no column of {current.rows:,} rows looks broken beside {reference.window}"
        return CheckResult(check="quality", outcome="ok", sentence=told, details={"rows": current.rows})
    ranked = sorted(found, key=lambda item: (-item.weight, item.column))
    more = f"; and {len(ranked) - 3} more findings" if len(ranked) > 3 else ""
    return CheckResult(
        check="quality",
        outcome="found",
        sentence="; ".join(item.told for item in ranked[:3]) + more,
        effect=ranked[0].weight,
        columns=tuple(dict.fromkeys(item.column for item in ranked if item.column)),
        details={"rows": current.rows, "findings": [item.told for item in ranked]},
    )


def _volume(rows: int, usual: float | None) -> list[_Finding]:
    if not usual or rows >= _VOLUME * usual or usual < _FEWEST:
        return []
    return [_Finding("", 1 - rows / usual, f"{rows:,} rows, {percent(rows / usual)} of the usual {usual:,.0f}")]


def _missing(reference: Profile, current: Profile, alpha: float) -> list[_Finding]:
    shares = {
        name: (column.missing, column.rows, current.columns[name].missing, current.columns[name].rows)
        for name, column in reference.columns.items()
        if name in current.columns
    }
    return [
        _Finding(
            name, now - then, f"{name} is missing in {percent(now)} of the rows, {percent(then)} in {reference.window}"
        )
        for name, then, now in _risen(shares, alpha)
    ]


def _unseen(reference: Profile, current: Profile, alpha: float) -> list[_Finding]:
    """Find columns whose values were mostly never seen.

    A fresh sample always has some: as large a share as the values seen once have in the reference (Good 1953, eq. 9;
    with N1 values seen once and N2 seen twice in n rows, its standard error is about the root of N1 + 2 N2, over n).
    """
    shares = {}
    for name, then in reference.columns.items():
        now = current.columns.get(name)
        if then.kind != "category" or now is None or now.kind != "category" or then.hashed:
            continue
        once, twice = (list(then.categories.values()).count(count) for count in (1, 2))
        known = then.rows - then.missing
        expected = min(known, round(once + 3 * (once + 2 * twice) ** 0.5))
        shares[name] = (expected, known, now.other, now.rows - now.missing)
    found = []
    for name, then_share, now_share in _risen(shares, alpha):
        examples = ", ".join(repr(value) for value in current.columns[name].new[:3])
        told = f"{name} has values never seen in {reference.window} in {percent(now_share)} of the rows ({examples})"
        found.append(_Finding(name, now_share - then_share, told))
    return found


def _risen(shares: dict[str, tuple[int, int, int, int]], alpha: float) -> list[tuple[str, float, float]]:
    """Return the columns whose share rose by what counts, surely (Fisher 1935, exact, Holm over columns)."""
    risen = []
    for name, (then, then_rows, now, now_rows) in shares.items():
        if then_rows and now_rows and now / now_rows - then / then_rows >= _JUMP:
            table = np.array([[now, now_rows - now], [then, then_rows - then]])
            risen.append((name, then / then_rows, now / now_rows, float(stats.fisher_exact(table, "greater").pvalue)))
    adjusted = holm([item[3] for item in risen])
    return [(name, then, now) for (name, then, now, _), p in zip(risen, adjusted, strict=True) if p < alpha]


def _units(frame: pd.DataFrame, reference: Profile, current: Profile) -> list[_Finding]:
    found = []
    for name, then in reference.columns.items():
        if then.kind == "number" and name in frame.columns and name in current.columns:
            known = frame[name].dropna().to_numpy(dtype=float)
            told = _unit(name, known, then, reference.window)
            found += [told] if told else []
    return found


def _unit(name: str, values: Array, then: ColumnProfile, window: str) -> _Finding | None:
    """Find a change of unit that explains the window, or a location no change of the world explains."""
    edges, counts = np.asarray(then.edges), np.asarray(then.counts, dtype=float)
    if len(values) < _FEWEST or counts.sum() < _FEWEST or len(edges) < 3:
        return None
    moved = _distance(values, edges, counts)
    if moved < _MOVED:
        return None
    left, text = min((_distance((values - offset) / factor, edges, counts), text) for text, factor, offset in _UNITS)
    if left <= _RESTORED:
        return _Finding(
            name,
            moved,
            f"{name} looks like {text}: undoing that takes its distance to {window} from {percent(moved)} "
            f"to {percent(left)} of the rows",
        )
    low, middle, high = (
        float(edges[np.searchsorted(np.cumsum(counts), share * counts.sum())]) for share in (0.05, 0.5, 0.95)
    )
    spread, median = high - low, float(np.median(values))
    if spread > 0 and abs(median - middle) > _FAR * spread:
        return _Finding(name, moved, f"{name} has a median of {median:.4g}, far from {middle:.4g} in {window}")
    return None


def _distance(values: Array, edges: Array, counts: Array) -> float:
    """Return the Kolmogorov-Smirnov distance at the bin edges, of the values other than the commonest.

    Zero stays zero in most units: where one value holds a large share, the others show the unit.
    """
    now = np.bincount(np.searchsorted(edges, values, side="left"), minlength=len(counts)).astype(float)
    common = int(counts.argmax())
    if counts[common] > 0.2 * counts.sum() and now[common] > 0:
        counts, now = np.delete(counts, common), np.delete(now, common)
    if counts.sum() < _FEWEST or now.sum() < _FEWEST:
        return 0.0
    return float(np.abs(np.cumsum(counts) / counts.sum() - np.cumsum(now) / now.sum()).max())
