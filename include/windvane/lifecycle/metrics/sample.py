"""The rows that metrics are taken of: outcomes, scores, weights, and which rows depend on each other."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np

from windvane.spec import Task

Array = np.ndarray[Any, Any]

_LARGEST = 20_000_000
"""Largest group number that is counted in a table instead of sorted."""


@dataclass(frozen=True)
class Sample:
    """Outcomes and scores of the same n rows.

    Args:
        task: The model's task.
        target: Shape n: 0 and 1 (binary), labels as text (multiclass), or numbers.
        scores: Shape n: the probability of 1, or the prediction; n x k for multiclass.
        classes: Multiclass: the label of each score column.
        weights: Shape n, how much each row counts; None: all alike.
        groups: For each way in which rows depend on each other, the group of each row, shape n, numbered from 0.
        threshold: Binary: the score from which a row is decided positive.
        costs: Cost by outcome and decision; pairs not named cost 0.
        own: The user's own metrics, by name.
        own_rows: Most rows of a bootstrap replicate, by the own metric's name.
        seed: Of whatever is drawn.
    """

    task: Task
    target: Array
    scores: Array
    classes: tuple[str, ...] | None = None
    weights: Array | None = None
    groups: tuple[Array, ...] = ()
    threshold: float = 0.5
    costs: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    own: Mapping[str, Callable[[Array, Array], float]] = field(default_factory=dict)
    own_rows: Mapping[str, int] = field(default_factory=dict)
    seed: int = 0

    @property
    def rows(self) -> int:
        """Number of rows."""
        return len(self.target)

    @cached_property
    def counts(self) -> Array:
        """How much each row counts, shape n."""
        return np.ones(self.rows) if self.weights is None else self.weights

    @cached_property
    def total(self) -> float:
        """The sum of the weights."""
        return float(self.counts.sum())

    @cached_property
    def decided(self) -> Array:
        """Decisions: 0 and 1, or the position of the largest score."""
        if self.scores.ndim == 2:
            return np.asarray(self.scores.argmax(axis=1))
        return np.asarray(self.scores >= self.threshold).astype(np.int64)

    @cached_property
    def chosen(self) -> Array:
        """Outcomes: 0 and 1, or the position of the label among the score columns, -1 where it has none."""
        if self.scores.ndim == 1:
            return np.asarray(self.target)
        labels = np.asarray(self.classes, dtype=object)
        order = np.argsort(labels.astype(str))
        places = np.searchsorted(labels[order].astype(str), self.target.astype(str))
        found = order[np.minimum(places, len(labels) - 1)]
        return np.where(labels[found].astype(str) == self.target.astype(str), found, -1)

    def take(self, rows: Array) -> Sample:
        """Return the sample of some rows (positions, or a mask)."""
        return replace(
            self,
            target=self.target[rows],
            scores=self.scores[rows],
            weights=None if self.weights is None else self.weights[rows],
            groups=tuple(renumbered(group[rows]) for group in self.groups),
        )


def renumbered(values: Array) -> Array:
    """Return groups numbered from 0 without gaps."""
    if values.dtype.kind in "iu" and len(values) and values.min() >= 0 and values.max() < _LARGEST:
        present = np.bincount(values) > 0
        return np.asarray((np.cumsum(present) - 1)[values])
    return np.asarray(np.unique(values, return_inverse=True)[1])


def faults(sample: Sample) -> list[str]:
    """Return why metrics of this sample would be no evidence: scores that are none, broken weights, or one class.

    The first two kinds leave nothing to compute; after the others metrics have values, but nothing is promoted on them.
    """
    return [*broken(sample), *_empty(sample)]


def broken(sample: Sample) -> list[str]:
    """Return why no metric can be computed."""
    found = []
    if sample.rows < 2:
        found.append(f"there are {sample.rows} rows")
    wrong = int((~np.isfinite(sample.scores)).sum())
    if wrong:
        found.append(f"{wrong:,} of {sample.scores.size:,} scores are not finite")
    elif sample.task != "regression":
        outside = int(((sample.scores < 0) | (sample.scores > 1)).sum())
        if outside:
            found.append(f"{outside:,} of {sample.scores.size:,} scores lie outside [0, 1]: they are no probabilities")
    if sample.weights is not None:
        found += _weights(sample.weights)
    return found


def _weights(weights: Array) -> list[str]:
    missing, negative = int((~np.isfinite(weights)).sum()), int((weights < 0).sum())
    if missing:
        return [f"{missing:,} of {len(weights):,} weights are missing or not finite"]
    if negative:
        return [f"{negative:,} of {len(weights):,} weights are negative"]
    if weights.sum() <= 0:
        return ["the weights sum to zero"]
    return []


def _empty(sample: Sample) -> list[str]:
    found = []
    if sample.rows and sample.task != "regression" and len(set(sample.target.tolist())) < 2:
        found.append(f"all {sample.rows:,} outcomes are of one class ({sample.target[0]})")
    if sample.rows > 1 and bool(np.all(sample.scores == sample.scores[:1])):
        found.append("the scores are constant: the version says the same of every row")
    return found
