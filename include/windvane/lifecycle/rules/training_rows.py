"""The rule `training_rows`: the version was trained on enough rows."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from windvane import results
from windvane.lifecycle.rules.case import Case, verdict
from windvane.spec.rules import Rule


class TrainingRows(Rule):
    """Pass when the version was trained on enough rows."""

    positional = ("at_least",)

    kind: Literal["training_rows"] = "training_rows"
    at_least: int = Field(ge=1)
    """Fewest rows it was trained on."""

    def judge(self, case: Case) -> results.Verdict:
        """Count the training rows."""
        rows = case.version.rows
        number = results.Number(
            name="training rows", value=rows, allowed=f"at least {self.at_least:,}", better="higher"
        )
        fact = f"trained on {rows:,} rows, needed {self.at_least:,}"
        return verdict(self, "pass" if rows >= self.at_least else "fail", fact, number)
