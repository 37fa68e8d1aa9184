"""Fairness: did the gap between a protected group and all others move?"""

from __future__ import annotations

from windvane.lifecycle.checks.case import Work
from windvane.results import CheckResult
from windvane.spec import Check


class Fairness(Check):
    """Did the gap between a protected group and all others move?"""

    name = "fairness"
    label = "Fairness"
    finding = "fairness drift"
    needs = ("rows", "reference", "scores", "protected")
    default = 80
    unit = "% of the rows"
    better = "lower"

    def answer(self, work: Work) -> CheckResult:
        """Compare the share of positive decisions of each group with the holdout."""
        from windvane.lifecycle.fairness_drift import fairness_check

        return fairness_check(work.reference, work.current, work.model)
