"""What Airflow's tables say of one run, and which models its DAGs declare: few queries, and no DAG file is read."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import sqlalchemy as sa

from windvane.orchestration.compat import DagModel, DagRun, DagTag, TaskInstance, XComModel
from windvane.orchestration.dag_states import TAG, VERBS
from windvane.orchestration.links import FAILED, run_page
from windvane.results import Declared, RunState, TaskFailure

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

_MOST = 20
"""Failed tasks of a run that are told."""

_FIRST = "_train"
"""What the DAG ends with by which a model is known."""


def state_of(session: Session, run: str, root: str, *, logs: bool) -> RunState | None:
    """Return what is known of a run; None where Airflow knows none of that name.

    Args:
        session: A session of Airflow's database.
        run: As `dag id/run id`.
        root: The path of Airflow's base URL.
        logs: Whether the viewer may read logs: what an error said stands there too.
    """
    dag_id, _, run_id = run.partition("/")
    query = sa.select(DagRun.partition_key, DagRun.conf, DagRun.state, DagRun.start_date, DagRun.end_date)
    row = session.execute(query.where(DagRun.dag_id == dag_id, DagRun.run_id == run_id)).first()
    if row is None:
        return None
    same = (TaskInstance.dag_id == dag_id, TaskInstance.run_id == run_id)
    failed = sa.select(TaskInstance.task_id, TaskInstance.map_index).where(*same, TaskInstance.state == "failed")
    tasks = session.execute(failed.order_by(TaskInstance.end_date).limit(_MOST)).all()
    said = _said(session, dag_id, run_id) if tasks and logs else {}
    return RunState(
        run=run,
        window=row.partition_key or _window(row.conf),
        state=str(row.state),
        began=row.start_date,
        ended=row.end_date,
        failed=tuple(
            TaskFailure(
                task=task.task_id if task.map_index < 0 else f"{task.task_id} [{task.map_index}]",
                url=f"{root}/{_page(run, task.task_id, task.map_index)}",
                **said.get((task.task_id, task.map_index), {}),
            )
            for task in tasks
        ),
    )


def declared(session: Session, known: Collection[str], root: str) -> list[Declared]:
    """Return the models that parsed DAG files declare, besides those that are known.

    Args:
        session: A session of Airflow's database.
        known: What models are called that the registry knows.
        root: The path of Airflow's base URL.
    """
    query = sa.select(DagModel.dag_id, DagModel.owners).join(DagTag, DagTag.dag_id == DagModel.dag_id)
    query = query.where(DagTag.name == TAG, DagModel.is_stale.is_(False))
    query = query.where(DagModel.dag_id.endswith(_FIRST, autoescape=True)).order_by(DagModel.dag_id)
    rows = [row for row in session.execute(query) if row.dag_id.removesuffix(_FIRST) not in known]
    tags: dict[str, list[str]] = {row.dag_id: [] for row in rows}
    if rows:
        mine = sa.select(DagTag.dag_id, DagTag.name).where(DagTag.dag_id.in_(tags)).order_by(DagTag.name)
        for dag_id, name in session.execute(mine):
            tags[dag_id].append(name)
    found = []
    for row in rows:
        name, own = name_of(row.dag_id, tags[row.dag_id]), tags[row.dag_id]
        if name:
            free = tuple(tag for tag in own if tag not in (TAG, name, *VERBS))
            url = f"{root}/dags/{quote(row.dag_id, safe='')}"
            found.append(Declared(model=name, owner=row.owners or "", tags=free, url=url))
    return found


def name_of(dag_id: str, tags: Collection[str]) -> str:
    """Return the model whose DAG this is by its tags; empty where it is none of a family."""
    name = dag_id.rpartition("_")[0]
    return name if {TAG, name, dag_id.rpartition("_")[2]} <= set(tags) else ""


def _window(conf: Any) -> str | None:
    """Return the window that a run's configuration names: a run that a task or a form started has no other."""
    window = conf.get("window") if isinstance(conf, Mapping) else None
    return window if isinstance(window, str) and window else None


def _said(session: Session, dag_id: str, run_id: str) -> dict[tuple[str, int], dict[str, str]]:
    """Return what the named errors of a run's tasks said; an XCom that is kept elsewhere is not looked for."""
    query = sa.select(XComModel.task_id, XComModel.map_index, XComModel.value)
    query = query.where(XComModel.dag_id == dag_id, XComModel.run_id == run_id, XComModel.key == FAILED)
    found = {}
    for row in session.execute(query):
        if isinstance(row.value, Mapping):
            said = {name: str(row.value.get(name, "")) for name in ("error", "cause", "remedy")}
            found[row.task_id, row.map_index] = said
    return found


def _page(run: str, task: str, index: int) -> str:
    mapped = f"/mapped/{index}" if index >= 0 else ""
    return f"{run_page(run)}/tasks/{quote(task, safe='')}{mapped}"
