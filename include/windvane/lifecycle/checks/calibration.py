"""Calibration: do the scores still mean what they meant on the champion's holdout?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from windvane import results
from windvane.spec import Check

if TYPE_CHECKING:
    from windvane.lifecycle.checks.case import Work


class Calibration(Check):
    """Do the scores still mean what they meant?"""

    name = "calibration"
    label = "Calibration"
    finding = "calibration drift"
    needs = ("rows", "reference", "scores", "outcomes")
    default = 50
    unit = "% of the probability"
    explained = True
    better = "lower"

    def answer(self, work: Work) -> results.CheckResult:
        """Compare outcomes with scores, part by part of the score, with the holdout."""
        from windvane.lifecycle.concept import calibration_check

        return calibration_check(work.reference, work.current, work.model)
