"""The rule `not_worse_than_champion`: surely not worse, by more than a margin."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from windvane import results
from windvane.lifecycle.rules.case import Case
from windvane.lifecycle.rules.margin import beside_champion
from windvane.spec.rules import MarginRule


class NotWorseThanChampion(MarginRule):
    """Pass when the version is surely not worse than the champion by more than the margin (paired, one-sided 95 %)."""

    positional = ("metric", "margin")
    usual: ClassVar[Mapping[str, Any]] = {"margin": 0.01}

    kind: Literal["not_worse_than_champion"] = "not_worse_than_champion"

    def judge(self, case: Case) -> results.Verdict:
        """Give away no more than the margin."""
        return beside_champion(self, case, give=True)
