"""Calibration error: how far shares of outcomes lie from mean scores, by bins of the score."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from windvane.spec.metrics import MetricKind, Task

if TYPE_CHECKING:
    from windvane.lifecycle.metrics import Measured, Sample
    from windvane.lifecycle.metrics.errors import Spread
    from windvane.lifecycle.metrics.intervals import Interval
    from windvane.lifecycle.metrics.measure import Cache


class CalibrationError(MetricKind):
    """Expected calibration error over bins with equally many rows."""

    name: ClassVar[str] = "calibration_error"
    tasks: ClassVar[tuple[Task, ...]] = ("binary",)
    unit: ClassVar[str] = "share"
    order: ClassVar[int] = 70
    usual: ClassVar[bool] = True

    @classmethod
    def measure(cls, name: str, sample: Sample, cache: Cache) -> Measured:
        """Return the value and the rows' influences; see `MetricKind.measure`."""
        from windvane.lifecycle.metrics.measure import calibration_measured

        return calibration_measured(name, sample, cache)

    @classmethod
    def interval(cls, measured: Measured, value: float, error: Spread) -> Interval:
        """Return its own interval; see `MetricKind.interval`."""
        from windvane.lifecycle.metrics.intervals import calibration_error_interval

        return calibration_error_interval(measured, value, error)
