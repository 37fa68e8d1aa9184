"""Operators on data: take a window's snapshot, and hold it to the expectations."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from windvane.errors import ExpectationsFailed
from windvane.orchestration.base import WindvaneOperator, Work
from windvane.orchestration.lineage import SNAPSHOT

if TYPE_CHECKING:
    from windvane.results import ExpectationResult


class SnapshotOperator(WindvaneOperator):
    """Take the snapshot of the run's window. XCom: `window`, `snapshot` (digest), `rows`, `outcomes`."""

    def step(self, work: Work) -> dict[str, Any]:
        """Read, check and keep the rows."""
        from windvane import steps

        taken = work.call(steps.snapshot, work.model, work.window, work.stores, work.run)
        source = work.model.source
        self.noted.inputs += work.beyond(source, source.path)
        work.makes(SNAPSHOT, taken.window, version=taken.digest, rows=taken.rows, columns=taken.columns)
        self.log.info("%s: %s rows, %s with an outcome: %s", taken.window, taken.rows, taken.outcomes, taken.digest)
        return {"window": taken.window, "snapshot": taken.digest, "rows": taken.rows, "outcomes": taken.outcomes}


class OnSnapshotOperator(WindvaneOperator):
    """Base of operators on one snapshot.

    Args:
        snapshot: Digest of the snapshot (templated; `SnapshotOperator(...).xcom("snapshot")`).
        kwargs: See `WindvaneOperator`.
    """

    template_fields: Sequence[str] = (*WindvaneOperator.template_fields, "snapshot")

    def __init__(self, *, snapshot: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.snapshot = snapshot


class ValidateOperator(OnSnapshotOperator):
    """Hold a snapshot to the declared expectations. XCom: `snapshot`, `document` (digest of the full result)."""

    def step(self, work: Work) -> dict[str, Any]:
        """Validate; the task fails at once when an expectation does that stops scoring; the document is always kept."""
        from windvane import steps

        try:
            found = work.call(steps.validate, work.model, work.window, self.snapshot, work.stores, work.run)
        except ExpectationsFailed:
            kept = work.stores.registry.snapshots.validations(work.model.name, self.snapshot)
            self._note(work, kept[-1].results if kept else ())
            raise
        self._note(work, found.results)
        for item in found.results:
            say = self.log.info if item.success else self.log.warning
            say("%s %s, severity %s", item, "holds" if item.success else "does not hold", item.severity)
        return {"snapshot": self.snapshot, "document": found.document}

    def _note(self, work: Work, results: tuple[ExpectationResult, ...]) -> None:
        work.reads(SNAPSHOT, work.window.key, version=self.snapshot, assertions=results)
