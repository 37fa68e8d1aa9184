"""Writes down the registry of the present release, a row in every table: `python -m tests.unit.stores.sql.baseline`.

Its output becomes `baselines/REVISION.sql` when a revision is released, and never changes after that.
"""

from __future__ import annotations

import sqlite3
import sys
import tempfile
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from tests.unit.stores.examples import MODEL, SCHEDULE
from tests.unit.stores.sql.test_audit_log import everything
from windvane.stores.sql import SqlRegistry

_BEGAN = datetime(2013, 1, 2, tzinfo=UTC)


def main() -> None:
    """Print every statement that makes it anew."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "registry.db"
        with closing(SqlRegistry(f"sqlite:///{file}", clock=lambda: _BEGAN)) as registry:
            registry.models.register(MODEL, "sha256:1", {"owner": "risk"}, SCHEDULE)
            everything(registry)
        with closing(sqlite3.connect(file)) as connection:
            sys.stdout.writelines(f"{line}\n" for line in connection.iterdump())


if __name__ == "__main__":
    main()
