"""Profiles: a summary of each column, small enough to keep, from which later windows are tested for drift."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from windvane.results import ColumnProfile, Profile
from windvane.spec import Model

Array = np.ndarray[Any, Any]

_BINS = 256
"""Quantile bins of a number: the Kolmogorov-Smirnov distance at their edges is at most 1/256 below the full one."""
_CATEGORIES = 1000
"""Distinct values kept of a category. With more, all values are counted in hash buckets instead: keeping only the
most frequent ones would favour the reference's own sampling noise, and look like drift later."""
_BUCKETS = 64


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
    return Profile(model=model.name, window=window_key, rows=len(features), columns=columns)


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


def _number(values: Array, reference: ColumnProfile | None) -> ColumnProfile:
    known = values[~np.isnan(values)]
    edges = np.asarray(reference.edges) if reference and reference.kind == "number" else _edges(known)
    counts = np.bincount(np.searchsorted(edges, known, side="left"), minlength=len(edges) + 1)
    finite = known[np.isfinite(known)]
    summary: dict[str, float] = {}
    if len(finite):
        with np.errstate(over="ignore"):
            moments = {"mean": float(finite.mean()), "std": float(finite.std())}
        summary = {"minimum": float(finite.min()), "maximum": float(finite.max())}
        summary |= {name: value for name, value in moments.items() if np.isfinite(value)}
    return ColumnProfile(
        kind="number",
        rows=len(values),
        missing=len(values) - len(known),
        edges=tuple(edges.tolist()),
        counts=tuple(counts.tolist()),
        **summary,
    )


def _edges(known: Array) -> Array:
    """Return inner edges at the quantiles, with the first bin below all values and the last one above them.

    The outermost bins are empty in the reference, so that a later window's rows in them lie outside its range.
    """
    finite = known[np.isfinite(known)]
    if not len(finite):
        return np.empty(0)
    quantiles = np.quantile(finite, np.linspace(0, 1, _BINS - 1), method="inverted_cdf")
    with np.errstate(over="ignore"):  # below the smallest number there is none
        edges = np.unique(np.concatenate([[np.nextafter(quantiles[0], -np.inf)], quantiles]))
    return np.asarray(edges[np.isfinite(edges)])


def _category(values: pd.Series[Any], reference: ColumnProfile | None) -> ColumnProfile:
    known = values.dropna().astype(str)
    counted = known.value_counts()
    found = {str(value): int(count) for value, count in counted.items()}
    earlier = reference if reference and reference.kind == "category" else None
    hashed = earlier.hashed if earlier else len(found) > _CATEGORIES
    if hashed:
        found = _bucketed(found)
    kept = {value: found.pop(value, 0) for value in (earlier.categories if earlier else list(found))}
    fresh = sorted(found, key=lambda value: (-found[value], value))
    return ColumnProfile(
        kind="category",
        rows=len(values),
        missing=len(values) - len(known),
        categories=dict(sorted(kept.items())),
        other=sum(found.values()),
        new=tuple(fresh[:5]),
        hashed=hashed,
    )


def _bucketed(counts: dict[str, int]) -> dict[str, int]:
    """Count values in 64 buckets by their CRC-32: the same value is in the same bucket in every window."""
    found = {f"bucket {index:02d}": 0 for index in range(_BUCKETS)}
    for value, count in counts.items():
        found[f"bucket {zlib.crc32(value.encode()) % _BUCKETS:02d}"] += count
    return found
