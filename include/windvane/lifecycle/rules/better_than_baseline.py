"""The rule `better_than_baseline`: a version that has learnt something."""

from __future__ import annotations

from typing import Literal

from windvane import results
from windvane.lifecycle.rules.case import Case
from windvane.lifecycle.rules.margin import beside_champion, comparison_of, paired
from windvane.spec.rules import MarginRule

_FAR = 0.1
"""Share of the champion's loss that such a version surely has to win: a small step is no way out of a bad place."""


class BetterThanBaseline(MarginRule):
    """Pass when the metric is surely better than that of a baseline without features (class shares, or mean).

    A version that does not, and surely loses a tenth less than the champion, passes, too: to reject it would leave one
    in place that loses far more. The verdict says so, and the monitor alerts where a champion is worse than a constant.
    """

    positional = ("metric", "margin")

    kind: Literal["better_than_baseline"] = "better_than_baseline"

    def judge(self, case: Case) -> results.Verdict:
        """Ask for a sure win over the baseline without features, or else over the champion."""
        name = self.metric_for(case.model.task)
        found = paired(self, comparison_of(case, name, "baseline"), case.metric(name), "the baseline", give=False)
        if found.outcome == "pass" or case.evaluation.champion is None:
            return found
        plain = self.model_copy(update={"margin": _FAR, "relative": True})
        beside = beside_champion(plain, case, give=False)
        if beside.outcome != "pass" or not beside.numbers:
            return found
        why = f"{case.comparison_version} is surely far worse: to reject would keep it."
        other, so = case.comparison_version, "perhaps" if found.outcome == "inconclusive" else "not"
        return found.model_copy(
            update={
                "outcome": "pass",
                "headline": f"{name} better than {other}, {so} than the baseline: pass",
                "numbers": (*found.numbers, *beside.numbers),
                "detail": f"{found.detail} {why} {beside.detail}".strip(),
            }
        )
