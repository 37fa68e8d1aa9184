"""Profiles: a summary of each column, small enough to keep, from which later windows are tested for drift."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from windvane.lifecycle.cells import pair_labels
from windvane.results import ColumnProfile, Profile
from windvane.results.record import storable
from windvane.spec import Model

Array = np.ndarray[Any, Any]

_BINS = 1024
"""Quantile bins of a number: the Kolmogorov-Smirnov distance at their edges is at most 1/1024 below the full one."""
_CATEGORIES = 1000
"""Distinct values kept of a category. With more, all values are counted in hash buckets instead: keeping only the
most frequent ones would favour the reference's own sampling noise, and look like drift later."""
_BUCKETS = 64
_NAMED = 5
"""Values never seen before that are kept by name."""


def profile_frame(features: pd.DataFrame, model: Model, window_key: str, reference: Profile | None = None) -> Profile:
    """Summarise the feature columns of one window.

    Args:
        features: The columns of `model.features.names`, as the estimator sees them.
        model: The spec.
        window_key: The window the rows belong to.
        reference: The profile whose bins and categories are used again, so that the two can be compared.
    """
    columns = {}
    for name in model.features.names:
        earlier = reference.columns.get(name) if reference else None
        if name in model.features.categories:
            columns[name] = _category(features[name], earlier)
        else:
            columns[name] = _number(features[name].to_numpy(dtype=float), earlier)
    known = reference.columns if reference else columns
    pairs = {}
    for first, second in model.monitor.pairs:
        name = f"{first} x {second}"
        earlier = reference.pairs.get(name) if reference else None
        pairs[name] = _category(pair_labels(features, first, second, known), earlier)
    return Profile(model=model.name, window=window_key, rows=len(features), columns=columns, pairs=pairs)


def profile_scores(
    scores: Array | pd.DataFrame, reference: Profile | None = None, classes: Sequence[Any] | None = None
) -> dict[str, ColumnProfile]:
    """Summarise scores: one column `score`, or one a class (`score_<label>`).

    Args:
        scores: Shape n; n x k in the order of `classes`; or a frame with the named columns.
        reference: The profile whose bins are used again.
        classes: The labels of k columns.
    """
    known = reference.scores if reference else {}
    if isinstance(scores, pd.DataFrame):
        named = {str(name): scores[name].to_numpy(dtype=float) for name in scores.columns}
    elif classes is None:
        named = {"score": scores}
    else:
        named = {f"score_{label}": scores[:, index] for index, label in enumerate(classes)}
    return {name: _number(values, known.get(name)) for name, values in named.items()}


def merged(profiles: Sequence[Profile], window_key: str) -> Profile:
    """Return one profile of all rows of several windows, which were measured with the same reference.

    Counts, extremes and moments are those of the rows together (moments: Chan, Golub and LeVeque 1979, eq. 2.1).

    Raises:
        ValueError: The profiles have other bins or categories; `measured_by` brings them to one reference first.
    """
    first = profiles[0]

    def together(columns: Sequence[dict[str, ColumnProfile]]) -> dict[str, ColumnProfile]:
        shared = [name for name in columns[0] if all(name in each for each in columns)]
        return {name: _together([each[name] for each in columns]) for name in shared}

    return Profile(
        model=first.model,
        window=window_key,
        rows=sum(item.rows for item in profiles),
        columns=together([item.columns for item in profiles]),
        scores=together([item.scores for item in profiles]),
        pairs=together([item.pairs for item in profiles]),
    )


def measured_by(profile: Profile, reference: Profile) -> Profile:
    """Return a profile as it would be with the bins of another reference, for windows of different versions.

    Within a bin rows count as spread evenly; a distance is off by one bin's share at most, about 1/1024.
    """
    columns = {
        name: _measured(column, reference.columns[name])
        for name, column in profile.columns.items()
        if name in reference.columns and reference.columns[name].kind == column.kind
    }
    return profile.model_copy(update={"columns": columns})


def _number(values: Array, reference: ColumnProfile | None) -> ColumnProfile:
    ordered = np.sort(values)  # NaN last
    known = ordered[: len(ordered) - int(np.isnan(values).sum())]
    first, last = np.searchsorted(known, -np.inf, side="right"), np.searchsorted(known, np.inf, side="left")
    finite = known[first:last]
    edges = np.asarray(reference.edges) if reference and reference.kind == "number" else _edges(finite)
    counts = np.diff(np.searchsorted(known, edges, side="right"), prepend=0, append=len(known))
    summary: dict[str, float] = {}
    if len(finite):
        with np.errstate(over="ignore", invalid="ignore"):
            moments = {"mean": float(finite.mean()), "std": float(finite.std())}
        summary = {"minimum": float(finite[0]), "maximum": float(finite[-1])}
        summary |= {name: value for name, value in moments.items() if np.isfinite(value)}
    return ColumnProfile(
        kind="number",
        rows=len(values),
        missing=len(values) - len(known),
        infinite=len(known) - len(finite),
        edges=tuple(edges.tolist()),
        counts=tuple(counts.tolist()),
        **summary,
    )


def _edges(finite: Array) -> Array:
    """Return inner edges at the quantiles of ordered numbers, the first bin below all values, the last above them.

    The outermost bins are empty in the reference, so that a later window's rows in them lie outside its range.
    """
    if not len(finite):
        return np.empty(0)
    ranks = np.ceil(np.linspace(0, 1, _BINS - 1) * len(finite)).astype(np.int64) - 1
    quantiles = finite[np.maximum(ranks, 0)]  # the inverse of the empirical distribution
    with np.errstate(over="ignore"):  # below the smallest number there is none
        edges = np.unique(np.concatenate([[np.nextafter(quantiles[0], -np.inf)], quantiles]))
    return np.asarray(edges[np.isfinite(edges)])


def _category(values: pd.Series[Any], reference: ColumnProfile | None) -> ColumnProfile:
    found: dict[str, int] = {}
    for value, count in values.value_counts(dropna=True, sort=False).items():
        text = storable(str(value))
        found[text] = found.get(text, 0) + int(count)
    missing = len(values) - sum(found.values())
    earlier = reference if reference and reference.kind == "category" else None
    hashed = earlier.hashed if earlier else len(found) > _CATEGORIES
    if hashed:
        found = _bucketed(found)
    kept = {value: found.pop(value, 0) for value in (earlier.categories if earlier else list(found))}
    fresh = sorted(found, key=lambda value: (-found[value], value))
    return ColumnProfile(
        kind="category",
        rows=len(values),
        missing=missing,
        categories=dict(sorted(kept.items())),
        other=sum(found.values()),
        new=tuple(fresh[:_NAMED]),
        hashed=hashed,
    )


def _bucketed(counts: dict[str, int]) -> dict[str, int]:
    """Count values in 64 buckets by their CRC-32: the same value is in the same bucket in every window."""
    found = {f"bucket {index:02d}": 0 for index in range(_BUCKETS)}
    for value, count in counts.items():
        found[f"bucket {zlib.crc32(value.encode()) % _BUCKETS:02d}"] += count
    return found


def _together(columns: Sequence[ColumnProfile]) -> ColumnProfile:
    first = columns[0]
    for other in columns[1:]:
        same = (other.kind, other.edges, other.hashed, set(other.categories))
        if same != (first.kind, first.edges, first.hashed, set(first.categories)):
            raise ValueError("the profiles were measured with different references")
    total = {name: sum(getattr(item, name) for item in columns) for name in ("rows", "missing", "infinite", "other")}
    names = dict.fromkeys(name for item in columns for name in item.new)
    return ColumnProfile(
        kind=first.kind,
        edges=first.edges,
        counts=tuple(int(count) for count in np.sum([item.counts for item in columns], axis=0)),
        categories={value: sum(item.categories[value] for item in columns) for value in first.categories},
        new=tuple(names)[:_NAMED],
        hashed=first.hashed,
        **total,
        **_moments(columns),
    )


def _moments(columns: Sequence[ColumnProfile]) -> dict[str, float]:
    known = [item for item in columns if item.minimum is not None and item.maximum is not None]
    if not known:
        return {}
    found = {
        "minimum": min(item.minimum or 0.0 for item in known),
        "maximum": max(item.maximum or 0.0 for item in known),
    }
    if any(item.mean is None or item.std is None for item in known):
        return found
    counts = np.array([item.rows - item.missing - item.infinite for item in known], dtype=float)
    means = np.array([item.mean for item in known], dtype=float)
    stds = np.array([item.std for item in known], dtype=float)
    mean = float((counts * means).sum() / counts.sum())
    squares = float((counts * (stds**2 + (means - mean) ** 2)).sum() / counts.sum())
    return found | {"mean": mean, "std": squares**0.5}


def _measured(column: ColumnProfile, reference: ColumnProfile) -> ColumnProfile:
    if column.kind == "number":
        if column.edges == reference.edges or not column.edges:
            return column
        below = np.cumsum(column.counts)[:-1].astype(float)
        edges = np.asarray(reference.edges)
        found = np.rint(np.interp(edges, column.edges, below, left=0.0, right=float(sum(column.counts))))
        counts = np.diff(found, prepend=0.0, append=float(sum(column.counts)))
        return column.model_copy(update={"edges": reference.edges, "counts": tuple(counts.astype(int).tolist())})
    same_way = column.hashed or not reference.hashed
    counted = dict(column.categories) if same_way else _bucketed(column.categories)
    kept = {value: counted.pop(value, 0) for value in reference.categories}
    update = {"categories": kept, "other": column.other + sum(counted.values()), "hashed": reference.hashed}
    return column.model_copy(update=update)
