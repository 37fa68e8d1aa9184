"""Bootstrap of a user's own metric: rows, or whole groups of rows that depend on each other, drawn anew."""

from __future__ import annotations

from collections.abc import Callable, Iterator

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
    members = _members(sample.rows, way)
    kept = len(members) if sample.rows <= most_rows else max(2, len(members) * most_rows // sample.rows)
    pool = random.permutation(len(members))[:kept] if kept < len(members) else np.arange(len(members))
    middle: float | None = None
    shrink = np.sqrt(kept / len(members))
    for _ in range(REPLICATES):
        rows = np.concatenate([members[index] for index in pool[random.integers(0, kept, kept)]])
        value = _called(function, sample.target[rows], sample.scores[rows])
        if shrink < 1:  # spread around the part's own value, at the size of the whole
            if middle is None:
                part = np.concatenate([members[index] for index in pool])
                middle = _called(function, sample.target[part], sample.scores[part])
            value = middle + (value - middle) * shrink
        yield value


def _members(rows: int, way: Array | None) -> list[Array]:
    if way is None:
        return list(np.arange(rows)[:, None])
    order = np.argsort(way, kind="stable")
    return np.split(order, np.cumsum(np.bincount(way))[:-1])


def _called(function: Callable[[Array, Array], float], target: Array, scores: Array) -> float:
    try:
        value = float(function(target, scores))
    except Exception:  # noqa: BLE001  # a replicate may lack what the metric needs (one class); counted as missing
        return float("nan")
    return value if np.isfinite(value) else float("nan")
