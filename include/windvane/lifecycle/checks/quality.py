"""Data quality: is a window's data broken, rather than the world changed?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from windvane import results
from windvane.lifecycle.checks.saying import unknown
from windvane.spec import Check

if TYPE_CHECKING:
    from windvane.lifecycle.checks.case import Work


class Quality(Check):
    """Is the data broken? Broken data alerts, and never retrains."""

    name = "quality"
    label = "Data quality"
    finding = "broken data"
    needs = ("usual_rows",)  # without rows, or a version, what the input checks refused is still an answer
    default = 10
    unit = "% of the rows"
    better = "lower"

    def answer(self, work: Work) -> results.CheckResult:
        """Look at rows and columns; at a window without rows, whether that is usual."""
        from windvane.lifecycle.quality import as_good, broken, quality_check, refused, same_outcomes, silence_check

        evidence = work.evidence
        if evidence.problems and (evidence.rows is None or evidence.reference is None):
            return broken(refused(evidence.problems), None)
        if evidence.empty:
            return silence_check(evidence.window, evidence.usual_rows, idle=evidence.idle)
        lacking = work.lacking(("rows", "reference"))
        if lacking or evidence.rows is None:
            return unknown(self.name, f"Window {evidence.window} {lacking}: nothing to compare")
        answer, work.odd = quality_check(
            evidence.rows,
            work.reference,
            work.current,
            work.model,
            window=evidence.window,
            usual_rows=evidence.usual_rows,
            alike=evidence.alike,
            problems=evidence.problems,
            before=evidence.before,
            same_outcomes=same_outcomes(work.known, work.reference, work.model),
            as_good=as_good(work.known, work.reference, work.model),
        )
        return answer
