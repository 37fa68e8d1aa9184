"""What stands between a version and the pointer: people's answers, shadow scores, promotions in stages."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Protocol

from windvane.results import (
    Approval,
    LiveResult,
    Rollout,
    Run,
    Scores,
    StagedWindow,
)
from windvane.results.people import Answer, ApprovalState, RolloutState


class Trials(Protocol):
    """What stands between a version and the pointer: people's answers, shadow scores, promotions in stages."""

    def ask_approval(
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

    def add_shadow(self, scores: Scores, run: Run) -> None:
        """Keep a challenger's scores of a window, which are not published."""
        ...

    def shadow(self, model: str, window_key: str | None = None, version: int | None = None) -> list[Scores]:
        """Return the latest unpublished scores of each window and version."""
        ...

    def add_live(self, result: LiveResult, run: Run) -> None:
        """Record how a challenger did beside the champion on a window."""
        ...

    def live(self, model: str, version: int | None = None, champion: int | None = None) -> list[LiveResult]:
        """Return the latest result of each window, version and champion, in the order of the windows."""
        ...

    def begin_rollout(
        self,
        model: str,
        number: int,
        shares: Sequence[float],
        margin: float,
        expected_epoch: int,
        run: Run,
        reason: str,
    ) -> Rollout:
        """Begin a promotion in stages; one of the same version at the same epoch is returned as it is, or as it ended.

        Another one that is under way is withdrawn, unless its version is of a newer window. A move of the champion
        ends whichever is under way: `promoted` when its version arrived, else `withdrawn`.

        Raises:
            StaleChampion, OlderWindow, RolledBack, IllegalMove: As `promote`.
        """
        ...

    def rollouts(self, model: str, number: int | None = None) -> list[Rollout]:
        """Return the promotions in stages, with the windows they scored, the newest first."""
        ...

    def stage_window(self, model: str, rollout: int, window_key: str, window_start: datetime, run: Run) -> StagedWindow:
        """Fix the share of the keys that a window is scored with; a window keeps the share it had first.

        Raises:
            IllegalMove: The promotion has ended, and the window was not part of it.
        """
        ...

    def move_rollout(
        self,
        model: str,
        rollout: int,
        run: Run,
        *,
        stage: int | None = None,
        state: RolloutState = "open",
        why: str = "",
    ) -> Rollout:
        """Move a promotion to another stage, or end it; one that has ended stays as it is."""
        ...
