"""The snapshots of windows, and whether these hold what is expected."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from windvane.results import (
    Run,
    Snapshot,
    Validation,
)


class Snapshots(Protocol):
    """The snapshots of windows, and whether these hold what is expected."""

    def add(self, snapshot: Snapshot, mature: bool, run: Run) -> None:
        """Record a snapshot as its window's latest; once recorded as mature, it stays so.

        Args:
            snapshot: The manifest.
            mature: True when the window's outcomes were due when it was taken.
            run: Who took it.
        """
        ...

    def get(self, model: str, digest: str) -> Snapshot:
        """Return a snapshot, or raise `UnknownSnapshot`."""
        ...

    def get_all(self, model: str, digests: Sequence[str]) -> list[Snapshot]:
        """Return snapshots in this order, or raise `UnknownSnapshot`."""
        ...

    def latest(self, model: str, window_key: str, mature_only: bool) -> Snapshot | None:
        """Return the last snapshot recorded for a window."""
        ...

    def windows(self, model: str) -> list[str]:
        """Return the keys of the windows that have a snapshot."""
        ...

    def add_validation(self, model: str, validation: Validation, run: Run) -> None:
        """Record the outcome of the declared expectations on a snapshot."""
        ...

    def validations(self, model: str, digest: str) -> list[Validation]:
        """Return each outcome that expectations ever had on a snapshot, once."""
        ...
