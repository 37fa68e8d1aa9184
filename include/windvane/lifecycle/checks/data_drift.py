"""Data drift: have the inputs moved since the reference?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from windvane import results
from windvane.spec import Check

if TYPE_CHECKING:
    from windvane.lifecycle.checks.case import Work


class DataDrift(Check):
    """Have the inputs, or declared pairs of them, moved?"""

    name = "data_drift"
    label = "Data drift"
    needs = ("rows", "reference", "like")
    default = 20
    unit = "% of the rows"
    explained = True
    better = "lower"

    def answer(self, work: Work) -> results.CheckResult:
        """Compare each column with training, or with like windows."""
        from windvane.lifecycle.drift import data_drift_check
        from windvane.lifecycle.profile import measured_by

        like = work.evidence.like
        return data_drift_check(measured_by(like, work.reference) if like else work.reference, work.current, work.model)
