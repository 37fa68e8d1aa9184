"""The rule `min_rows`: the holdout has enough rows."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from windvane import results
from windvane.lifecycle.rules.case import Case, verdict
from windvane.spec.rules import Rule


class MinRows(Rule):
    """Pass when the holdout has enough rows."""

    positional = ("rows",)

    kind: Literal["min_rows"] = "min_rows"
    rows: int = Field(ge=1)
    """Fewest rows of the holdout."""

    def judge(self, case: Case) -> results.Verdict:
        """Count the holdout."""
        rows = case.evaluation.rows
        number = results.Number(name="holdout rows", value=rows, allowed=f"at least {self.rows:,}", better="higher")
        fact = f"the holdout has {rows:,} rows, needed {self.rows:,}"
        return verdict(self, "pass" if rows >= self.rows else "fail", fact, number)
