"""95 % intervals of metrics, chosen for each so that they hold the truth as often as they say, also on rare outcomes.

Which interval and why stands in docs/decisions; how often each holds the truth, in benchmarks/gate_error_rates.py.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from windvane.lifecycle.metrics.bins import Bins, calibration_interval, wilson
from windvane.lifecycle.metrics.errors import TAIL, Spread, spread, too_few_groups
from windvane.lifecycle.metrics.losses import losses
from windvane.lifecycle.metrics.measure import Measured, f1_of
from windvane.lifecycle.metrics.sample import Array, Sample
from windvane.results import Estimate
from windvane.spec.metrics import kind_of_metric

FEWEST_POSITIVES = 10
"""Average precision of fewer positives is biased by more than its own error; no interval is given."""
_MANY = 1000
"""With so many outcomes of the rarer class one more says nothing new."""
_STEPS = 60


def estimate(measured: Measured, tail: float = TAIL) -> Estimate:
    """Return a metric with its interval; what has none says why.

    Args:
        measured: The metric.
        tail: Chance of either bound being wrong.
    """
    sample, value = measured.sample, measured.value
    problem = measured.problem or too_few_groups(sample)
    if value is None or problem:
        return Estimate(metric=measured.metric, value=value, rows=sample.rows, problem=problem)
    if measured.draws is not None:
        return _drawn(measured, value, tail)
    assert measured.influence is not None
    error = replace(spread(measured.influence, sample), tail=tail)
    own: Interval | None = kind_of_metric(measured.metric).interval(measured, value, error)
    found = mean_interval(measured, value, error) if own is None else own
    if isinstance(found, str):
        return Estimate(metric=measured.metric, value=value, rows=sample.rows, problem=found)
    low, high, method = found
    method = f"{method}, clustered" if error.clustered else method
    return Estimate(metric=measured.metric, value=value, low=low, high=high, rows=sample.rows, method=method)


Interval = tuple[float, float, str] | str


def mean_interval(measured: Measured, value: float, error: Spread) -> Interval:
    """Interval of a mean by its score, the variance being linear in the mean with slope skewness.

    `(m - mu)^2 = t^2 (V + s (mu - m))` with V the variance of the mean and s the third over the second central moment
    (over n): Wilson's interval for a proportion, to terms of order 1/n, and for any other mean corrected for skewness
    like Johnson 1978. Where an outcome is rare, its losses may be absent from the sample and s unknown, so s also
    counts the losses that one further outcome of the rare class would have under the scores.
    """
    sample = measured.sample
    assert measured.influence is not None
    second, third = _expected(measured.metric, sample, value)
    own = error.variance * sample.total**2
    skew = (error.skew * sample.total * own + third) / (own + second) / sample.total if own + second > 0 else 0.0
    square = error.quantile**2
    root = float(np.sqrt((square * skew) ** 2 + 4 * square * error.variance))
    low, high = value + (square * skew - root) / 2, value + (square * skew + root) / 2
    least = kind_of_metric(measured.metric).least
    return low if least is None else max(low, least), high, "skewness-corrected score"


def proportion_interval(measured: Measured, value: float, error: Spread) -> Interval:
    """Wilson's interval of a share of rows."""
    return (*_proportion(value, error, measured.sample), "wilson")


def _expected(metric: str, sample: Sample, value: float) -> tuple[float, float]:
    """Return second and third moments that one more outcome of the rarer class would add, under the scores."""
    chance, weight = sample.scores, sample.counts
    if sample.task != "binary":
        return 0.0, 0.0
    expected = min(float(chance.sum()), float(sample.rows - chance.sum()))
    if expected > _MANY:
        return 0.0, 0.0
    everywhere = np.ones(sample.rows, dtype=np.int64)
    hit, missed = (losses(metric, replace(sample, target=target)) - value for target in (everywhere, 0 * everywhere))
    share = min(1.0, 1.0 / max(expected, 1e-12))
    return (
        share * float((weight**2 * (chance * hit**2 + (1 - chance) * missed**2)).sum()),
        share * float((weight**3 * (chance * hit**3 + (1 - chance) * missed**3)).sum()),
    )


def _proportion(value: float, error: Spread, sample: Sample) -> tuple[float, float]:
    """Wilson's interval on as many independent rows as would have this variance (Korn and Graubard 1998)."""
    plain = value * (1 - value)
    rows = float(sample.rows) if sample.weights is None else sample.total**2 / float((sample.counts**2).sum())
    if (error.clustered or sample.weights is not None) and error.variance > 0 and plain > 0:
        rows = plain / error.variance
    low, high = wilson(np.array([value]), np.array([rows]), error.quantile)
    return float(low[0]), float(high[0])


def roc_auc_interval(measured: Measured, value: float, error: Spread) -> Interval:
    """Score interval of the AUC: DeLong's variance, moving with the AUC as in Hanley and McNeil 1982, eq. 2.

    The form is Newcombe's (2006, method 3 of part 2) with DeLong et al.'s variance in place of the exponential
    model's, in which the model counts like six outcomes of the rarer class: with one or two positives there is no
    variance to estimate.
    """
    positives, negatives = _effective(measured.sample)
    plain = float(hanley(np.array([value]), positives, negatives)[0])
    rarer = min(positives, negatives)
    ratio = (rarer * (error.variance / plain if plain > 0 else 1.0) + 6) / (rarer + 6)
    normal = error.quantile if error.clustered else error.normal

    def variance(auc: Array) -> Array:
        return hanley(auc, positives, negatives) * ratio * normal**2

    return _solved(value, 0.0, variance), _solved(value, 1.0, variance), "delong score"


def hanley(auc: Array, positives: float, negatives: float) -> Array:
    """Return the variance of an AUC under exponential scores (Hanley and McNeil 1982, eqs. 1 and 2)."""
    two_positives, two_negatives = auc / (2 - auc), 2 * auc**2 / (1 + auc)
    parts = auc * (1 - auc) + (positives - 1) * (two_positives - auc**2) + (negatives - 1) * (two_negatives - auc**2)
    return np.asarray(np.maximum(parts, 0.0) / (positives * negatives))


def _solved(value: float, end: float, variance: Callable[[Array], Array]) -> float:
    """Return the parameter furthest towards `end` whose squared distance from the value is within its variance."""
    inside, outside = value, end
    for _ in range(_STEPS):
        tried = (inside + outside) / 2
        if (tried - value) ** 2 <= float(variance(np.array([tried]))[0]):
            inside = tried
        else:
            outside = tried
    return inside


def _effective(sample: Sample) -> tuple[float, float]:
    """Return how many equally weighted positives and negatives there are."""
    hit, weight = sample.target == 1, sample.counts
    return (
        float(weight[hit].sum() ** 2 / (weight[hit] ** 2).sum()),
        float(weight[~hit].sum() ** 2 / (weight[~hit] ** 2).sum()),
    )


def average_precision_interval(measured: Measured, value: float, error: Spread) -> Interval:
    """Score interval with the binomial variance of Boyd, Eng and Page 2013, section 3, scaled to the influences'."""
    positives, _ = _effective(measured.sample)
    if positives < FEWEST_POSITIVES:
        return f"has no interval: {positives:.0f} positives, and fewer than {FEWEST_POSITIVES} say too little of it"
    middle = min(max(value - measured.excess, 1 / measured.sample.rows), 1.0)
    plain = value * (1 - value) / positives
    ratio = (positives * (error.variance / plain if plain > 0 else 1.0) + 5) / (positives + 5)
    quantile = Spread(0.0, 0.0, min(positives - 1, error.degrees), clustered=False, tail=error.tail).quantile
    low, high = wilson(np.array([middle]), np.array([positives / ratio]), quantile)
    return min(float(low[0]), value), max(float(high[0]), value), "score, bias-corrected"


def f1_interval(measured: Measured, value: float, error: Spread) -> Interval:
    """Interval of F1 through `F1 / (2 - F1) = tp / (tp + fp + fn)`, a share of the rows that are no true negatives.

    Given their number, the true positives are binomial, so Wilson's interval holds for the share and, the map being
    monotone, for F1. Where rows depend on each other, the share rests on as many independent rows as would have its
    variance. Several classes: the mean of the classes' F1 by MOVER (Zou and Donner 2008), with the correlation of the
    classes that the influences show.
    """
    sample = measured.sample
    classes = [1] if sample.task == "binary" else list(range(len(sample.classes or ())))
    parts = [_class_f1(sample, label, error) for label in classes]
    apart = sum(part.variance for part in parts)
    shared = error.variance * len(parts) ** 2 / apart if apart > 0 and len(parts) > 1 else 1.0
    down, up = (
        float(np.sqrt(shared * sum(getattr(part, end) ** 2 for part in parts))) / len(parts) for end in ("down", "up")
    )
    return max(0.0, value - down), min(1.0, value + up), "wilson"


@dataclass(frozen=True)
class _ClassF1:
    """One class's F1: its variance by the influences, and how far its interval reaches down and up."""

    variance: float
    down: float
    up: float


def _class_f1(sample: Sample, label: int, error: Spread) -> _ClassF1:
    value, influence = f1_of(sample, label)
    assert value is not None
    own = spread(influence, sample)
    counted = (sample.chosen == label) | (sample.decided == label)
    weight = sample.counts[counted]
    rows, share = float(weight.sum() ** 2 / (weight**2).sum()), value / (2 - value)
    if error.clustered and 0 < share < 1:
        slope = 2 / (1 + share) ** 2
        rows = share * (1 - share) * slope**2 / max(own.variance, 1e-300)
    low, high = wilson(np.array([share]), np.array([rows]), error.quantile)
    ends = (float(2 * end[0] / (1 + end[0])) for end in (low, high))
    down, up = (abs(end - value) for end in ends)
    return _ClassF1(own.variance, down, up)


def calibration_error_interval(measured: Measured, _value: float, error: Spread) -> Interval:
    """The bins' Wilson intervals, put together by MOVER."""
    assert measured.bins is not None
    sample = measured.sample
    low, high = calibration_interval(sample, measured.bins, inflation(sample, measured.bins), error.quantile)
    return low, high, "wilson by bin, mover"


def inflation(sample: Sample, bins: Bins) -> float:
    """Return how much larger the variance of the bins' shares is than that of independent, equally weighted rows."""
    weighted = sample.rows * float((sample.counts**2).sum()) / sample.total**2
    if not sample.groups:
        return weighted
    gaps = sample.scores - sample.target - bins.gap[bins.bin]
    alone = float((sample.counts**2 * gaps**2).sum()) / sample.total**2
    return weighted * (max(1.0, spread(gaps, sample).variance / alone) if alone > 0 else 1.0)


def rmse_interval(measured: Measured, value: float, error: Spread) -> Interval:
    """The root of the mean squared error's interval."""
    square = Spread(error.variance * 4 * value**2, error.skew * 2 * value, error.degrees, error.clustered)
    found = mean_interval(Measured("mse", measured.sample, value**2, measured.influence), value**2, square)
    assert not isinstance(found, str)
    return float(np.sqrt(found[0])), float(np.sqrt(found[1])), found[2]


def r2_interval(_measured: Measured, value: float, error: Spread) -> Interval:
    """Interval of `log(1 - R2)`, a difference of two logarithms of means, mapped back."""
    left = 1 - value
    if left <= 0:
        return value, value, "delta, log"
    half = error.quantile * float(np.sqrt(error.variance)) / left
    return 1 - left * float(np.exp(half)), 1 - left * float(np.exp(-half)), "delta, log"


def _drawn(measured: Measured, value: float, tail: float) -> Estimate:
    """Percentiles of the bootstrap replicates, widened by the t quantile's excess where groups are few."""
    assert measured.draws is not None
    sample = measured.sample
    finite = measured.draws[np.isfinite(measured.draws)]
    if len(finite) < 0.9 * len(measured.draws):
        message = f"has no interval: {len(measured.draws) - len(finite)} bootstrap replicates have no value"
        return Estimate(metric=measured.metric, value=value, rows=sample.rows, problem=message)
    middle = float(np.median(finite))
    low, high = (value + float(np.quantile(finite, share)) - middle for share in (tail, 1 - tail))
    method = "bootstrap of groups" if sample.groups else "bootstrap"
    return Estimate(metric=measured.metric, value=value, low=low, high=high, rows=sample.rows, method=method)
