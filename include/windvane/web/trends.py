"""What windows came to, one after the other, as records hold it: losses, segments, calibration and shares of groups.

A window's profile holds sums over its segments with their variances, and counts of decisions; intervals follow from
those. Nothing is computed from rows. What a record does not hold is a gap.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from pydantic import Field

from windvane.results import Record, Segment
from windvane.web.intervals import of_sum, wilson

WHOLE, SCORE = "", "(score)"
"""Names under which all rows together stand among a profile's segments, and the parts of the score."""

MISSING = "missing"
"""The part of a number's rows without a value."""


class Point(Record):
    """A number of one window with its 95 % interval."""

    value: float
    low: float | None = None
    high: float | None = None
    rows: int


class Trend(Record):
    """A number over windows; None where a window has none."""

    name: str
    points: tuple[Point | None, ...]

    @property
    def rows(self) -> int:
        """Rows of all windows together."""
        return sum(point.rows for point in self.points if point)


class Told(Record):
    """What a window's profile tells of outcomes and decisions, as far as it is asked."""

    segments: dict[str, tuple[Segment, ...]] = Field(default_factory=dict)
    decisions: dict[str, dict[str, tuple[int, int]]] = Field(default_factory=dict)
    version: int | None = None
    """The version that scored the window."""


def told_of(profile: Mapping[str, Any], columns: Collection[str], version: int | None) -> Told:
    """Return what a profile tells of some columns.

    Raises:
        ValueError: It is of a form that this version does not know.
    """
    kept = profile.get("segments") or {}
    segments = {name: kept[name] for name in (WHOLE, SCORE, *columns) if name in kept}
    return Told.model_validate({"segments": segments, "decisions": profile.get("decisions") or {}, "version": version})


def losses(told: Sequence[Told], column: str, most: int, *, ordered: bool = False) -> list[Trend]:
    """Return the mean loss of each part of a column, those with the most rows first.

    Args:
        told: Of the windows, oldest first.
        column: Its name; the empty one for all rows together.
        most: Parts that are returned.
        ordered: True for a number: its parts end elsewhere in each version, so the lowest one of a version follows the
            lowest one of the version before, and is named as in the newest window.
    """
    return _trends(told, column, most, ordered, lambda part: (part.loss, part.loss_variance))


def residuals(told: Sequence[Told], column: str, most: int, *, ordered: bool = False) -> list[Trend]:
    """Return the mean of outcome less score in each part of a column; see `losses`."""
    return _trends(told, column, most, ordered, lambda part: (part.residual, part.residual_variance))


def shares(told: Sequence[Told], column: str, most: int) -> list[Trend]:
    """Return the share of each group of a protected column that was decided positive; see `losses`."""
    each = [
        {name: _share(rows, positive) for name, (rows, positive) in item.decisions.get(column, {}).items() if rows}
        for item in told
    ]
    return _ranked(each, most)


def protected(told: Sequence[Told]) -> list[str]:
    """Return the protected columns that decisions are counted by."""
    return sorted({name for item in told for name in item.decisions})


def _share(rows: int, positive: int) -> Point:
    low, high = wilson(positive / rows, rows)
    return Point(value=positive / rows, low=low, high=high, rows=rows)


def _trends(
    told: Sequence[Told], column: str, most: int, ordered: bool, sums: Callable[[Segment], tuple[float, float]]
) -> list[Trend]:
    ranges = _ranges_by_version(told, column) if ordered else {}
    names = ranges[told[-1].version] if ranges else []
    each = []
    for item in told:
        own = ranges.get(item.version, [])
        renamed = dict(zip(own, names, strict=True)) if len(own) == len(names) else {}
        found = {}
        for part in item.segments.get(column, ()):
            if part.rows and (not ordered or part.label == MISSING or part.label in renamed):
                mean, low, high = of_sum(*sums(part), part.rows, part.blocks)
                found[renamed.get(part.label, part.label)] = Point(value=mean, low=low, high=high, rows=part.rows)
        each.append(found)
    trends = _ranked(each, most)
    return sorted(trends, key=lambda trend: [*names, MISSING].index(trend.name)) if ordered else trends


def _ranges_by_version(told: Sequence[Told], column: str) -> dict[int | None, list[str]]:
    """Return the parts of a number as each version has them, from the window that has rows in most of them."""
    found: dict[int | None, list[str]] = {}
    for item in told:
        own = [part.label for part in item.segments.get(column, ()) if part.label != MISSING]
        if len(own) >= len(found.setdefault(item.version, [])):
            found[item.version] = own
    return found


def _ranked(each: Sequence[Mapping[str, Point]], most: int) -> list[Trend]:
    names = dict.fromkeys(name for found in each for name in found)
    trends = [Trend(name=name, points=tuple(found.get(name) for found in each)) for name in names]
    return sorted(trends, key=lambda trend: (-trend.rows, trend.name))[:most]
