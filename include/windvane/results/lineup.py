"""The line-up of a model: its decided versions in the order of their windows, as the choice of a champion sees them."""

from __future__ import annotations

from datetime import datetime

from windvane.results.judging import GateOutcome
from windvane.results.record import Record
from windvane.results.states import VersionState


class Entry(Record):
    """A version in the line-up."""

    version: int
    window: str
    window_end: datetime
    trained_until: datetime
    state: VersionState
    eligible: bool = False
    settled: int = 0
    """The event that decided on it first; 0 for one that arrives."""
    decision: GateOutcome | None = None
    """The gate's, beside `beside`."""
    beside: int | None = None
    """The version that the gate compared it with; 0 for none; None when that is not known, as for older records."""

    @property
    def place(self) -> tuple[datetime, int]:
        """Where it stands: by its window, then by its number."""
        return self.window_end, self.version


class Barrier(Record):
    """A decision of a person: nothing that was decided before it is decided again."""

    barrier: int
    """The event."""
    kind: str
    """`promotion`, `rollback`, `refusal` or `pause`."""
    window_end: datetime
    """Of the latest window that it is about: what arrives behind it later has no effect beyond it."""
    actor: str


class Lineup(Record):
    """Everything that decides which versions are eligible, and which one is champion."""

    model: str
    epoch: int = 0
    champion: int | None = None
    entries: tuple[Entry, ...] = ()
    """Those that were decided on, and the one that arrives, in their order."""
    barriers: tuple[Barrier, ...] = ()


class Reconsidered(Record):
    """A version whose state follows from the line-up anew."""

    version: int
    window: str
    state: VersionState
    """`champion` and `archived` are eligible; `rejected` and `evaluated` are not."""
    reason: str


class Outcome(Record):
    """What the line-up comes to."""

    champion: int | None
    changes: tuple[Reconsidered, ...] = ()
    """The one that arrives, and those decided before whose state changes, in their order."""
    stopped: Barrier | None = None
    """The decision of a person beyond which the arrival changes nothing."""
