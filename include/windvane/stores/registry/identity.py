"""Which registry this is: an id that it shares with its artifacts, and with nothing else."""

from __future__ import annotations

from typing import Protocol


class Identity(Protocol):
    """The registry's id, and what tells which artifacts are its own."""

    def get(self) -> str | None:
        """Return the id; None as long as it has none.

        Raises:
            AuditLogBroken: The row of the id is missing, or is there twice.
        """
        ...

    def take(self, wanted: str) -> str:
        """Take an id unless there is one; return the one there is. Of several processes at once, one wins."""
        ...

    def is_empty(self) -> bool:
        """True when no model was ever registered."""
        ...

    def some_artifacts(self) -> list[str]:
        """Return the digests of some artifacts that newest rows refer to; none when no row refers to any."""
        ...
