"""Swapped columns: two that took each other's place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from windvane.lifecycle.faults import FEWEST, Finding
from windvane.lifecycle.own_past import OwnPast
from windvane.results import Profile

Array = np.ndarray[Any, Any]

_MOVED, _NEARER = 0.15, 0.35
"""Least distance of each column to its own past; part of it that may be left to the past of the other."""
_OTHERS = 0.8
"""Share of the rows of each text that must be the other one's values, and of its own no more than the rest."""


def swapped_numbers(values: Mapping[str, Array], pasts: Mapping[str, OwnPast], window: str) -> list[Finding]:
    """Find two numbers of which each is far from its own past and near the other's.

    Args:
        values: The window's numbers, by column; only those that may have moved.
        pasts: The past of each column.
        window: The reference's.
    """
    moved = {name: pasts[name].nearest(known) for name, known in values.items()}
    moved = {name: far for name, far in moved.items() if far >= max(_MOVED, 2 * pasts[name].chance(len(values[name])))}
    found = []
    for one, other in combinations(moved, 2):
        pairs = ((one, other), (other, one))
        if all(_is(values[own], pasts[own], moved[own], pasts[too]) for own, too in pairs):
            gain = sum(moved[own] for own, _ in pairs)
            found.append((gain, one, other))
    return [_told(one, other, window) for _, one, other in _apart(found)]


def _is(values: Array, own: OwnPast, moved: float, other: OwnPast) -> bool:
    """True where numbers are nearer to another column's past than to their own, and as near as chance and habit let."""
    left = other.nearest(values)
    usual = other.usual if other.known else 0.0
    allowed = max(other.chance(len(values)), min(1.5 * usual, _NEARER))
    if other.known and own.known and moved <= 2.0 * own.usual:
        return False
    return left <= allowed and left <= _NEARER * moved


def swapped_texts(frame: pd.DataFrame, reference: Profile) -> list[Finding]:
    """Find two texts of which each has the other's values.

    Args:
        frame: The window's rows.
        reference: Profile of the rows the champion was trained on.
    """
    known = {
        name: frozenset(then.categories)
        for name, then in reference.columns.items()
        if then.kind == "category" and not then.hashed and then.categories and name in frame.columns
    }
    now = {name: frame[name].dropna().astype(str) for name in known}
    found = []
    for one, other in combinations(known, 2):
        if known[one] == known[other] or min(len(now[one]), len(now[other])) < FEWEST:
            continue
        pairs = ((one, other), (other, one))
        if all(_taken(now[own], known[own], known[too]) for own, too in pairs):
            found.append((1.0, one, other))
    return [_told(one, other, reference.window) for _, one, other in _apart(found)]


def _taken(values: pd.Series[Any], own: frozenset[str], other: frozenset[str]) -> bool:
    return float(values.isin(other).mean()) >= _OTHERS and float(values.isin(own).mean()) <= 1 - _OTHERS


def _apart(found: Sequence[tuple[float, str, str]]) -> list[tuple[float, str, str]]:
    """Return the pairs, the clearest first, each column in one of them only."""
    done: set[str] = set()
    kept = []
    for item in sorted(found, key=lambda each: (-each[0], each[1:])):
        if not done & set(item[1:]):
            kept.append(item)
            done |= set(item[1:])
    return kept


def _told(one: str, other: str, window: str) -> Finding:
    named = f"{one} and {other}"
    return Finding(named, 1.0, f"{named} look swapped", f"Each has the values that the other had in {window}.")
