"""Limits: does the champion keep to what people said it must?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from windvane import results
from windvane.spec import Check

if TYPE_CHECKING:
    from windvane.lifecycle.checks.case import Work


class Limits(Check):
    """Does the champion keep to the declared limits? It is asked of every window with limits, named or not."""

    name = "limits"
    label = "Limits"
    finding = "broken limits"
    needs = ("rows", "reference", "scores", "outcomes")
    budget = "none"

    def answer(self, work: Work) -> results.CheckResult:
        """Hold the window's scores to each limit, with its interval."""
        from windvane.lifecycle.limits import limits_check

        assert work.known is not None
        evidence = work.evidence
        return limits_check(work.known, work.reference, evidence.evaluation, work.model, evidence.own_metrics)
