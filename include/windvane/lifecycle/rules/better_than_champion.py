"""The rule `better_than_champion`: surely better, by more than a margin."""

from __future__ import annotations

from typing import Literal

from windvane import results
from windvane.lifecycle.rules.case import Case
from windvane.lifecycle.rules.margin import beside_champion
from windvane.spec.rules import MarginRule


class BetterThanChampion(MarginRule):
    """Pass when the version is surely better than the champion by more than the margin (paired, one-sided 95 %)."""

    positional = ("metric", "margin")

    kind: Literal["better_than_champion"] = "better_than_champion"

    def judge(self, case: Case) -> results.Verdict:
        """Ask for more than the margin."""
        return beside_champion(self, case, give=False)
