"""Writes down the registry of the present release, a row in every table: `python -m tests.unit.stores.sql.baseline`.

Its output becomes `baselines/REVISION.sql` when a revision is released, and never changes after that.
"""

from __future__ import annotations

import sqlite3
import sys
import tempfile
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.unit.stores.examples import MODEL, SCHEDULE, evaluated, gate_of, month, scores_of
from tests.unit.stores.sql.test_audit_log import everything
from tests.unit.stores.sql.test_staging import result_of
from windvane.stores.sql import SqlRegistry

_BEGAN = datetime(2013, 1, 2, tzinfo=UTC)


def _trial(registry: SqlRegistry) -> None:
    """Leave a row in the tables of versions on trial too."""
    number = evaluated(registry, 8).version
    registry.versions.add_gate(MODEL, number, gate_of(number, "needs_approval"), SCHEDULE)
    registry.versions.add_explanation(MODEL, number, "sha256:" + "a" * 64, SCHEDULE)
    registry.people.request_approval(MODEL, number, timedelta(days=7), SCHEDULE)
    champion = registry.champions.current(MODEL)
    assert champion is not None
    begun = registry.staging.begin(MODEL, number, (0.05, 0.25), 0.01, champion.epoch, SCHEDULE, "the gate passed")
    registry.staging.stage_window(MODEL, begun.rollout, month(9).key, month(9).start, SCHEDULE)
    registry.staging.add_shadow(scores_of(9, number), SCHEDULE)
    registry.staging.add_live(result_of(), SCHEDULE)


def main() -> None:
    """Print every statement that makes it anew."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "registry.db"
        with closing(SqlRegistry(f"sqlite:///{file}", clock=lambda: _BEGAN)) as registry:
            registry.models.register(MODEL, "sha256:1", {"owner": "risk"}, SCHEDULE)
            everything(registry)
            _trial(registry)
        with closing(sqlite3.connect(file)) as connection:
            sys.stdout.writelines(f"{line}\n" for line in connection.iterdump())


if __name__ == "__main__":
    main()
