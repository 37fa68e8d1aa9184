"""The rule `memory`: scoring a batch allocates little enough."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from windvane import results
from windvane.lifecycle.rules.case import Case, verdict
from windvane.spec import Task
from windvane.spec.rules import Needs, Rule


class Memory(Rule):
    """Pass when scoring a batch allocates at most so many megabytes at its peak."""

    positional = ("at_most", "rows")

    kind: Literal["memory"] = "memory"
    at_most: float = Field(gt=0)
    """Megabytes (10^6 bytes) at the peak, besides the loaded model."""
    rows: int = Field(default=1000, ge=1, le=100_000)
    """Rows of a batch."""

    def needs(self, task: Task) -> Needs:  # noqa: ARG002  # the same for every task
        """A batch of its rows, measured."""
        return Needs(batches=(self.rows,))

    def judge(self, case: Case) -> results.Verdict:
        """Hold the largest peak to the budget."""
        cost = next((item for item in case.costs if item.rows == self.rows), None)
        if cost is None:
            return verdict(self, "inconclusive", f"scoring {self.rows:,} rows was not measured")
        number = results.Number(
            name=f"memory to score {cost.rows:,} rows",
            value=cost.megabytes,
            unit="MB",
            allowed=f"at most {self.at_most:g}",
            better="lower",
        )
        fact = f"scoring {cost.rows:,} rows allocates {cost.megabytes:.3g} MB, allowed {self.at_most:g}"
        return verdict(self, "pass" if cost.megabytes <= self.at_most else "fail", fact, number)
