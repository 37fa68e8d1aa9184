"""The rule `bound`: a metric surely within a bound."""

from __future__ import annotations

from typing import Literal

from windvane import results
from windvane.lifecycle.rules.case import Case
from windvane.lifecycle.rules.interval import bounded
from windvane.spec.rules import MetricRule, Names


class Bound(MetricRule):
    """Pass when the bad end of the metric's 95 % interval is within a bound."""

    positional = ("metric",)

    kind: Literal["bound"] = "bound"
    at_most: float | None = None
    """The largest value that is surely not exceeded, in the unit of the metric."""
    at_least: float | None = None
    """The smallest value that is surely reached, in the unit of the metric."""

    def problems(self, names: Names) -> list[str]:
        """Exactly one of the two bounds."""
        found = super().problems(names)
        if (self.at_most is None) == (self.at_least is None):
            found.append(f"gate rule 'bound' on {self.metric!r} needs one of at_most, at_least")
        return found

    def judge(self, case: Case) -> results.Verdict:
        """Hold the bad end of a metric's 95 % interval to a bound."""
        limit = self.at_most if self.at_most is not None else self.at_least
        assert limit is not None  # one of the two is declared: the spec checks it
        return bounded(self, case, self.metric_for(case.model.task), limit, upper=self.at_most is not None)
