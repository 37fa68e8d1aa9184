"""Records of upkeep: what `verify` finds, what `sweep` takes away, what an export holds, where a prediction is from."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from windvane.results.people import Approval
from windvane.results.record import Record
from windvane.results.versions import Evaluation, Promotion, Version
from windvane.results.watching import Event, Scores


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

    kind: Literal["artifact", "unfinished write", "unfinished build"]
    name: str
    """Digest; temporary file or upload; or model, window and fingerprint."""
    bytes: int | None
    since: datetime
    """When it was last written."""
    why: str
    removed: bool = False
    kept: str = ""
    """Why it stays for now; empty when it may go."""


class TracedSnapshot(Record):
    """One snapshot that a version was trained on."""

    digest: str
    window: str
    rows: int
    outcomes: int


class Origin(Record):
    """All that a version comes from, and who let it through."""

    version: Version
    snapshots: tuple[TracedSnapshot, ...]
    evaluation: Evaluation | None
    explanation: str | None = None
    """Digest of what its scores rest on, where that was worked out."""
    approvals: tuple[Approval, ...] = ()
    """What people were asked about it, and who answered, when, in which words."""
    promotions: tuple[Promotion, ...]
    """Its moves to champion, the oldest first: who promoted it or went back to it, when, and in which words."""
    events: tuple[Event, ...]
    """Every event of the audit log that concerns it, the oldest first."""


class Lineage(Record):
    """Where a prediction, the scores of a window, or a version comes from."""

    model: str
    key: str | None = None
    prediction: dict[str, Any] | None = None
    """The row of the scores' file that has the key."""
    scores: Scores | None = None
    superseded: tuple[Scores, ...] = ()
    """Scores of the window that were published before, the newest first."""
    snapshot: TracedSnapshot | None = None
    """The rows that were scored."""
    origin: Origin


class Reproduced(Record):
    """What became of a version that was made again from what it was made of."""

    model: str
    version: int
    digest: str
    """Digest of the stored model."""
    again: str
    """Digest of the model made again."""
    same: bool
    differs: tuple[str, ...]
    """What is not as it was: code, libraries, the spec, the profile."""


class Moved(Record):
    """A model's history that was exported or imported."""

    model: str
    rows: int
    artifacts: int
    bytes: int
    """Length of the file."""
    digest: str
    """Hash of the audit log's last event: the same history, the same digest."""
    known: bool = False
    """Import: the very same history was there already."""
