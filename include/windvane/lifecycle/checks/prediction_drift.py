"""Prediction drift: have the scores moved from those on the version's holdout?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from windvane import results
from windvane.spec import Check

if TYPE_CHECKING:
    from windvane.lifecycle.checks.case import Work


class PredictionDrift(Check):
    """Have the scores moved?"""

    name = "prediction_drift"
    label = "Prediction drift"
    needs = ("rows", "reference", "scores")
    default = 30
    unit = "% of the rows"
    explained = True
    better = "lower"

    def answer(self, work: Work) -> results.CheckResult:
        """Compare the scores with those on the holdout."""
        from windvane.lifecycle.drift import prediction_drift_check

        return prediction_drift_check(work.reference, work.current, work.model)
