"""The rule `custom`: a function of the user's own."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import field_validator

from windvane import results
from windvane.lifecycle.rules.case import Case, verdict
from windvane.lifecycle.wording import shown
from windvane.spec import Task
from windvane.spec.base import checked_path
from windvane.spec.rules import Needs, Rule

_OUTCOMES = ("pass", "fail", "inconclusive")


class Custom(Rule):
    """A rule of the user's own: a function that gets the evaluation and says yes, no, or why it cannot say."""

    positional = ("path",)

    kind: Literal["custom"] = "custom"
    path: str
    """Import path of a function `(evaluation) -> bool`, or `-> (outcome, sentence)` with the outcome `pass`, `fail`
    or `inconclusive`. What raises is inconclusive."""

    @field_validator("path")
    @classmethod
    def _path(cls, value: str) -> str:
        return checked_path(value)

    def needs(self, task: Task) -> Needs:  # noqa: ARG002  # the same for every task
        """The function."""
        return Needs(functions=(self.path,))

    def judge(self, case: Case) -> results.Verdict:
        """Ask the function; what raises, or answers something else, is inconclusive."""
        try:
            answer: Any = case.own[self.path](case.evaluation)
        except Exception as error:  # noqa: BLE001  # a user's function may raise anything; the verdict says what
            what = type(error).__name__
            return verdict(self, "inconclusive", f"{self.path} raised {what}", detail=f"{what}: {error}")
        if isinstance(answer, bool):
            return verdict(self, "pass" if answer else "fail", f"{self.path} says {'yes' if answer else 'no'}")
        if isinstance(answer, tuple) and len(answer) == 2 and answer[0] in _OUTCOMES:
            return verdict(self, answer[0], f"{self.path}: {answer[1]}")
        detail = f"It answered {shown(answer)}; it must answer True, False or (outcome, sentence)."
        return verdict(self, "inconclusive", f"{self.path} gave no answer that counts", detail=detail)
