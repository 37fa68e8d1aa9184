"""The rule `size`: the stored model is small enough."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from windvane import results
from windvane.lifecycle.rules.case import Case, verdict
from windvane.spec.rules import Rule


class Size(Rule):
    """Pass when the stored model has at most so many megabytes."""

    positional = ("at_most",)

    kind: Literal["size"] = "size"
    at_most: float = Field(gt=0)
    """Megabytes (10^6 bytes)."""

    def judge(self, case: Case) -> results.Verdict:
        """Compare the stored model's size."""
        size = case.version.artifact_bytes / 1e6
        number = results.Number(
            name="stored model", value=size, unit="MB", allowed=f"at most {self.at_most:g}", better="lower"
        )
        fact = f"the stored model has {size:.3g} MB, allowed {self.at_most:g}"
        return verdict(self, "pass" if size <= self.at_most else "fail", fact, number)
