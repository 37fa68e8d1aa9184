"""The metric `half_miss`, in a unit of its own."""

from __future__ import annotations

from typing import Any

from windvane.spec import MetricKind


class HalfMiss(MetricKind):
    """Mean distance of the score to the outcome, in halves."""

    name = "half_miss"
    tasks = ("binary",)
    unit = "halves"

    @classmethod
    def losses(cls, name: str, sample: Any) -> Any:
        """Return each row's distance, in halves; see `MetricKind.losses`."""
        import numpy as np

        return 2.0 * np.abs(sample.scores - sample.target)
