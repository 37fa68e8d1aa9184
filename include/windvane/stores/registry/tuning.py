"""Searches: studies, and their trials as rows that one process at a time works on."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Protocol

from windvane.results import Cost, Run, Study, Trial, TrialResult


class Tuning(Protocol):
    """The studies of models; a trial's state changes by compare-and-swap on its claim."""

    def begin(self, study: Study, run: Run) -> Study:
        """Record a study, or return the one that these inputs began before, with what it tried first."""
        ...

    def study(self, model: str, study: str) -> Study | None:
        """Return a study; None where there is none."""
        ...

    def studies(self, model: str, limit: int | None = None) -> list[Study]:
        """Return the studies of a model, the one that changed last first."""
        ...

    def trials(self, model: str, study: str, since: int = 0) -> list[Trial]:
        """Return a study's trials in the order of their numbers, from one number on."""
        ...

    def begin_trial(
        self,
        model: str,
        study: str,
        trial: int,
        parameters: dict[str, Any],
        seed: int,
        owner: str,
        until: datetime,
        run: Run,
    ) -> bool:
        """Begin the next trial; False where another process has begun it."""
        ...

    def take_over(self, model: str, study: str, trial: int, claim: int, owner: str, until: datetime, run: Run) -> bool:
        """Begin again a trial whose process is gone; False where another one has, or it has ended.

        Args:
            model: The model.
            study: The study.
            trial: Its number.
            claim: The claim that was seen: any other one is somebody's who came first.
            owner: The process that begins it.
            until: When it counts as abandoned.
            run: Who asks.
        """
        ...

    def finish(self, model: str, study: str, trial: int, claim: int, result: TrialResult, cost: Cost, run: Run) -> bool:
        """Record what a trial came to; False where another process took it over meanwhile."""
        ...

    def choose(self, model: str, study: str, trial: int, headline: str, run: Run) -> Study:
        """Record the chosen trial, once; a study that has chosen stays as it is."""
        ...
