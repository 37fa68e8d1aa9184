"""What people say: approvals, and the pause of a model's automation."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Protocol

from windvane.results import (
    Approval,
    Pause,
    Run,
)
from windvane.results.people import Answer, ApprovalState


class People(Protocol):
    """What people say: approvals, and the pause of a model's automation."""

    def pause(self, model: str, run: Run, reason: str) -> Pause:
        """Stop a model's automation: until a person resumes it, it promotes nothing and asks for no retrain.

        Return the pause that stands, which is an earlier one where it was paused already.

        Raises:
            IllegalMove: No person, or no reason.
        """
        ...

    def resume(self, model: str, run: Run, reason: str) -> None:
        """Let a model's automation go on.

        Raises:
            IllegalMove: No person, or no reason.
        """
        ...

    def request_approval(
        self, model: str, number: int, within: timedelta, run: Run, deadline: datetime | None = None
    ) -> Approval:
        """Ask a person about a version; the same run finds the question it asked before, while it is open.

        Args:
            model: The model.
            number: A version of which the gate says `needs_approval`.
            within: How long there is to answer.
            run: Who asks.
            deadline: Until when, instead.

        Raises:
            IllegalMove: The gate does not ask for a person.
        """
        ...

    def answer_approval(
        self, model: str, approval: int, state: ApprovalState, answer: Answer, run: Run, reason: str, why: str = ""
    ) -> Approval:
        """Record the answer to a question, once; only a yes may become void later.

        Args:
            model: The model.
            approval: The question.
            state: What the answer comes to.
            answer: What was said.
            run: Who said it.
            reason: Their words.
            why: Why the answer does not count, if it does not.

        Raises:
            IllegalMove: The question was answered otherwise before, or there is none.
        """
        ...

    def approvals(self, model: str, number: int | None = None) -> list[Approval]:
        """Return the questions asked, the newest first."""
        ...
