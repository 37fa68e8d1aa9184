"""Explain a version on its holdout: permutation importance, partial dependence, and where it differs from the champion.

Importance says what this version rests on, not what causes the outcome. Columns that say the same thing share it: each
alone may look unimportant while the version rests on them together.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from windvane.lifecycle import metrics
from windvane.lifecycle.evaluate import Contender
from windvane.lifecycle.features import Make, design, outcomes
from windvane.lifecycle.metrics import Array, row_losses
from windvane.lifecycle.metrics.errors import spread, too_few_groups
from windvane.lifecycle.rows import groups_of
from windvane.lifecycle.train import score_rows
from windvane.results import Dependence, Disagreement, Explanation, Importance
from windvane.spec import Model
from windvane.spec.metrics import metric_of

ROWS = 4_000
"""Most holdout rows that are used."""
REPEATS = 5
"""How often each column is shuffled."""
_CURVES, _CURVE_ROWS, _POINTS, _VALUES = 3, 1_000, 15, 8
_EXAMPLES = 10


@dataclass(frozen=True)
class Sample:
    """Rows of the holdout, and how a contender scores them.

    Args:
        rows: The rows, with outcomes.
        model: The spec.
        make: The resolved `features.make`.
        estimator: The version's.
        target: Their outcomes, shape n.
    """

    rows: pd.DataFrame
    model: Model
    make: Make | None
    estimator: Any
    target: Array = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "target", outcomes(self.rows, self.model))

    @property
    def classes(self) -> list[str] | None:
        """The label of each score column, for several classes."""
        return [str(label) for label in self.estimator.classes_] if self.model.task == "multiclass" else None

    def scores(self, rows: pd.DataFrame | None = None) -> Array:
        """Return the scores of these rows, or of changed ones."""
        features = design(self.rows if rows is None else rows, self.model, self.make)
        return score_rows(self.estimator, features, self.model)

    def losses(self, target: Array, scores: Array) -> Array:
        """Return the loss of each row, smaller is better, in the primary metric."""
        sign = -1.0 if metric_of(self.model.metric).greater_is_better else 1.0
        return sign * row_losses(self.model.metric, target, scores, self.classes)


def explain(
    holdout: pd.DataFrame,
    model: Model,
    make: Make | None,
    challenger: Contender,
    champion: Contender | None,
) -> Explanation:
    """Return what a version rests on, how its scores move, and where it differs from the champion.

    Args:
        holdout: Rows with known outcomes that the version was not trained on; at most `ROWS` of them, sampled under
            the spec's seed, are used.
        model: The spec.
        make: The resolved `features.make`.
        challenger: The version.
        champion: The version it was compared with.
    """
    sample = Sample(sampled(holdout, ROWS, model.seed), model, make, challenger.estimator)
    importance = permutation_importance(sample)
    top = [item.feature for item in importance[:_CURVES]]
    found = disagreements(sample, champion, top) if champion else ()
    return Explanation(
        model=model.name,
        version=challenger.version.version,
        snapshot=challenger.version.snapshots[-1],
        metric=model.metric,
        rows=len(sample.rows),
        repeats=REPEATS,
        importance=importance,
        dependence=tuple(partial_dependence(sample, name) for name in top),
        champion=champion.version.version if champion else None,
        disagreements=found,
    )


def sampled(frame: pd.DataFrame, rows: int, seed: int) -> pd.DataFrame:
    """Return all rows, or that many of them in their order, drawn under the seed."""
    if len(frame) <= rows:
        return frame.reset_index(drop=True)
    chosen = np.sort(np.random.default_rng(seed).choice(len(frame), rows, replace=False))
    return frame.iloc[chosen].reset_index(drop=True)


def permutation_importance(sample: Sample, repeats: int = REPEATS) -> tuple[Importance, ...]:
    """Return the increase of the loss when a column of the source is shuffled, with a 95 % interval.

    Permutation importance: Breiman 2001, section 10; as the ratio's difference form of model reliance, Fisher, Rudin
    and Dominici 2019, eq. 3.1. The mean over pairs (row, donor of its value) is a U-statistic; its error comes from
    the projection on one row, which takes part both as a row and as a donor (Hoeffding 1948, section 7), summed within
    the spec's clusters and blocks.

    Args:
        sample: Holdout rows and the version's scores of them.
        repeats: How often each column is shuffled; every derangement-like shift is drawn under the seed.
    """
    model, rows = sample.model, len(sample.rows)
    scores = sample.scores()
    known = sample.losses(sample.target, scores)
    grouped = metrics.Sample(model.task, sample.target, scores, groups=tuple(groups_of(sample.rows, model)))
    found = []
    for index, name in enumerate(model.features.from_source):
        random = np.random.default_rng([model.seed, index])
        orders = [_shuffled(rows, random) for _ in range(repeats)]
        values = sample.rows[name]
        lent = [_with(sample.rows, name, values.take(order).reset_index(drop=True)) for order in orders]
        changed = pd.concat(lent, ignore_index=True)
        losses = sample.losses(np.tile(sample.target, repeats), sample.scores(changed)).reshape(repeats, rows)
        increase = losses - known
        as_row = increase.mean(axis=0)
        as_donor = np.zeros(rows)
        for order, one in zip(orders, increase, strict=True):
            as_donor[order] += one / repeats
        found.append(_importance(name, as_row, as_donor, grouped))
    return tuple(sorted(found, key=lambda item: (-(item.increase or 0.0), item.feature)))


def partial_dependence(sample: Sample, name: str) -> Dependence:
    """Return the mean score when a column has one value in every row (Friedman 2001, section 8.2).

    Numbers are set to quantiles of the sample, categories to their most frequent values.
    """
    rows = sample.rows.head(_CURVE_ROWS)
    values = sample.rows[name].dropna()
    if name in sample.model.features.categories:
        points: list[Any] = list(values.value_counts().index[:_VALUES])
    else:
        points = list(np.unique(np.quantile(values, np.linspace(0.02, 0.98, _POINTS))) if len(values) else [])
    changed = [_with(rows, name, pd.Series([point] * len(rows), dtype=rows[name].dtype)) for point in points]
    labels = sample.classes or ["score"]
    means = np.zeros((0, len(labels)))
    if changed:
        scores = sample.scores(pd.concat(changed, ignore_index=True))
        means = scores.reshape(len(points), len(rows), -1).mean(axis=1)
    return Dependence(
        feature=name,
        at=tuple(f"{point:.6g}" if isinstance(point, float) else str(point) for point in points),
        means={label: tuple(float(mean) for mean in means[:, place]) for place, label in enumerate(labels)},
        rows=len(rows),
    )


def disagreements(sample: Sample, champion: Contender, top: Sequence[str]) -> tuple[Disagreement, ...]:
    """Return the rows that the version and the champion score most differently, the largest distance first."""
    if champion.lacks(sample.rows):
        return ()  # it cannot score these rows
    own_make = champion.make if champion.model else sample.make
    other = Sample(sample.rows, champion.model or sample.model, own_make, champion.estimator)
    own, theirs = sample.scores(), other.scores()
    if sample.classes:
        labels = sorted({*sample.classes, *(other.classes or [])})
        own, theirs = _aligned(own, sample.classes, labels), _aligned(theirs, other.classes or [], labels)
        distance = np.abs(own - theirs).sum(axis=1) / 2
        message = [_likeliest(scores, labels) for scores in (own, theirs)]
    else:
        distance = np.abs(own - theirs)
        message = [[f"{score:.4g}" for score in scores] for scores in (own, theirs)]
    order = np.argsort(-distance, kind="stable")[:_EXAMPLES]
    return tuple(
        Disagreement(
            key=str(sample.rows[sample.model.key].iloc[place]),
            at=sample.rows[sample.model.event_time].iloc[place].to_pydatetime(),
            outcome=str(sample.target[place]),
            score=message[0][place],
            champion_score=message[1][place],
            distance=float(distance[place]),
            features={name: _shown(sample.rows[name].iloc[place]) for name in top},
        )
        for place in order
        if distance[place] > 0
    )


def _shuffled(rows: int, random: np.random.Generator) -> Array:
    """Return an order in which no row keeps its own place: a random cycle (two rows or more)."""
    cycle = random.permutation(rows)
    order = np.empty(rows, dtype=np.int64)
    order[cycle] = np.roll(cycle, 1)
    return order


def _with(rows: pd.DataFrame, name: str, values: pd.Series[Any]) -> pd.DataFrame:
    """Return the rows with another column in place; a column may be named `self`, which `assign` does not take."""
    changed = rows.copy(deep=False)
    changed[name] = values
    return changed


def _importance(name: str, as_row: Array, as_donor: Array, grouped: metrics.Sample) -> Importance:
    value = float(as_row.mean())
    if grouped.rows < 2 or too_few_groups(grouped):
        return Importance(feature=name, increase=value)
    error = spread(as_row + as_donor - 2 * value, grouped)
    reach = error.quantile * float(np.sqrt(error.variance))
    return Importance(feature=name, increase=value, low=value - reach, high=value + reach)


def _aligned(scores: Array, classes: Sequence[str], labels: Sequence[str]) -> Array:
    """Return scores with a column for each label, 0 where a version has never seen it."""
    wide = np.zeros((len(scores), len(labels)))
    wide[:, [labels.index(label) for label in classes]] = scores
    return wide


def _likeliest(scores: Array, labels: Sequence[str]) -> list[str]:
    return [f"{labels[place]} ({row[place]:.4g})" for row, place in zip(scores, scores.argmax(axis=1), strict=True)]


def _shown(value: Any) -> str:
    if pd.isna(value):
        return "missing"
    return f"{value:.6g}" if isinstance(value, float) else str(value)
