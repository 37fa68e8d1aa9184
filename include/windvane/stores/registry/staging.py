"""What stands between a version and the pointer: shadow scores, live comparisons, promotions in stages."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from windvane.results import (
    LiveResult,
    Rollout,
    Run,
    Scores,
    StagedWindow,
)
from windvane.results.people import RolloutState


class Staging(Protocol):
    """What stands between a version and the pointer: shadow scores, live comparisons, promotions in stages."""

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

    def begin(
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

    def advance(
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
