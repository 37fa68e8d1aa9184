"""Operators on data: take a window's snapshot, and hold it to the expectations."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from windvane import steps
from windvane.orchestration.base import WindvaneOperator, Work


class SnapshotOperator(WindvaneOperator):
    """Take the snapshot of the run's window. Hands on `{window, digest, rows, outcomes}`."""

    def step(self, work: Work) -> dict[str, Any]:
        """Read, check and keep the rows."""
        taken = steps.snapshot(work.model, work.window, work.stores, work.run)
        self.log.info("snapshot %s of %s: %d rows, %d outcomes", taken.digest, taken.window, taken.rows, taken.outcomes)
        return {"window": taken.window, "digest": taken.digest, "rows": taken.rows, "outcomes": taken.outcomes}


class ValidateOperator(WindvaneOperator):
    """Hold a snapshot to the declared expectations. Hands on `{digest, document, expectations}`.

    Args:
        snapshot: Digest of the snapshot.
        kwargs: See `WindvaneOperator`.
    """

    template_fields: Sequence[str] = ("snapshot",)

    def __init__(self, *, snapshot: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.snapshot = snapshot

    def step(self, work: Work) -> dict[str, Any]:
        """Validate; a failed expectation fails the task at once."""
        found = steps.validate(work.model, work.window, self.snapshot, work.stores, work.run)
        self.log.info("all %d expectations hold; the result document is %s", len(found.results), found.document)
        return {"digest": self.snapshot, "document": found.document, "expectations": len(found.results)}
