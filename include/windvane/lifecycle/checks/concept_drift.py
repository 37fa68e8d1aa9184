"""Concept drift: did the relation of inputs and outcome change, where the inputs alone explain nothing?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from windvane import results
from windvane.spec import Check

if TYPE_CHECKING:
    from windvane.lifecycle.checks.case import Work


class ConceptDrift(Check):
    """Did the relation of inputs and outcome change?"""

    name = "concept_drift"
    label = "Concept drift"
    needs = ("rows", "reference", "scores", "outcomes")
    default = 60
    unit = "% of the loss"
    explained = True
    better = "lower"

    def answer(self, work: Work) -> results.CheckResult:
        """Compare outcomes with scores, segment by segment of each input, with the holdout."""
        from windvane.lifecycle.concept import concept_drift_check

        return concept_drift_check(work.reference, work.current, work.model)
