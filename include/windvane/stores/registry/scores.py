"""Scores that were published for windows: each publication numbered, the last one of a window current."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from windvane.results import Publication, Run, Scores


class PublishedScores(Protocol):
    """Scores that were published for windows."""

    def add(self, scores: Scores, run: Run) -> Publication:
        """Make a file of scores the current publication of its window, and return it.

        A file that is current already is not published again: its publication is the answer.

        Raises:
            AlreadyPublished: Another version's scores are current, and `scores.replaces` does not name them.
        """
        ...

    def current(self, model: str, window_key: str, as_of: datetime | None = None) -> Publication | None:
        """Return the window's current publication: now, or the one that was current at a moment."""
        ...

    def publications(self, model: str, window_key: str | None = None) -> list[Publication]:
        """Return every publication, of a window or of all, the last one first."""
        ...

    def windows(self, model: str) -> set[str]:
        """Return the keys of the windows that have a publication."""
        ...

    def published(
        self, model: str, window_key: str | None = None, version: int | None = None, limit: int | None = None
    ) -> list[Scores]:
        """Return every file of scores that was ever published, the last published first."""
        ...
