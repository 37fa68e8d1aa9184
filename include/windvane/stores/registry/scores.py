"""Scores that were published for windows."""

from __future__ import annotations

from typing import Protocol

from windvane.results import (
    Run,
    Scores,
)


class PublishedScores(Protocol):
    """Scores that were published for windows."""

    def add(self, scores: Scores, run: Run) -> None:
        """Make a file of scores the published one of its window."""
        ...

    def latest(self, model: str, window_key: str) -> Scores | None:
        """Return the window's published scores."""
        ...

    def published(
        self, model: str, window_key: str | None = None, version: int | None = None, limit: int | None = None
    ) -> list[Scores]:
        """Return every file of scores that was ever published, the last published first."""
        ...
