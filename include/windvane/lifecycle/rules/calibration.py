"""The rule `calibration`: probabilities that mean what they say."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from windvane import results
from windvane.lifecycle.rules.case import Case
from windvane.lifecycle.rules.interval import bounded
from windvane.spec import Task
from windvane.spec.rules import Names, Needs, Rule

_METRIC = "calibration_error"


class Calibration(Rule):
    """Pass when the calibration error (ten bins of equal count) is surely at most the bound."""

    positional = ("at_most",)

    kind: Literal["calibration"] = "calibration"
    at_most: float = Field(default=0.05, gt=0, lt=1)
    """The largest calibration error, a share."""

    def problems(self, names: Names) -> list[str]:
        """Probabilities of two classes only."""
        return [] if names.task == "binary" else ["gate rule 'calibration' needs a binary task"]

    def needs(self, task: Task) -> Needs:  # noqa: ARG002  # the same for every task
        """The calibration error."""
        return Needs(metrics=(_METRIC,))

    def judge(self, case: Case) -> results.Verdict:
        """Hold the calibration error's upper end to the bound."""
        return bounded(self, case, _METRIC, self.at_most, upper=True)
