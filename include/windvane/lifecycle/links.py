"""Links: which columns go together row by row, and whether one of them came a row late.

Shifted by a row, each column is as it was and none of them fits the others any more. Then the link that two columns
had in the same row is found between one row and the next: the shift undone brings it back. Where rows follow each
other in time, neighbours are alike, so the steps from row to row are looked at, too.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np

from windvane.lifecycle.cells import cells
from windvane.lifecycle.finding import Finding
from windvane.results import ColumnProfile, Link, Number, Profile

if TYPE_CHECKING:
    import pandas as pd

Array = np.ndarray[Any, Any]
Kind = Literal["level", "step", "order"]

_BLOCKS, _BLOCK = 10, 500
"""Blocks of consecutive rows that are looked at, spread over the window, and the rows of each."""
_COLUMNS, _PARTNERS = 60, 3
"""Columns that links are looked for between, and the links kept of each."""
_GAP = 0.12
"""Least difference of a link to what the rows beside give: less does not tell where it is."""
_PARTS, _RARE = 5, 10
"""Parts of a step; rows of a part below which it is one with the other rare ones: few rows together are chance."""
_FEWEST = 200
"""Fewer rows say too little about a link."""
_ERRORS = 4.0
"""Standard errors of a difference beyond which it is no chance."""
_LOST = 0.6
"""Part of the gap that must have come back between one row and the next."""
_ACROSS = 0.6
"""Share of the links between columns that are late and others, of which each must have moved."""
_HELD = 0.5
"""Part of it that each window before must have had."""


class _Codes(NamedTuple):
    values: Array
    parts: int
    ranks: Array | None = None


def links(features: pd.DataFrame, columns: dict[str, ColumnProfile], known: Sequence[Link] | None = None) -> list[Link]:
    """Return how closely columns go together: those of the reference's links, or the closest ones there are.

    Args:
        features: Rows as the estimator sees them, in order of time.
        columns: The reference's profile of each column.
        known: The reference's links; None to choose them.
    """
    rows = features.iloc[_places(len(features))]
    if len(rows) < _FEWEST:
        return []
    if known is not None:
        wanted = [(item.first, item.second, item.kind) for item in known if item.kind != "order"]
        wanted = [item for item in wanted if item[0] in rows.columns and item[1] in rows.columns]
        if not wanted:
            return []
    else:
        wanted = []
    names = dict.fromkeys(name for item in wanted for name in item[:2])
    names = names or dict.fromkeys([name for name in columns if name in rows.columns][:_COLUMNS])
    coded = {name: _coded(rows[name], columns[name]) for name in names}
    if known is None:
        measured = (_link(one, other, kind, coded) for one, other, kind in _pairs(coded))
        there = [item for item in measured if item is not None]
        return _closest([item for item in there if _gap(item) >= _GAP])
    both = (item for item in wanted if item[2] in coded[item[0]] and item[2] in coded[item[1]])
    return [found for item in both if (found := _link(*item, coded)) is not None]


def shifted(reference: Profile, current: Profile, before: Sequence[Profile]) -> list[Finding]:
    """Find columns that are a row late: their links are found between one row and the next.

    Only links count that were in one row in all windows before, and more than one where none is known.

    Args:
        reference: Profile of the rows the champion was trained on.
        current: Profile of the window.
        before: Those of earlier windows that were in order.
    """
    then: dict[tuple[str, str, Kind], Link] = {
        (item.first, item.second, item.kind): item for item in reference.links if item.kind != "order"
    }
    pasts = [{(item.first, item.second, item.kind): item for item in past.links} for past in before if past.links]
    late: dict[str, int] = {}
    stayed: list[Link] = []
    moved = []
    for item in current.links:
        key = (item.first, item.second, item.kind)
        known = then.get(key)
        if known is None or not all(_gap(past.get(key, known)) >= _HELD * _gap(known) for past in pasts):
            continue
        for side, other in (("later", "earlier"), ("earlier", "later")):
            gap = _gap(known)
            now = getattr(item, side) - max(item.together, getattr(item, other))
            if now >= max(_LOST * gap, _ERRORS / item.rows**0.5):
                moved.append((now, item, known))
                name = item.second if side == "later" else item.first
                late[name] = late.get(name, 0) + 1
                break
        else:
            stayed += [item] if _gap(item) >= _HELD * _gap(known) else []
    across = sum((item.first in late) != (item.second in late) for item in stayed)
    if not moved or (len(moved) == 1 and not pasts) or len(moved) < _ACROSS * (len(moved) + across):
        return []
    _, item, known = max(moved, key=lambda each: each[0])
    names = sorted(late, key=lambda name: (-late[name], name))
    several = f"{names[0]} and {len(names) - 1} more are" if len(names) > 1 else f"{names[0]} is"
    beside = max(item.later, item.earlier)
    detail = (
        f"{item.first} and {item.second} go together by {known.together:.2f} in {reference.window}. Here they do by"
        f" {item.together:.2f} in one row, and by {beside:.2f} between one row and the next."
        f" So do {len(moved)} of {len(moved) + len(stayed)} links."
    )
    number = Number(name=f"link of {item.first} and {item.second}", value=item.together, better="higher")
    words = f"{several} a row late beside the other columns"
    return [Finding("", 1.0, words, detail, (number,), True, "shifted")]


def _gap(link: Link) -> float:
    """Return by how much columns go together more in one row than between one row and the next."""
    return link.together - max(link.later, link.earlier)


def _places(rows: int) -> Array:
    if rows <= _BLOCKS * _BLOCK:
        return np.arange(rows)
    starts = np.linspace(0, rows - _BLOCK, _BLOCKS).astype(int)
    return np.unique((starts[:, None] + np.arange(_BLOCK)).ravel())


def _coded(values: pd.Series[Any], column: ColumnProfile) -> dict[str, _Codes]:
    codes, labels = cells(values, column)
    found = {"level": _Codes(codes, len(labels))}
    if column.kind == "number":
        numbers = values.to_numpy(dtype=float)
        found["level"] = found["level"]._replace(ranks=_ranks(numbers))
        steps = np.diff(numbers, prepend=numbers[:1])
        known = steps[np.isfinite(steps)]
        if len(known) >= _FEWEST:
            ends = np.unique(np.quantile(known, np.arange(1, _PARTS) / _PARTS))
            parts = np.where(np.isfinite(steps), np.searchsorted(ends, steps, side="left"), len(ends) + 1)
            found["step"] = _Codes(parts, len(ends) + 2, _ranks(steps))
    return found


def _ranks(values: Array) -> Array:
    """Return the ranks of numbers around their middle; a missing one is in the middle."""
    known = np.isfinite(values)
    order = np.argsort(values[known])
    ordered = values[known][order]
    first = np.flatnonzero(np.concatenate([[True], ordered[1:] != ordered[:-1]])) if len(ordered) else order
    counts = np.diff(first, append=len(ordered))
    placed = np.empty(len(ordered))
    placed[order] = np.repeat(first + (counts + 1) / 2, counts)  # equal values share the mean of their places
    ranks = np.zeros(len(values))
    ranks[known] = placed - (len(ordered) + 1) / 2
    return ranks


def _pairs(coded: dict[str, dict[str, _Codes]]) -> list[tuple[str, str, Kind]]:
    """Return the pairs that go together more than the least gap, level by level and step by step."""
    found: list[tuple[str, str, Kind]] = []
    kinds: tuple[Kind, Kind] = ("level", "step")
    for kind in kinds:
        names = [name for name in coded if kind in coded[name] and coded[name][kind].parts > 1]
        for one, other in combinations(names, 2):
            if (_strength(coded[one][kind], coded[other][kind]) or 0.0) >= _GAP:
                found.append((one, other, kind))
    return found


def _link(one: str, other: str, kind: Kind, coded: dict[str, dict[str, _Codes]]) -> Link | None:
    """Return how two columns go together; None where one of them hardly varies."""
    first, second = coded[one][kind], coded[other][kind]
    together = _strength(first, second)
    later = _strength(first._replace(values=first.values[:-1]), second._replace(values=second.values[1:]))
    earlier = _strength(first._replace(values=first.values[1:]), second._replace(values=second.values[:-1]))
    if together is None or later is None or earlier is None:
        return None
    return Link(
        first=one,
        second=other,
        kind=kind,
        rows=len(first.values),
        together=together,
        later=later,
        earlier=earlier,
        rank=_correlation(first.ranks, second.ranks),
    )


def _correlation(one: Array | None, other: Array | None) -> float | None:
    if one is None or other is None:
        return None
    scale = float((one**2).sum() * (other**2).sum()) ** 0.5
    return round(float((one * other).sum()) / scale, 3) if scale > 0 else None


def _closest(found: list[Link]) -> list[Link]:
    """Return the links that are strongest beside the rows around, a few of each column."""
    left = dict.fromkeys((name for item in found for name in (item.first, item.second)), _PARTNERS)
    kept = []
    for item in sorted(
        found, key=lambda each: (max(each.later, each.earlier) - each.together, each.first, each.second)
    ):
        if left[item.first] > 0 or left[item.second] > 0:
            kept.append(item)
            left[item.first] -= 1
            left[item.second] -= 1
    return kept


def _strength(one: _Codes, other: _Codes) -> float | None:
    """Return Cramér's V without its bias (Bergsma 2013, eq. 7 to 9), to three digits; None where one hardly varies."""
    joint = np.bincount(one.values * other.parts + other.values, minlength=one.parts * other.parts)
    counts = _without_rare(_without_rare(joint.reshape(one.parts, other.parts).astype(float)).T)
    rows, (height, width) = counts.sum(), counts.shape
    if rows < _FEWEST or min(height, width) < 2:
        return None
    expected = np.outer(counts.sum(axis=1), counts.sum(axis=0)) / rows
    phi = float(((counts - expected) ** 2 / expected).sum()) / rows
    phi = max(0.0, phi - (height - 1) * (width - 1) / (rows - 1))
    sides = [side - (side - 1) ** 2 / (rows - 1) for side in (height, width)]
    return round(float(min(1.0, (phi / max(1e-9, min(sides) - 1)) ** 0.5)), 3)


def _without_rare(counts: Array) -> Array:
    """Return a table whose rows of few counts are one row together."""
    rare = counts.sum(axis=1) < _RARE
    if not rare.any():
        return counts
    rest = counts[rare].sum(axis=0, keepdims=True)
    return np.concatenate([counts[~rare], rest]) if rest.sum() >= _RARE else counts[~rare]
