"""Signed statements about a model's audit log, and about files that hold one."""

from __future__ import annotations

from datetime import datetime

from windvane.results.record import Record


class Checkpoint(Record):
    """A signed statement: at this moment, a model's audit log ended with this event."""

    format: int = 1
    registry: str
    """The registry's id."""
    model: str
    """The name that its records have."""
    seq: int
    """The number of the last event."""
    hash: str
    """Its hash."""
    at: datetime
    """When the statement was made."""
    file: str = ""
    """Digest of the exported file that it vouches for; empty for a statement about the audit log alone."""
    signer: str = ""
    """The id of the key that signed it."""
    signature: str = ""
    """Of the statement without this field."""

    @property
    def signed(self) -> bytes:
        """The bytes that the signature is of."""
        return self.model_copy(update={"signature": ""}).to_json().encode()

    @property
    def name(self) -> str:
        """The name of its file in a place for statements."""
        return f"{self.model}/{self.seq:012}-{self.hash.removeprefix('sha256:')[:16]}.json"


class Witnessed(Record):
    """What was written where."""

    checkpoint: Checkpoint
    places: tuple[str, ...]
    """Where it is kept now; where it was kept before, too."""
