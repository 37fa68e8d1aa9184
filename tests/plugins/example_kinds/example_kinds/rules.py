"""The gate rule `even_rows`."""

from __future__ import annotations

from typing import Literal

from windvane.lifecycle.rules import Case, verdict
from windvane.results import Number, Verdict
from windvane.spec.rules import Rule


class EvenRows(Rule):
    """Pass when at most some rows are left over after the holdout is parted into equal groups."""

    positional = ("groups", "at_most")

    kind: Literal["even_rows"] = "even_rows"
    groups: int
    at_most: int = 0

    def judge(self, case: Case) -> Verdict:
        """Count what is left over."""
        left = case.evaluation.rows % self.groups
        number = Number(name="rows left over", value=left, unit="rows", allowed=f"at most {self.at_most}")
        return verdict(self, "pass" if left <= self.at_most else "fail", f"{left} rows are left over", number)
