"""The tutorial runs from its first cell to its last, and its scores are read from a real PostgreSQL."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest
import sqlalchemy as sa
from nbclient import NotebookClient

from tests.servers.postgres import PostgresServer

ROOT = Path(__file__).resolve().parents[3]
NOTEBOOK = ROOT / "docs" / "tutorial.ipynb"


@pytest.fixture(scope="module")
def warehouse() -> Iterator[str]:
    with PostgresServer() as server:
        yield server.database()


@pytest.fixture
def notebook() -> Any:
    return nbformat.read(NOTEBOOK, as_version=4)  # type: ignore[no-untyped-call]  # it has no types


def html(cell: Any) -> str:
    """What a cell shows."""
    return "".join(str(output.get("data", {}).get("text/html", "")) for output in cell.outputs)


@pytest.mark.integration
@pytest.mark.filterwarnings("ignore:.*:DeprecationWarning:(jupyter_client|zmq|tornado)")
def test_the_tutorial_runs_and_its_scores_are_in_postgresql(
    notebook: Any, warehouse: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WINDVANE_CONNECTION_WAREHOUSE", warehouse)
    monkeypatch.setenv("WINDVANE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(ROOT / "include"), os.environ.get("PYTHONPATH", "")]))
    client = NotebookClient(notebook, timeout=120, kernel_name="python3", resources={"metadata": {"path": tmp_path}})
    client.execute()
    cells = {cell.source: cell for cell in notebook.cells if cell.cell_type == "code"}
    assert "late v1 of 2013-01, promote" in html(cells['trained = late.train("2013-01")\ntrained'])
    assert "data:image/svg+xml;base64," in html(cells["played.plot()"])
    engine = sa.create_engine(warehouse)
    with engine.connect() as connection:
        found = connection.execute(sa.text("SELECT count(*), count(DISTINCT flight_id) FROM late_scores")).one()
        windows = connection.execute(sa.text('SELECT DISTINCT "window" FROM late_scores')).scalars().all()
    engine.dispose()
    assert found[0] == found[1] > 7_000
    assert windows == ["2013-02"]  # the one that was scored; the replay plays others, and delivers none


def test_the_tutorial_is_kept_without_outputs(notebook: Any) -> None:
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert all(not cell.outputs and cell.execution_count is None for cell in code)
    assert [cell.id for cell in notebook.cells] == [f"cell-{place:02}" for place in range(len(notebook.cells))]
