"""Distributions then and now, from two profiles: few enough bins to see, the same ones on both sides."""

from __future__ import annotations

from collections.abc import Sequence

from windvane.results import ColumnProfile, Profile, Record
from windvane.web.densities import densities

_BINS = 16
_VALUES = 12


class Distribution(Record):
    """One column's shares of rows, at training and in a window."""

    column: str
    labels: tuple[str, ...]
    then: tuple[float, ...]
    now: tuple[float, ...]
    then_rows: int
    now_rows: int
    bounds: tuple[float, ...] = ()
    """Numbers: ends of the intervals of the densities; none for categories."""
    then_density: tuple[float, ...] = ()
    """Share of the values per unit of the column, for each interval."""
    now_density: tuple[float, ...] = ()
    beside: tuple[str, ...] = ()
    """Shares that a density does not show: what lies beyond its ends, and what is missing."""


def distributions(then: Profile, now: Profile, names: Sequence[str]) -> list[Distribution]:
    """Return the named columns (and scores) that both profiles have, in the same bins."""
    sides = [{**profile.columns, **profile.scores} for profile in (then, now)]
    found = []
    for name in dict.fromkeys(names):
        one, other = sides[0].get(name), sides[1].get(name)
        if one and other and one.kind == other.kind and one.rows and other.rows:
            drawn = _numbers(name, one, other) if one.kind == "number" else _categories(name, one, other)
            found += [drawn] if drawn else []
    return found


def _numbers(name: str, then: ColumnProfile, now: ColumnProfile) -> Distribution | None:
    """Return quantile bins of the training rows, merged to a few of about the same number of rows."""
    if then.edges != now.edges or not then.counts:
        return None
    limit, groups, size = sum(then.counts) / _BINS, [[0]], 0
    for place, count in enumerate(then.counts):
        if place and size >= limit:
            groups.append([place])
            size = 0
        elif place:
            groups[-1].append(place)
        size += count
    labels = []
    for group in groups:
        low = then.edges[group[0] - 1] if group[0] else None
        high = then.edges[group[-1]] if group[-1] < len(then.edges) else None
        labels.append(_range(low, high))
    shares = [
        [sum(side.counts[place] for place in group) / side.rows for group in groups] + [side.missing / side.rows]
        for side in (then, now)
    ]
    made = _distribution(name, [*labels, "missing"], shares[0], shares[1], then, now)
    return made.model_copy(update=densities(then, now, groups))


def _range(low: float | None, high: float | None) -> str:
    if low is None:
        return f"up to {high:.4g}" if high is not None else "all"
    return f"{low:.4g} to {high:.4g}" if high is not None else f"over {low:.4g}"


def _categories(name: str, then: ColumnProfile, now: ColumnProfile) -> Distribution:
    """Return the most frequent values of either side, the rest and the missing."""
    total = {value: then.categories.get(value, 0) / then.rows for value in {**then.categories, **now.categories}}
    for value, count in now.categories.items():
        total[value] += count / now.rows
    shown = sorted(total, key=lambda value: (-total[value], value))[:_VALUES]
    shares = []
    for side in (then, now):
        known = [side.categories.get(value, 0) / side.rows for value in shown]
        missing = side.missing / side.rows
        shares.append([*known, max(0.0, 1 - sum(known) - missing), missing])
    return _distribution(name, [*shown, "all others", "missing"], shares[0], shares[1], then, now)


def _distribution(
    name: str,
    labels: Sequence[str],
    then: Sequence[float],
    now: Sequence[float],
    one: ColumnProfile,
    other: ColumnProfile,
) -> Distribution:
    kept = [place for place in range(len(labels)) if then[place] or now[place] or place < len(labels) - 2]
    return Distribution(
        column=name,
        labels=tuple(labels[place] for place in kept),
        then=tuple(then[place] for place in kept),
        now=tuple(now[place] for place in kept),
        then_rows=one.rows,
        now_rows=other.rows,
    )
