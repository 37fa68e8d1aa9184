"""Scored in time: were the window's scores published when consumers counted on them?"""

from __future__ import annotations

from windvane import results
from windvane.lifecycle.checks.case import Work
from windvane.lifecycle.checks.saying import unknown
from windvane.spec import Check

RUNBOOK = "docs/monitor.md#not-scored-in-time"


class Scored(Check):
    """Were scores published in time? It is asked of every window, named or not, and its finding always alerts."""

    name = "scored"
    label = "Scored in time"
    finding = "missing scores"
    needs = ()
    budget = "none"

    def answer(self, work: Work) -> results.CheckResult:
        """Tell that scores are missing, or that they are there."""
        from windvane.results.reason import fitting

        evidence = work.evidence
        if evidence.due is not None:
            due = f"{evidence.due:%Y-%m-%d %H:%M} UTC"
            return results.CheckResult(
                check=self.name,
                outcome="finding",
                headline=fitting(f"Window {evidence.window} was not scored in time: due {due}"),
                detail="Consumers have no scores of it. Look at the score run, then score it; it is monitored again"
                f" at once. Runbook: {RUNBOOK}",
            )
        if evidence.scored is None:
            return unknown(self.name, f"Window {evidence.window} has no scores, and none are due")
        return results.CheckResult(check=self.name, outcome="ok", headline=f"Window {evidence.window} was scored")
