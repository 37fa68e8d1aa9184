"""F1: the harmonic mean of precision and recall."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from windvane.spec.metrics import MetricKind, Task

if TYPE_CHECKING:
    from windvane.lifecycle.metrics import Measured, Sample
    from windvane.lifecycle.metrics.errors import Spread
    from windvane.lifecycle.metrics.intervals import Interval
    from windvane.lifecycle.metrics.measure import Cache


class F1(MetricKind):
    """F1 of the positive class, or the mean of the classes' F1."""

    name: ClassVar[str] = "f1"
    tasks: ClassVar[tuple[Task, ...]] = ("binary", "multiclass")
    greater_is_better: ClassVar[bool] = True
    unit: ClassVar[str] = "share"
    order: ClassVar[int] = 40
    usual: ClassVar[bool] = True

    @classmethod
    def measure(cls, name: str, sample: Sample, cache: Cache) -> Measured:
        """Return the value and the rows' influences; see `MetricKind.measure`."""
        from windvane.lifecycle.metrics.measure import f1_measured

        return f1_measured(name, sample, cache)

    @classmethod
    def interval(cls, measured: Measured, value: float, error: Spread) -> Interval:
        """Return its own interval; see `MetricKind.interval`."""
        from windvane.lifecycle.metrics.intervals import f1_interval

        return f1_interval(measured, value, error)
