"""The rule `latency`: scoring a batch is fast enough."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from windvane import results
from windvane.lifecycle.rules.case import Case, verdict
from windvane.spec import Task
from windvane.spec.rules import Needs, Rule


class Latency(Rule):
    """Pass when scoring a batch is surely fast enough on the machine that runs the gate."""

    positional = ("at_most", "rows")

    kind: Literal["latency"] = "latency"
    at_most: float = Field(gt=0)
    """Milliseconds a batch: the bad end of the median's 95 % interval."""
    rows: int = Field(default=1000, ge=1, le=100_000)
    """Rows of a batch."""

    def needs(self, task: Task) -> Needs:  # noqa: ARG002  # the same for every task
        """A batch of its rows, timed."""
        return Needs(batches=(self.rows,))

    def judge(self, case: Case) -> results.Verdict:
        """Hold the bad end of the median's interval to the budget."""
        cost = next((item for item in case.costs if item.rows == self.rows), None)
        if cost is None:
            return verdict(self, "inconclusive", f"scoring {self.rows:,} rows was not measured")
        outcome: results.RuleOutcome = (
            "pass" if cost.high <= self.at_most else "fail" if cost.low > self.at_most else "inconclusive"
        )
        number = results.Number(
            name=f"time to score {cost.rows:,} rows",
            value=cost.milliseconds,
            low=cost.low,
            high=cost.high,
            unit="ms",
            allowed=f"at most {self.at_most:g}",
            better="lower",
        )
        fact = f"scoring {cost.rows:,} rows takes {cost.milliseconds:.3g} ms, allowed {self.at_most:g}"
        detail = f"The median of {cost.repeats} repeats and its 95 % interval, on {cost.machine}."
        return verdict(self, outcome, fact, number, detail=detail)
