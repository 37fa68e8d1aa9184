"""Bootstrap of a user's own metric: rows, or whole groups of rows that depend on each other, drawn anew."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from windvane.lifecycle.metrics.sample import Array, Sample

REPLICATES = 400


def replicates(sample: Sample, function: Callable[[Array, Array], float], most_rows: int) -> Array:
    """Return the metric on bootstrap samples (Efron 1979), NaN where it raised or is not finite.

    Where rows depend on each other, whole groups are drawn (Davison and Hinkley 1997, section 3.8); where they do in
    two ways, each way makes replicates of its own and the wider ones count. On more rows than `most_rows`, replicates
    are drawn from a seeded part of the groups and their spread is scaled to all of them. The draws depend on the seed
    and the number of rows alone, so two versions on the same rows see the same ones, and differences are paired.

    Returns:
        Shape 400.
    """
    ways = sample.groups or (None,)
    drawn = [np.array(list(_one_way(sample, function, most_rows, way))) for way in ways]
    return max(drawn, key=lambda values: float(np.nanstd(values)) if np.isfinite(values).any() else 0.0)


def _one_way(
    sample: Sample, function: Callable[[Array, Array], float], most_rows: int, way: Array | None
) -> Iterator[float]:
    random = np.random.default_rng(sample.seed)
    groups = _Groups.of(sample.rows, way)
    kept = groups.count if sample.rows <= most_rows else max(2, groups.count * most_rows // sample.rows)
    pool = random.permutation(groups.count)[:kept] if kept < groups.count else np.arange(groups.count)
    shrink, middle = np.sqrt(kept / groups.count), 0.0
    if shrink < 1:  # spread around the part's own value, at the size of the whole
        part = groups.rows(pool)
        middle = _called(function, sample.target[part], sample.scores[part])
    for _ in range(REPLICATES):
        rows = groups.rows(pool[random.integers(0, kept, kept)])
        value = _called(function, sample.target[rows], sample.scores[rows])
        yield middle + (value - middle) * shrink if shrink < 1 else value


@dataclass(frozen=True)
class _Groups:
    """Rows sorted by group, and where each group begins and how long it is."""

    order: Array
    begin: Array
    length: Array

    @classmethod
    def of(cls, rows: int, way: Array | None) -> _Groups:
        if way is None:
            return cls(np.arange(rows), np.arange(rows), np.ones(rows, dtype=np.int64))
        length = np.bincount(way)
        return cls(np.argsort(way, kind="stable"), np.cumsum(length) - length, length)

    @property
    def count(self) -> int:
        return len(self.length)

    def rows(self, chosen: Array) -> Array:
        """Return the rows of the chosen groups, one after the other."""
        length = self.length[chosen]
        ends = np.cumsum(length)
        return np.asarray(self.order[np.repeat(self.begin[chosen] - (ends - length), length) + np.arange(ends[-1])])


def _called(function: Callable[[Array, Array], float], target: Array, scores: Array) -> float:
    try:
        value = float(function(target, scores))
    except Exception:  # noqa: BLE001  # a replicate may lack what the metric needs (one class); counted as missing
        return float("nan")
    return value if np.isfinite(value) else float("nan")
