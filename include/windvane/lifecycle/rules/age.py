"""The rule `age`: the data that a version was trained on are new enough."""

from __future__ import annotations

from datetime import timedelta
from typing import Literal

from pydantic import field_validator

from windvane import results
from windvane.lifecycle.rules.case import Case, verdict
from windvane.spec.rules import Rule
from windvane.windows import parse_duration


class Age(Rule):
    """Pass when the newest row the version was trained on is not too old at the moment the run stands at."""

    positional = ("at_most",)

    kind: Literal["age"] = "age"
    at_most: str
    """A duration such as `45d`."""

    @field_validator("at_most")
    @classmethod
    def _duration(cls, value: str) -> str:
        if not parse_duration(value):
            raise ValueError("an age needs some time: write '45d' or '12h'")
        return value

    @property
    def longest(self) -> timedelta:
        """The bound."""
        return parse_duration(self.at_most)

    def judge(self, case: Case) -> results.Verdict:
        """Compare the newest training row with the run's moment."""
        if case.as_of is None:
            return verdict(self, "inconclusive", "the moment this run stands at is not known")
        old = case.as_of - case.version.learned_until
        days, limit = old.total_seconds() / 86_400, self.longest.total_seconds() / 86_400
        number = results.Number(
            name="age of the newest training row",
            value=days,
            unit="days",
            allowed=f"at most {limit:g}",
            better="lower",
        )
        fact = f"the newest training row is {days:.1f} days old at {case.as_of:%Y-%m-%d}, allowed {limit:g}"
        return verdict(self, "pass" if old <= self.longest else "fail", fact, number)
