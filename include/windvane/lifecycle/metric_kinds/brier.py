"""Brier score: the mean squared distance of probabilities to what came (Brier 1950)."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from windvane.spec.metrics import MetricKind, Task

if TYPE_CHECKING:
    from windvane.lifecycle.metrics import Array, Sample


class Brier(MetricKind):
    """Brier score, binary or summed over classes."""

    name: ClassVar[str] = "brier"
    tasks: ClassVar[tuple[Task, ...]] = ("binary", "multiclass")
    unit: ClassVar[str] = "squared share"
    order: ClassVar[int] = 20
    usual: ClassVar[bool] = True

    @classmethod
    def losses(cls, name: str, sample: Sample) -> Array:  # noqa: ARG003 (the kind's signature)
        """Return each row's loss; see `MetricKind.losses`."""
        from windvane.lifecycle.metrics.losses import squared_errors, squared_errors_of_classes

        several = sample.scores.ndim == 2
        return squared_errors_of_classes(sample) if several else squared_errors(sample)
