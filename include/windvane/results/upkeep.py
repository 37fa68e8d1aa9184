"""Records of upkeep: what `verify` finds, what `sweep` takes away, what an export holds, where a prediction is from."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from windvane.results.judging import Evaluation, GateOutcome
from windvane.results.people import Approval
from windvane.results.reason import Reason
from windvane.results.record import Record
from windvane.results.versions import Promotion, Version
from windvane.results.watching import Event, Publication


class Finding(Record):
    """One thing that is not as it was written: what, what it means, and what to do."""

    error: str
    """Name of the error, as in `windvane.errors`."""
    model: str
    cause: str
    means: str
    remedy: str


class Tombstone(Record):
    """What stands for an artifact, or a snapshot, that is gone on purpose: its digest stays in the records."""

    model: str
    digest: str
    kind: str
    """`snapshot`, `snapshot part`, `scores`, `explanation`, `profile`, `validation document`, `report`."""
    successor: str = ""
    """Digest of the same without what was erased; empty where nothing took its place. Of a document, report or
    explanation that went for its age: its own, for a run may write it again."""
    removed: int = 0
    """Rows that it had and its successor has not."""
    remaining: int = 0
    """Rows of the successor."""
    how: Literal["erased", "retired"] = "erased"
    """By `windvane erase`; or by its age, which the spec declares."""
    at: datetime | None = None
    actor: str = ""
    reason: str = ""

    @property
    def told(self) -> str:
        """When, by whom and why."""
        when = f"{self.at:%Y-%m-%d %H:%M} UTC" if self.at else "an unknown moment"
        if self.how == "retired":
            return f"removed on {when} by retention"
        return f"erased on {when}, by {self.actor}: {self.reason}"


class Redelivery(Record):
    """A place outside the registry that has scores of erased rows, or had them."""

    window: str
    place: str
    done: bool
    """True where the current publication, without those rows, was delivered there."""
    left: str = ""
    """What is left to do by hand."""


class Erasure(Record):
    """What `erase` found, and did."""

    model: str
    done: bool
    """False where it only looked."""
    keys: int
    rows: int
    """Rows that went from snapshots and scores, each file counted."""
    windows: tuple[str, ...]
    tombstones: tuple[Tombstone, ...]
    versions: tuple[int, ...]
    """Versions that were trained on such rows, now or at an earlier erasure of the same snapshots."""
    request: str = ""
    """The retrain that was asked for."""
    deliveries: tuple[Redelivery, ...] = ()
    removed: int = 0
    """Files that were removed from the store."""
    kept: tuple[str, ...] = ()
    """What is still there, and why."""


class Verified(Record):
    """What `verify` looked at in one model, and what it found."""

    model: str
    versions: int
    artifacts: int
    """Different artifacts that were re-hashed; all of them unless something was found and the walk ended there."""
    events: int
    problems: tuple[Finding, ...]
    erased: tuple[str, ...] = ()
    """Each erasure that the audit log tells: when, by whom and why, and what went."""
    upto: int = 0
    """The last event whose hash was recomputed; 0 where the audit log is broken."""


class Verification(Record):
    """What the registry keeps of a verification: who found what, and of which audit log."""

    model: str
    upto: int
    """The last event of the audit log that was looked at."""
    hash: str
    """Its hash, which is of all events before it too."""
    at: datetime
    actor: str
    everything: bool
    """True where files were proved too, by `windvane verify`; False for the audit log and its rows alone."""
    problem: str
    """The first thing that was not as written; empty where nothing was."""
    holds: bool = True
    """False when the event of that number has another hash now, or is gone: then nothing is verified."""


class Swept(Record):
    """One thing in a store that nothing refers to, or a stable path that does not lead to what is current."""

    kind: Literal["artifact", "unfinished write", "unfinished build", "pointer", "expired"]
    name: str
    """Digest; temporary file or upload; model, window and fingerprint; or the pointer's path."""
    bytes: int | None
    since: datetime
    """When it was last written."""
    why: str
    removed: bool = False
    """True for what was taken away; of a pointer, that it was written anew."""
    kept: str = ""
    """Why it stays for now; empty when it may go."""


class TracedSnapshot(Record):
    """One snapshot that a version was trained on."""

    digest: str
    window: str
    rows: int
    outcomes: int
    erased: str = ""
    """When rows of it were erased, by whom and why; empty where none were."""


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


class Published(Record):
    """One publication of a window, and what it says of the key that is traced."""

    publication: Publication
    current: bool
    """True for the one that consumers read: now, or at the moment that was asked about."""
    prediction: dict[str, Any] | None = None
    """The key's row in it; None where it has none, and where no key is traced."""


class Lineage(Record):
    """Where a prediction, the scores of a window, or a version comes from."""

    model: str
    key: str | None = None
    as_of: datetime | None = None
    """The moment that was asked about; None for now."""
    prediction: dict[str, Any] | None = None
    """The key's row in the current publication; None where only others of the window have it."""
    scores: Publication | None = None
    """The window's current publication, at that moment."""
    publications: tuple[Published, ...] = ()
    """Every publication of the window until now, the oldest first."""
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


class Received(Record):
    """What became of a version that another registry made."""

    model: str
    version: int
    """Its number here."""
    number: int
    """Its number there."""
    trained: str
    """The window that it was trained for there."""
    window: str
    """The window that it was judged on here."""
    digest: str
    """Digest of its stored model."""
    decision: GateOutcome
    reasons: tuple[Reason, ...]
    champion: int | None
    """The champion here after that."""
    epoch: int
    signer: str = ""
    """Whose signature of the file counted; empty: nobody's."""


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
    signer: str = ""
    """Who vouches for the file; of an import, by the name of the key. Empty for nobody whose signature counts."""
