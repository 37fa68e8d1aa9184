"""Order: of two numbers one is never above the other, row by row, such as the low and the high price of a day.

Such a rule holds in every season and in every trend. Another unit in one of the two breaks it, as do the opposite
sign, a default, a row too late, and one column in the place of the other. Only numbers whose ranges overlap count: of
any others one is below the other in all rows for no such reason.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from windvane.lifecycle.checks.saying import percent_number
from windvane.lifecycle.finding import Finding
from windvane.lifecycle.wording import percent
from windvane.results import ColumnProfile, Link, Profile

if TYPE_CHECKING:
    import pandas as pd

Array = np.ndarray[Any, Any]

_FEWEST = 200
"""Fewer rows say too little about a rule."""
_COLUMNS, _PARTNERS, _ROWS = 60, 2, 5_000
"""Numbers that rules are looked for between, rules kept of each, and rows that are looked at."""
_RULE, _KEPT, _BROKEN = 0.995, 0.98, 0.9
"""Share of the rows of a rule; that of each window before; and the share below which it is broken."""
_APART, _EQUAL = 0.9, 0.9
"""Share of the rows that follow the rule where two rows are mixed, and of equal numbers, from which it is none."""
_PASTS = 3


def orders(
    features: pd.DataFrame, columns: dict[str, ColumnProfile], known: Sequence[Link] | None = None
) -> list[Link]:
    """Return which numbers are never above which others: the reference's rules, or those that there are.

    Args:
        features: Rows as the estimator sees them, in order of time.
        columns: The reference's profile of each column.
        known: The reference's links; None to look for rules.
    """
    if len(features) < _FEWEST:
        return []
    if known is None:
        names = [name for name, column in columns.items() if column.kind == "number" and name in features.columns]
        return _found(features, names[:_COLUMNS])
    wanted = [item for item in known if item.kind == "order"]
    wanted = [item for item in wanted if item.first in features.columns and item.second in features.columns]
    values = {name: features[name].to_numpy(dtype=float) for item in wanted for name in (item.first, item.second)}
    rules = (_rule(item.first, item.second, values[item.first], values[item.second]) for item in wanted)
    return [item for item in rules if item is not None]


def disordered(
    reference: Profile, current: Profile, before: Sequence[Profile], besides: Sequence[str]
) -> list[Finding]:
    """Find rules that held in all windows before, and are broken.

    Args:
        reference: Profile of the rows the champion was trained on.
        current: Profile of the window.
        before: Those of earlier windows that were in order.
        besides: Columns that are explained already.
    """
    then = {(item.first, item.second) for item in reference.links if item.kind == "order"}
    pasts = [
        {(item.first, item.second): item.together for item in past.links if item.kind == "order"} for past in before
    ]
    broken = []
    for item in current.links:
        pair = (item.first, item.second)
        if item.kind != "order" or item.together >= _BROKEN or pair not in then or {*pair} & {*besides}:
            continue
        shares = [past[pair] for past in pasts if pair in past]
        if all(share >= _KEPT for share in shares):
            broken.append((item.together, item.first, item.second, len(shares) >= _PASTS))
    if not broken:
        return []
    share, first, second, sure = min(broken)
    more = f", and {len(broken) - 1} more such rules are broken" if len(broken) > 1 else ""
    words = f"{first} is above {second} in {percent(1 - share)} of the rows"
    detail = f"It hardly ever was in {reference.window} or since{more}."
    number = percent_number(
        f"{first} above {second}", 1 - share, allowed=f"below {percent(1 - _BROKEN)}", better="lower"
    )
    return [Finding(f"{first} and {second}", 1.0, words, detail, (number,), sure, "order")]


def _found(features: pd.DataFrame, names: Sequence[str]) -> list[Link]:
    values = features[list(names)].to_numpy(dtype=float)[:_ROWS]
    far = np.roll(values, len(values) // 2 + 1, axis=0)
    rules = []
    for place, first in enumerate(names):
        one = values[:, [place]]
        rows = np.maximum(1, (np.isfinite(one) & np.isfinite(values)).sum(axis=0))
        with np.errstate(invalid="ignore"):
            holds, equal = (one <= values).sum(axis=0) / rows, (one == values).sum(axis=0) / rows
            apart = (one <= far).sum(axis=0) / np.maximum(1, (np.isfinite(one) & np.isfinite(far)).sum(axis=0))
        fits = (holds >= _RULE) & (equal <= _EQUAL) & (apart <= _APART) & (rows >= _FEWEST)
        fits[place] = False
        rules += [(float(apart[other]), first, names[other]) for other in np.flatnonzero(fits).tolist()]
    left = dict.fromkeys(names, _PARTNERS)
    kept = []
    for _, first, second in sorted(rules):
        if left[first] > 0 or left[second] > 0:
            left[first] -= 1
            left[second] -= 1
            kept.append(_rule(first, second, features[first].to_numpy(float), features[second].to_numpy(float)))
    return [item for item in kept if item is not None]


def _rule(first: str, second: str, one: Array, other: Array) -> Link | None:
    """Return in how many rows a number is at most another one; None where there are too few rows with both."""
    known = np.isfinite(one) & np.isfinite(other)
    rows = int(known.sum())
    if rows < _FEWEST:
        return None
    together = round(float((one <= other)[known].mean()), 3)
    return Link(first=first, second=second, kind="order", rows=rows, together=together, later=0.0, earlier=0.0)
