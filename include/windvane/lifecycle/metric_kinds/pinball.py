"""Pinball loss of a quantile, `pinball(0.9)`: known to a model that names it (Koenker and Bassett 1978)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, ClassVar

from windvane.spec.metrics import MetricKind, Task

if TYPE_CHECKING:
    from windvane.lifecycle.metrics import Array, Sample


_NAME = re.compile(r"^pinball\((0?\.\d+)\)$")


class Pinball(MetricKind):
    """Pinball loss of a declared quantile between 0 and 1."""

    name: ClassVar[str] = "pinball"
    tasks: ClassVar[tuple[Task, ...]] = ("regression",)
    unit: ClassVar[str] = "target"
    usual: ClassVar[bool] = False

    @classmethod
    def matches(cls, name: str) -> bool:
        """Return whether a name is `pinball(q)` of a quantile."""
        return quantile_of(name) is not None

    @classmethod
    def losses(cls, name: str, sample: Sample) -> Array:
        """Return each row's loss; see `MetricKind.losses`."""
        from windvane.lifecycle.metrics.losses import quantile_losses

        quantile = quantile_of(name)
        assert quantile is not None  # `matches` knows the name
        return quantile_losses(sample, quantile)


def quantile_of(name: str) -> float | None:
    """Return the quantile of `pinball(0.9)`; None for any other name."""
    match = _NAME.match(name)
    quantile = float(match[1]) if match else None
    return quantile if quantile and 0 < quantile < 1 else None
