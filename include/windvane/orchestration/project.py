"""A project in a task of Airflow: the connections' stores, and the run's own person and moment."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from windvane.orchestration.connections import ARTIFACTS, REGISTRY, stores_of
from windvane.orchestration.context import run_of

if TYPE_CHECKING:
    from airflow.sdk import Context

    from windvane.notebook.project import Project
    from windvane.results import Run


def open_project(
    folder: str | Path,
    context: Context,
    *,
    specs: str = "dags",
    registry_conn_id: str = REGISTRY,
    artifacts_conn_id: str = ARTIFACTS,
) -> Project:
    """Open a project within a task of a DAG: what `windvane.open` is in a notebook.

    The registry, the artifacts and the sources' databases are those that Airflow's connections name. Runs are in the
    name of whom the DAG run is of, and stand at its moment; a later try of the task shuts out an earlier one.

    Args:
        folder: The project's folder.
        context: The task's context: `**context` of a `@task` function, or `get_current_context()`.
        specs: Folder of the DAG files, below `folder`.
        registry_conn_id: Connection of the registry; its absence leaves `WINDVANE_REGISTRY` or the default.
        artifacts_conn_id: Connection of the artifacts; its absence leaves `WINDVANE_ARTIFACTS` or the default.

    Raises:
        NotAProject: There is no such folder, or no folder of DAG files in it.
        WindvaneError: The registry or the artifacts cannot be opened.
    """
    from windvane.notebook.project import Project, project_folder
    from windvane.pipeline.asking import moment

    root = project_folder(folder, specs)
    stores = stores_of(registry_conn_id, artifacts_conn_id)
    run = stores.registry.audit.take_fence(run_of(context))

    def requested(as_of: datetime | None, reason: str) -> Run:
        message = {"as_of": moment(as_of, f"as_of={as_of}")} if as_of is not None else {}
        return run.model_copy(update=message | ({"reason": reason} if reason else {}))

    return Project(root, stores, root / specs, requested)
