"""Records of upkeep: what `verify` finds, what `sweep` takes away, what an export holds, where a prediction is from."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from windvane.results.record import Record


class Finding(Record):
    """One thing that is not as it was written: what, what it means, and what to do."""

    error: str
    """Name of the error, as in `windvane.errors`."""
    model: str
    cause: str
    means: str
    remedy: str


class Verified(Record):
    """What `verify` looked at in one model, and what it found."""

    model: str
    versions: int
    artifacts: int
    """Different artifacts that were re-hashed; all of them unless something was found and the walk ended there."""
    events: int
    problems: tuple[Finding, ...]


class Swept(Record):
    """One thing in a store that nothing refers to."""

    kind: Literal["artifact", "partial write", "upload", "building version"]
    name: str
    """Digest, path or upload, or `loans v3`."""
    bytes: int | None
    since: datetime
    """When it was last written."""
    why: str
    removed: bool = False
    kept: str = ""
    """Why it stays for now; empty when it may go."""
