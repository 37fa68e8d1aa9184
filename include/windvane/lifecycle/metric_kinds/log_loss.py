"""Log loss: minus the mean logarithm of the probability that was given to what came."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from windvane.spec.metrics import MetricKind, Task

if TYPE_CHECKING:
    from windvane.lifecycle.metrics import Array, Sample


class LogLoss(MetricKind):
    """Log loss, binary or of several classes, in nats."""

    name: ClassVar[str] = "log_loss"
    tasks: ClassVar[tuple[Task, ...]] = ("binary", "multiclass")
    unit: ClassVar[str] = "nat"
    order: ClassVar[int] = 10
    usual: ClassVar[bool] = True

    @classmethod
    def losses(cls, name: str, sample: Sample) -> Array:  # noqa: ARG003 (the kind's signature)
        """Return each row's loss; see `MetricKind.losses`."""
        from windvane.lifecycle.metrics.losses import log_losses, log_losses_of_classes

        several = sample.scores.ndim == 2
        return log_losses_of_classes(sample) if several else log_losses(sample.target, sample.scores)
