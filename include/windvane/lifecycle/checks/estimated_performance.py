"""Estimated performance: what does the champion lose, as far as that can be said without outcomes?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from windvane import results
from windvane.spec import Check

if TYPE_CHECKING:
    from windvane.lifecycle.checks.case import Work


class EstimatedPerformance(Check):
    """What does the champion lose, without outcomes? It states an estimate, and finds nothing."""

    name = "estimated_performance"
    label = "Estimated performance"
    needs = ("rows", "reference", "scores", "past")
    default = 70
    budget = "none"
    explained = True
    better = "lower"

    def answer(self, work: Work) -> results.CheckResult:
        """Estimate the loss from scores and inputs, and hold earlier estimates to their outcomes."""
        from windvane.lifecycle.estimated import estimated_performance_check

        assert work.scored_features is not None
        result, work.estimated = estimated_performance_check(
            work.scored_features, work.scored.scores, work.reference, work.model, work.evidence.past
        )
        return result
