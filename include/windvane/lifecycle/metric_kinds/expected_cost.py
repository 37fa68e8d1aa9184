"""Expected cost: the mean of what each decision costs, by a declared table."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from windvane.spec.metrics import MetricKind, Task

if TYPE_CHECKING:
    from windvane.lifecycle.metrics import Array, Sample


class ExpectedCost(MetricKind):
    """Mean cost of the decisions; known to a model that declares `costs`."""

    name: ClassVar[str] = "expected_cost"
    tasks: ClassVar[tuple[Task, ...]] = ("binary", "multiclass")
    unit: ClassVar[str] = "cost"
    usual: ClassVar[bool] = False
    with_costs: ClassVar[bool] = True
    least: ClassVar[float | None] = None

    @classmethod
    def losses(cls, name: str, sample: Sample) -> Array:  # noqa: ARG003 (the kind's signature)
        """Return each row's cost; see `MetricKind.losses`."""
        from windvane.lifecycle.metrics.losses import costs

        return costs(sample)
