"""What was erased: digests that stay in the records, and what they stand for now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from windvane.results import Run, Scores, Snapshot, Tombstone


class Erasures(Protocol):
    """What was erased: digests that stay in the records, and what they stand for now."""

    def all(self, model: str) -> list[Tombstone]:
        """Return everything of a model that was erased, the oldest first."""
        ...

    def find(self, digest: str) -> Tombstone | None:
        """Return what stands for an artifact or a snapshot, of whichever model; None where it was not erased."""
        ...

    def present(self, model: str, digest: str) -> str:
        """Return the digest of what a snapshot is now: the last of its successors, or itself."""
        ...

    def add(
        self,
        model: str,
        seen: int,
        tombstones: Sequence[Tombstone],
        snapshots: Mapping[str, Snapshot],
        scores: Sequence[Scores],
        told: Mapping[str, Any],
        run: Run,
    ) -> bool:
        """Record in one transaction what is to go, and what takes its place; nothing where the history went on.

        Args:
            model: Its name.
            seen: The last event that the caller knows of.
            tombstones: What goes.
            snapshots: By the digest of each snapshot that loses rows: what takes its place.
            scores: The files that take the place of current publications, with the publication that each replaces.
            told: What the event says besides.
            run: Who asks, and why.

        Returns:
            False when something was recorded after `seen`: then look again.
        """
        ...

    def retire(self, model: str, seen: int, tombstones: Sequence[Tombstone], told: Mapping[str, Any], run: Run) -> bool:
        """Record in one transaction which files go for their age; nothing where the history went on.

        Args:
            model: Its name.
            seen: The last event that the caller knows of.
            tombstones: What goes. Where one is its own successor, a run may write it again.
            told: What the event says besides.
            run: Who asks.

        Returns:
            False when something was recorded after `seen`: then look again.
        """
        ...
