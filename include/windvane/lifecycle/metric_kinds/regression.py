"""Errors of a regression: absolute, squared, their root, and the share of variance explained."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from windvane.spec.metrics import MetricKind, Task

if TYPE_CHECKING:
    from windvane.lifecycle.metrics import Array, Measured, Sample
    from windvane.lifecycle.metrics.errors import Spread
    from windvane.lifecycle.metrics.intervals import Interval
    from windvane.lifecycle.metrics.measure import Cache


class AbsoluteError(MetricKind):
    """Mean absolute error."""

    name: ClassVar[str] = "mae"
    tasks: ClassVar[tuple[Task, ...]] = ("regression",)
    unit: ClassVar[str] = "target"
    order: ClassVar[int] = 80
    usual: ClassVar[bool] = True

    @classmethod
    def losses(cls, name: str, sample: Sample) -> Array:  # noqa: ARG003 (the kind's signature)
        """Return each row's loss; see `MetricKind.losses`."""
        from windvane.lifecycle.metrics.losses import absolute_errors

        return absolute_errors(sample)


class SquaredError(MetricKind):
    """Mean squared error."""

    name: ClassVar[str] = "mse"
    tasks: ClassVar[tuple[Task, ...]] = ("regression",)
    unit: ClassVar[str] = "squared target"
    order: ClassVar[int] = 90
    usual: ClassVar[bool] = True

    @classmethod
    def losses(cls, name: str, sample: Sample) -> Array:  # noqa: ARG003 (the kind's signature)
        """Return each row's loss; see `MetricKind.losses`."""
        from windvane.lifecycle.metrics.losses import squared_errors

        return squared_errors(sample)


class RootSquaredError(MetricKind):
    """Root of the mean squared error."""

    name: ClassVar[str] = "rmse"
    tasks: ClassVar[tuple[Task, ...]] = ("regression",)
    unit: ClassVar[str] = "target"
    order: ClassVar[int] = 100
    usual: ClassVar[bool] = True

    @classmethod
    def measure(cls, name: str, sample: Sample, cache: Cache) -> Measured:
        """Return the value and the rows' influences; see `MetricKind.measure`."""
        from windvane.lifecycle.metrics.measure import rmse_measured

        return rmse_measured(name, sample, cache)

    @classmethod
    def interval(cls, measured: Measured, value: float, error: Spread) -> Interval:
        """Return its own interval; see `MetricKind.interval`."""
        from windvane.lifecycle.metrics.intervals import rmse_interval

        return rmse_interval(measured, value, error)


class RSquared(MetricKind):
    """Share of the outcomes' variance that the scores explain."""

    name: ClassVar[str] = "r2"
    tasks: ClassVar[tuple[Task, ...]] = ("regression",)
    greater_is_better: ClassVar[bool] = True
    unit: ClassVar[str] = "share"
    order: ClassVar[int] = 110
    usual: ClassVar[bool] = True

    @classmethod
    def measure(cls, name: str, sample: Sample, cache: Cache) -> Measured:
        """Return the value and the rows' influences; see `MetricKind.measure`."""
        from windvane.lifecycle.metrics.measure import r2_measured

        return r2_measured(name, sample, cache)

    @classmethod
    def interval(cls, measured: Measured, value: float, error: Spread) -> Interval:
        """Return its own interval; see `MetricKind.interval`."""
        from windvane.lifecycle.metrics.intervals import r2_interval

        return r2_interval(measured, value, error)
