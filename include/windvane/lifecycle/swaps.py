"""Swapped columns: two that took each other's place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Any

import numpy as np

from windvane.lifecycle.finding import FEWEST, Finding
from windvane.lifecycle.own_past import OwnPast, Pasts

Array = np.ndarray[Any, Any]

_MOVED, _NEARER = 0.15, 0.35
"""Least distance of each column to its own past; part of it that may be left to the past of the other."""
_OTHERS = 0.8
"""Share of the rows of each text that must be the other one's values, and of its own no more than the rest."""


def swapped(known: Pasts) -> list[Finding]:
    """Find two columns of a kind of which each is far from its own past and near the other's.

    Args:
        known: The values of the window's columns, and their past.
    """
    return [*_numbers(known), *_texts(known)]


def _numbers(known: Pasts) -> list[Finding]:
    reference = known.reference
    values, pasts = {}, {}
    for name, then in reference.columns.items():
        if then.kind != "number" or name not in known.frame.columns or len(then.edges) < 2:
            continue
        if name in reference.calendar or len(known.numbers(name)) < FEWEST or sum(then.counts) < FEWEST:
            continue
        values[name], pasts[name] = known.numbers(name), known.of(name)
    moved = {name: known.nearest(name) for name in values}
    moved = {name: far for name, far in moved.items() if far >= max(_MOVED, 2 * pasts[name].chance(len(values[name])))}
    found = []
    for one, other in combinations(moved, 2):
        pairs = ((one, other), (other, one))
        if all(_is(values[own], pasts[own], moved[own], pasts[too]) for own, too in pairs):
            found.append((sum(moved[own] for own, _ in pairs), one, other))
    found += _ranges(known, {name for item in found for name in item[1:]})
    return [_told(one, other, reference.window) for _, one, other in _apart(found)]


def _ranges(known: Pasts, besides: set[str]) -> list[tuple[float, str, str]]:
    """Find two numbers that left their own ranges for each other's: that tells them in files that are sorted, too."""
    here, own = {}, {}
    for name, then in known.reference.columns.items():
        if then.kind != "number" or name not in known.frame.columns or name in besides:
            continue
        values, past = known.numbers(name), known.of(name)
        span = past.high - past.low
        if len(values) < FEWEST or past.learned < FEWEST or not past.known or span <= 0:
            continue
        own[name] = (past.low - span, past.high + span)
        if _within(values, own[name]) <= 1 - _OTHERS:
            here[name] = values
    pairs = combinations(here, 2)
    return [
        (2.0, one, other)
        for one, other in pairs
        if min(_within(here[one], own[other]), _within(here[other], own[one])) >= _OTHERS
    ]


def _within(values: Array, ends: tuple[float, float]) -> float:
    return float(((values >= ends[0]) & (values <= ends[1])).mean())


def _is(values: Array, own: OwnPast, moved: float, other: OwnPast) -> bool:
    """True where numbers are nearer to another column's past than to their own, and as near as chance and habit let."""
    left = other.nearest(values)
    usual = other.usual if other.known else 0.0
    allowed = max(other.chance(len(values)), min(1.5 * usual, _NEARER))
    if other.known and own.known and moved <= 2.0 * own.usual:
        return False
    return left <= allowed and left <= _NEARER * moved


def _texts(known: Pasts) -> list[Finding]:
    frame, reference, before = known.frame, known.reference, known.before
    names = [
        name
        for name, then in reference.columns.items()
        if then.kind == "category" and not then.hashed and then.categories and name in frame.columns
    ]
    if len(names) < 2:
        return []
    now = {name: _shares(known.texts(name)) for name in names}
    pasts = {name: [_shares(side.columns[name].categories) for side in (reference, *before)] for name in names}
    rows = {name: sum(known.texts(name).values()) for name in names}
    found = []
    for one, other in combinations(names, 2):
        if min(rows[one], rows[other]) < FEWEST or set(reference.columns[one].categories) != set(
            reference.columns[other].categories
        ):
            strange = all(_taken(now[own], pasts[own], pasts[too]) for own, too in ((one, other), (other, one)))
        else:
            error = 1.63 * (1 / rows[one] + 1 / rows[other]) ** 0.5
            strange = all(_nearer(now[own], pasts[own], pasts[too], error) for own, too in ((one, other), (other, one)))
        if strange and min(rows[one], rows[other]) >= FEWEST:
            found.append((1.0, one, other))
    return [_told(one, other, reference.window) for _, one, other in _apart(found)]


def _shares(counts: Mapping[str, int]) -> dict[str, float]:
    total = max(1, sum(counts.values()))
    return {value: count / total for value, count in counts.items() if count}


def _taken(now: dict[str, float], own: Sequence[dict[str, float]], other: Sequence[dict[str, float]]) -> bool:
    """True where most values are ones that only the other column had."""
    mine, theirs = ({value for side in sides for value in side} for sides in (own, other))
    return (
        sum(share for value, share in now.items() if value in theirs) >= _OTHERS
        and sum(share for value, share in now.items() if value in mine) <= 1 - _OTHERS
    )


def _nearer(
    now: dict[str, float], own: Sequence[dict[str, float]], other: Sequence[dict[str, float]], error: float
) -> bool:
    """True where a column of the same values is as often each of them as the other one was, and not as it was."""
    far, near = (min(_unlike(now, side) for side in sides) for sides in (own, other))
    return far >= max(_MOVED, 2 * error) and near <= error and near <= _NEARER * far


def _unlike(one: dict[str, float], other: dict[str, float]) -> float:
    return sum(abs(one.get(value, 0.0) - other.get(value, 0.0)) for value in {*one, *other}) / 2


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
