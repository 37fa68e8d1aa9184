"""What there is to learn from: models, the snapshots of their windows, and whether these hold."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Protocol

from windvane.results import (
    Record,
    Run,
    Snapshot,
    Validation,
)


class ModelRow(Record):
    """A model as it was last registered."""

    name: str
    owner: str
    description: str
    task: str
    spec_digest: str
    registered_at: datetime
    """When it was first registered."""
    spec: dict[str, Any]


class Data(Protocol):
    """What there is to learn from: models, the snapshots of their windows, and whether these hold."""

    def register(self, model: str, spec_digest: str, spec: dict[str, Any], run: Run) -> None:
        """Make a model known, or note that its spec changed."""
        ...

    def models(self) -> list[ModelRow]:
        """Return all models, by name."""
        ...

    def model(self, model: str) -> ModelRow:
        """Return one model."""
        ...

    def add_snapshot(self, snapshot: Snapshot, mature: bool, run: Run) -> None:
        """Record a snapshot as its window's latest; once recorded as mature, it stays so.

        Args:
            snapshot: The manifest.
            mature: True when the window's outcomes were due when it was taken.
            run: Who took it.
        """
        ...

    def snapshot(self, model: str, digest: str) -> Snapshot:
        """Return a snapshot, or raise `UnknownSnapshot`."""
        ...

    def snapshots(self, model: str, digests: Sequence[str]) -> list[Snapshot]:
        """Return snapshots in this order, or raise `UnknownSnapshot`."""
        ...

    def latest_snapshot(self, model: str, window_key: str, mature_only: bool) -> Snapshot | None:
        """Return the last snapshot recorded for a window."""
        ...

    def add_validation(self, model: str, validation: Validation, run: Run) -> None:
        """Record the outcome of the declared expectations on a snapshot."""
        ...
