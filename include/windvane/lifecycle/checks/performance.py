"""Performance: is there a sign that a new version would lose less, and would it surely?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from windvane import results
from windvane.lifecycle.checks.saying import unknown
from windvane.spec import Check

if TYPE_CHECKING:
    from windvane.lifecycle.checks.case import Work


class Performance(Check):
    """Would a new version lose less? The only check that retrains at once."""

    name = "performance"
    label = "Performance"
    finding = "recoverable loss"
    needs = ("rows", "reference", "scores", "outcomes", "earlier")
    default = 40
    budget = "half"
    unit = "% of the loss"
    explained = True
    better = "lower"

    def answer(self, work: Work) -> results.CheckResult:
        """Look for the signs: what a recalibration gains beyond the champion's reference, and a loss that rose.

        A sign is a finding. Where one is, the step trains a probe, and its answer stands in the place of this one.
        """
        from windvane.lifecycle.history import sound
        from windvane.lifecycle.performance import performance_check
        from windvane.lifecycle.segments import WHOLE

        known, evidence, model = work.known, work.evidence, work.model
        assert known is not None
        rows, due = len(known.rows), len(work.scored.rows)
        needed = 1 - model.max_missing_outcomes
        if evidence.mature and rows / max(1, due) < needed:
            return unknown(
                self.name,
                f"{rows:,} of {due:,} outcomes are known: too few to judge the loss",
                "The window is opened again when they come.",
                [
                    results.Number(
                        name="outcomes known", value=100 * rows / max(1, due), unit="%", allowed=_at_least(needed)
                    )
                ],
            )
        whole = next(iter(work.reference.segments.get(WHOLE, ())), None)
        result, work.loss = performance_check(
            known.rows,
            known.scores,
            model,
            earlier=evidence.earlier if evidence.mature else (),
            reference=whole,
            recalibration=work.reference.recalibration,
            sound=sound(evidence.past, evidence.version, model),
        )
        return result


def _at_least(share: float) -> str:
    return f"at least {100 * share:.0f} %"
