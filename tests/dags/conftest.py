"""DAG files parsed the way Airflow's own processor does, with no database."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.servers.airflow_database import migrated_database

if TYPE_CHECKING:
    from airflow.dag_processing.dagbag import DagBag

ROOT = Path(__file__).resolve().parents[2]
_HOME = tempfile.TemporaryDirectory(prefix="windvane-airflow-")  # gone when the tests are
os.environ.setdefault("AIRFLOW_HOME", _HOME.name)  # before airflow is imported


@pytest.fixture(scope="session")
def airflow_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated database of Airflow, to be copied."""
    return migrated_database(tmp_path_factory)


@pytest.fixture(scope="session")
def bag() -> DagBag:
    """The project's own DAG files."""
    from airflow.dag_processing.dagbag import DagBag

    return DagBag(dag_folder=str(ROOT / "dags"))
