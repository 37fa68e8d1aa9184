"""One migrated Airflow database for all tests: whoever needs one starts with a copy."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest

__all__ = ["migrated_database"]

_FAB = "airflow.providers.fab.auth_manager.fab_auth_manager.FabAuthManager"


def migrated_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a migrated SQLite database to copy, made by the first process of this test run that asks.

    It has the tables of FAB's auth manager as well, which no other auth manager reads.
    """
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    found = shared / "airflow-database" / "airflow.db"
    found.parent.mkdir(exist_ok=True)
    with (found.parent / "lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not found.exists():
            _migrate(found.parent / "home", found)
    return found


def _migrate(home: Path, into: Path) -> None:
    env = {name: value for name, value in os.environ.items() if not name.startswith(("AIRFLOW", "_AIRFLOW"))}
    env |= {"AIRFLOW_HOME": str(home), "AIRFLOW__CORE__LOAD_EXAMPLES": "False", "AIRFLOW__CORE__AUTH_MANAGER": _FAB}
    command = [sys.executable, "-m", "airflow", "db", "migrate"]
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, (done.stdout + done.stderr)[-4000:]
    shutil.move(home / "airflow.db", into)
