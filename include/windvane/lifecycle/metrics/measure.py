"""One metric of one sample: its value, and what every row contributes to its error."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from windvane.lifecycle.metrics.bins import Bins, binned, calibration_error
from windvane.lifecycle.metrics.bootstrap import replicates
from windvane.lifecycle.metrics.losses import losses
from windvane.lifecycle.metrics.ranking import Ranked, average_precision, ranked, roc_auc
from windvane.lifecycle.metrics.sample import Array, Sample, broken
from windvane.spec.metrics import kind_of_metric


@dataclass(frozen=True)
class Measured:
    """A metric's value on a sample.

    Args:
        metric: Its name.
        sample: The rows.
        value: None where it is not defined.
        influence: Shape n: the estimate's error is about the weighted mean of these.
        draws: Bootstrap replicates, for a metric that has no influences.
        excess: By how much the value is too large in the mean.
        bins: Calibration error: the bins.
        problem: Why there is no value.
    """

    metric: str
    sample: Sample
    value: float | None = None
    influence: Array | None = None
    draws: Array | None = None
    excess: float = 0.0
    bins: Bins | None = None
    problem: str = ""


@dataclass
class Cache:
    """What several metrics of one sample share: the scores are sorted once."""

    sample: Sample
    _ranked: list[Ranked] = field(default_factory=list)

    def ranked(self) -> Ranked:
        """Return the sample, sorted."""
        if not self._ranked:
            self._ranked.append(ranked(self.sample))
        return self._ranked[0]


def measure(metric: str, sample: Sample, cache: Cache | None = None) -> Measured:
    """Return a metric's value and influences; a value of None says why.

    Args:
        metric: A metric that the model knows.
        sample: The rows.
        cache: Of this very sample, when several metrics are taken of it.
    """
    wrong = broken(sample)
    if wrong:
        return Measured(metric, sample, problem="; ".join(wrong))
    if metric in sample.own:
        return _own(metric, sample)
    kind = kind_of_metric(metric)
    found: Measured | None = kind.measure(metric, sample, cache or Cache(sample))
    return found or mean_measured(metric, sample, losses(metric, sample))


def mean_measured(metric: str, sample: Sample, row: Array) -> Measured:
    """Return a metric that is the weighted mean of one number a row."""
    value = float((sample.counts * row).sum() / sample.total)
    return Measured(metric, sample, value, row - value)


def ranking_measured(metric: str, sample: Sample, cache: Cache) -> Measured:
    """Return the area under one of the curves of the ranking."""
    hits = int(sample.target.sum())
    if not 0 < hits < sample.rows:
        return Measured(metric, sample, problem=f"is not defined: all outcomes are {sample.target[0]}")
    sort = cache.ranked()
    if min(sort.positive.sum(), sort.negative.sum()) <= 0:
        return Measured(metric, sample, problem="is not defined: all rows of one class weigh nothing")
    if metric == "roc_auc":
        return Measured(metric, sample, *roc_auc(sample, sort))
    value, influence, excess = average_precision(sample, sort)
    return Measured(metric, sample, value, influence, excess=excess)


def f1_measured(metric: str, sample: Sample, _cache: Cache) -> Measured:
    """F1 of the positive class, or the mean of the classes' (macro), as in scikit-learn."""
    if sample.task == "binary":
        value, influence = f1_of(sample, 1)
        if value is None:
            return Measured(metric, sample, problem="is not defined: no row is positive, or decided positive")
        return Measured(metric, sample, value, influence)
    labels = sample.classes or ()
    found = [f1_of(sample, index) for index in range(len(labels))]
    absent = [label for label, (value, _) in zip(labels, found, strict=True) if value is None]
    if absent or (sample.chosen < 0).any():
        message = f"class {absent[0]!r} does not occur" if absent else "an outcome has no score"
        return Measured(metric, sample, problem=f"is not defined: {message}")
    mean = float(np.mean([value for value, _ in found if value is not None]))
    return Measured(metric, sample, mean, np.asarray(sum(part for _, part in found) / len(found)))


def f1_of(sample: Sample, label: int) -> tuple[float | None, Array]:
    """Return one class's F1 and the rows' influences: those of a ratio of sums.

    They are `(2 tp - F1 (2 tp + fp + fn)) / mean(2 tp + fp + fn)`, with a row's own tp, fp and fn.
    """
    real, said = sample.chosen == label, sample.decided == label
    both = 2.0 * (real & said)
    either = both + (real ^ said)
    mean = float((sample.counts * either).sum() / sample.total)
    if mean <= 0:
        return None, np.zeros(sample.rows)
    value = float((sample.counts * both).sum() / sample.total) / mean
    return value, (both - value * either) / mean


def calibration_measured(metric: str, sample: Sample, cache: Cache) -> Measured:
    """Return the calibration error and its bins."""
    bins = binned(sample, cache.ranked().order)
    value, influence = calibration_error(sample, bins)
    return Measured(metric, sample, value, influence, bins=bins)


def rmse_measured(metric: str, sample: Sample, _cache: Cache) -> Measured:
    """Return the root of the mean squared error."""
    square = (sample.scores - sample.target) ** 2
    value = float(np.sqrt((sample.counts * square).sum() / sample.total))
    influence = (square - value**2) / (2 * value) if value > 0 else np.zeros(sample.rows)
    return Measured(metric, sample, value, influence)


def r2_measured(metric: str, sample: Sample, _cache: Cache) -> Measured:
    """Return the share of the outcomes' variance that the scores explain."""
    weight, target = sample.counts, sample.target
    mean = float((weight * target).sum() / sample.total)
    error, spread = (sample.scores - target) ** 2, (target - mean) ** 2
    residual, total = (float((weight * part).sum() / sample.total) for part in (error, spread))
    if total <= 0:
        return Measured(metric, sample, problem="is not defined: all outcomes are the same number")
    ratio = residual / total
    return Measured(metric, sample, 1 - ratio, -(error - ratio * spread) / total)


def _own(metric: str, sample: Sample) -> Measured:
    """Call a user's own metric, and call it again on each bootstrap sample."""
    function = sample.own[metric]
    try:
        value = float(function(sample.target, sample.scores))
    except Exception as error:  # noqa: BLE001  # a user's function may raise anything; the gate says what
        return Measured(metric, sample, problem=f"raised {type(error).__name__}: {error}")
    if not np.isfinite(value):
        return Measured(metric, sample, problem=f"is {value}, no finite number")
    return Measured(metric, sample, value, draws=replicates(sample, function, sample.own_rows.get(metric, 10_000)))
