"""Cells: a column cut into a few coarse parts by its reference profile, for pairs, segments and slices."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from windvane.results import ColumnProfile
from windvane.results.record import storable

Array = np.ndarray[Any, Any]

_PARTS = 5
"""Parts of a number: fifths of the reference's rows."""
_VALUES = 8
"""Commonest values of a category that are parts of their own."""
MISSING, OTHERS = "missing", "all others"


def cells(values: pd.Series[Any], reference: ColumnProfile) -> tuple[Array, list[str]]:
    """Return the part each row lies in, and the parts' labels.

    Args:
        values: The column, as the estimator sees it.
        reference: The profile whose fifths or commonest values are the parts.

    Returns:
        Codes, shape n, and labels: the last is that of missing values.
    """
    if reference.kind == "number":
        ends = cuts(reference)
        known = values.to_numpy(dtype=float)
        codes = np.searchsorted(ends, known, side="left")
        labels = _ranges(ends)
        return np.where(np.isnan(known), len(labels), codes), [*labels, MISSING]
    ranked = sorted(reference.categories, key=lambda value: (-reference.categories[value], value))
    kept = [] if reference.hashed else ranked[:_VALUES]
    known_texts, distinct = pd.factorize(values)
    position = {value: index for index, value in enumerate(kept)}
    parts = [position.get(storable(str(value)), len(kept)) for value in distinct]
    table = np.array([*parts, len(kept) + 1], dtype=np.int64)
    return np.asarray(table[known_texts]), [*kept, OTHERS, MISSING]


def pair_labels(
    features: pd.DataFrame, first: str, second: str, columns: Mapping[str, ColumnProfile]
) -> pd.Series[Any]:
    """Return the joint part of each row in two columns, as text."""
    left, left_labels = cells(features[first], columns[first])
    right, right_labels = cells(features[second], columns[second])
    names = np.array([f"{one} | {other}" for one in left_labels for other in right_labels], dtype=object)
    return pd.Series(names[left * len(right_labels) + right])


def cuts(reference: ColumnProfile) -> Array:
    """Return the inner ends of the fifths, at the reference's edges; fewer where values are few."""
    total = sum(reference.counts)
    if not total or not reference.edges:
        return np.empty(0)
    below = np.cumsum(reference.counts)[:-1]
    wanted = np.arange(1, _PARTS) / _PARTS * total
    chosen = np.unique(np.minimum(np.searchsorted(below, wanted), len(reference.edges) - 1))
    chosen = chosen[(below[chosen] > 0) & (below[chosen] < total)]
    return np.asarray(np.asarray(reference.edges)[chosen])


def _ranges(cuts: Array) -> list[str]:
    if not len(cuts):
        return ["any value"]
    texts = [f"{cut:.4g}" for cut in cuts]
    between = [f"{low} to {high}" for low, high in pairwise(texts)]
    return [f"up to {texts[0]}", *between, f"above {texts[-1]}"]
