"""ROC AUC and average precision, with the influence of every row, from one sort of the scores."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from windvane.lifecycle.metrics.sample import Array, Sample


@dataclass(frozen=True)
class Ranked:
    """Weights of positives and negatives at each distinct score, falling.

    Args:
        order: Shape n: the rows, the highest score first.
        level: Shape n: the position of each row's score among the distinct ones, the highest first.
        positive: Shape d: weight of the positives at each distinct score.
        negative: Shape d: of the negatives.
    """

    order: Array
    level: Array
    positive: Array
    negative: Array


def ranked(sample: Sample) -> Ranked:
    """Sort the scores once."""
    order = np.argsort(-sample.scores, kind="stable")
    steps = np.concatenate([[False], np.diff(sample.scores[order]) != 0])
    level = np.empty(sample.rows, dtype=np.int64)
    level[order] = np.cumsum(steps)
    weight = sample.counts
    hit = sample.target == 1
    width = int(level[order[-1]]) + 1
    return Ranked(
        order,
        level,
        np.bincount(level, np.where(hit, weight, 0.0), width),
        np.bincount(level, np.where(hit, 0.0, weight), width),
    )


def roc_auc(sample: Sample, sort: Ranked) -> tuple[float, Array]:
    """Return the AUC and the rows' influences: the placements of DeLong, DeLong and Clarke-Pearson 1988, eqs. 3 to 5.

    Ties count half. By ranks instead of pairs, as Sun and Xu 2014. The influences are scaled so that the sum of their
    squares over n (n - 1) is the variance of DeLong et al., each class with its own degrees of freedom, and for two
    sets of scores the covariance likewise.
    """
    positives, negatives = sort.positive.sum(), sort.negative.sum()
    below = negatives - np.cumsum(sort.negative) + sort.negative / 2  # negatives under each score, half of those at it
    above = np.cumsum(sort.positive) - sort.positive / 2
    value = float((sort.positive * below).sum() / positives / negatives)
    hit = sample.target == 1
    placement = np.where(hit, below[sort.level] / negatives, above[sort.level] / positives)
    share = np.where(hit, positives, negatives) / sample.total
    count = np.where(hit, hit.sum(), (~hit).sum())
    scale = np.sqrt((sample.rows - 1) / sample.rows * count / np.maximum(count - 1, 1))
    return value, (placement - value) / share * scale


def average_precision(sample: Sample, sort: Ranked) -> tuple[float, Array, float]:
    """Return average precision, the rows' influences, and by how much it is too large.

    `AP = sum_i P_i (R_i - R_(i-1))` over distinct scores, as in scikit-learn. The influence is its derivative in a
    row's weight. A positive stands in its own precision, which makes AP too large by about the mean of
    `(1 - P_i) / N_i` over positives, N_i being the rows from its score upwards.
    """
    positives = float(sort.positive.sum())
    counted = np.cumsum(sort.positive + sort.negative)
    precision = np.cumsum(sort.positive) / counted
    value = float((sort.positive * precision).sum() / positives)
    from_here = np.cumsum((sort.positive / counted)[::-1])[::-1]
    lost = np.cumsum((sort.positive * precision / counted)[::-1])[::-1]
    hit = (sample.target == 1).astype(float)
    own = hit * (precision[sort.level] - value) + hit * from_here[sort.level] - lost[sort.level]
    unit = sample.total / sample.rows  # the weight of one row
    excess = float((sort.positive * (1 - precision) / counted).sum() / positives) * unit
    return value, own * sample.total / positives, excess
