"""Accuracy: the share of rows whose decision is what came."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from windvane.spec.metrics import MetricKind, Task

if TYPE_CHECKING:
    from windvane.lifecycle.metrics import Array, Measured, Sample
    from windvane.lifecycle.metrics.errors import Spread
    from windvane.lifecycle.metrics.intervals import Interval


class Accuracy(MetricKind):
    """Accuracy, with Wilson's interval."""

    name: ClassVar[str] = "accuracy"
    tasks: ClassVar[tuple[Task, ...]] = ("binary", "multiclass")
    greater_is_better: ClassVar[bool] = True
    unit: ClassVar[str] = "share"
    order: ClassVar[int] = 30
    usual: ClassVar[bool] = True

    @classmethod
    def losses(cls, name: str, sample: Sample) -> Array:  # noqa: ARG003 (the kind's signature)
        """Return 1 for a row that was decided right, else 0; see `MetricKind.losses`."""
        from windvane.lifecycle.metrics.losses import hits

        return hits(sample)

    @classmethod
    def interval(cls, measured: Measured, value: float, error: Spread) -> Interval:
        """Return Wilson's interval; see `MetricKind.interval`."""
        from windvane.lifecycle.metrics.intervals import proportion_interval

        return proportion_interval(measured, value, error)
