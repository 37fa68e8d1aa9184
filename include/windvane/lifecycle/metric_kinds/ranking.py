"""Metrics of the order of scores: the areas under the ROC curve and under precision over recall."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from windvane.spec.metrics import MetricKind, Task

if TYPE_CHECKING:
    from windvane.lifecycle.metrics import Measured, Sample
    from windvane.lifecycle.metrics.errors import Spread
    from windvane.lifecycle.metrics.intervals import Interval
    from windvane.lifecycle.metrics.measure import Cache


class _Ranking(MetricKind):
    """What the two share: without a name of its own it is no kind."""

    tasks: ClassVar[tuple[Task, ...]] = ("binary",)
    greater_is_better: ClassVar[bool] = True
    unit: ClassVar[str] = "share"
    usual: ClassVar[bool] = True

    @classmethod
    def measure(cls, name: str, sample: Sample, cache: Cache) -> Measured:
        """Return the value and the rows' influences; see `MetricKind.measure`."""
        from windvane.lifecycle.metrics.measure import ranking_measured

        return ranking_measured(name, sample, cache)


class RocAuc(_Ranking):
    """Area under the ROC curve: the chance that a positive scores above a negative."""

    name: ClassVar[str] = "roc_auc"
    order: ClassVar[int] = 50

    @classmethod
    def interval(cls, measured: Measured, value: float, error: Spread) -> Interval:
        """Return its own interval; see `MetricKind.interval`."""
        from windvane.lifecycle.metrics.intervals import roc_auc_interval

        return roc_auc_interval(measured, value, error)


class AveragePrecision(_Ranking):
    """Average precision."""

    name: ClassVar[str] = "average_precision"
    order: ClassVar[int] = 60

    @classmethod
    def interval(cls, measured: Measured, value: float, error: Spread) -> Interval:
        """Return its own interval; see `MetricKind.interval`."""
        from windvane.lifecycle.metrics.intervals import average_precision_interval

        return average_precision_interval(measured, value, error)
