"""The rule `better_than_baseline`: a version that has learnt something."""

from __future__ import annotations

from typing import Literal

from windvane import results
from windvane.lifecycle.rules.case import Case
from windvane.lifecycle.rules.margin import comparison_of, paired
from windvane.spec.rules import MarginRule


class BetterThanBaseline(MarginRule):
    """Pass when the metric is surely better than that of a baseline without features (class shares, or mean)."""

    positional = ("metric", "margin")

    kind: Literal["better_than_baseline"] = "better_than_baseline"

    def judge(self, case: Case) -> results.Verdict:
        """Ask for a sure win over the baseline without features."""
        name = self.metric_for(case.model.task)
        return paired(self, comparison_of(case, name, "baseline"), case.metric(name), "the baseline", give=False)
