"""Plays runs through Airflow's own task runner, in a process and a home of its own; writes what happened as JSON.

Run: `python -m tests.dags.story HOME VERB:WINDOW…`, a rollback as `rollback:VERSION`, an action as
`act:NAME` or `act:NAME=VERSION`, a score that replaces as `score:WINDOW+replace`. HOME/dags holds one DAG file,
HOME/airflow a migrated database.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

MODEL = "trips"


def main(home: Path, requested: list[str]) -> None:
    """Play each run, then write HOME/story.json."""
    os.environ |= {
        "AIRFLOW_HOME": str(home / "airflow"),
        "AIRFLOW__CORE__DAGS_FOLDER": str(home / "dags"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "WINDVANE_HOME": str(home / "windvane"),
    }
    from airflow.dag_processing.dagbag import DagBag

    bag = DagBag(dag_folder=str(home / "dags"))
    runs: list[dict[str, Any]] = []
    started: dict[str, dict[str, Any]] = {}
    for one in requested:
        verb, _, what = one.partition(":")
        conf = _conf(verb, what)
        run = bag.dags[f"{MODEL}_{verb}"].test(run_conf=conf, logical_date=None)
        runs.append({"run": f"{run.dag_id}/{run.run_id}", "state": run.state, **_tasks(run)})
        started |= _started(f"{MODEL}_train")  # at once: the next test run of a DAG removes earlier ones
    story = {"runs": runs, "started": list(started.values()), "announced": _announced(f"{MODEL}_act")}
    (home / "story.json").write_text(json.dumps(story), encoding="utf-8")


def _conf(verb: str, what: str) -> dict[str, Any]:
    """Return what a person gives on the trigger form."""
    if verb == "rollback":
        return {"version": int(what), "reason": "complaints"}
    if verb == "act":
        action, _, number = what.partition("=")
        return {"action": action, "version": int(number) if number else None, "reason": "complaints"}
    window, _, replace = what.partition("+")
    return {"window": window, "replace": True} if replace else {"window": window}


def _tasks(run: Any) -> dict[str, dict[str, Any]]:
    """Return the state, the tries and the XComs of each task."""
    from airflow.models.xcom import XComModel
    from airflow.utils.session import create_session

    with create_session() as session:
        rows = session.query(XComModel).filter_by(dag_id=run.dag_id, run_id=run.run_id).all()
        left: dict[str, Any] = {}
        for row in rows:
            task = row.task_id if row.map_index < 0 else f"{row.task_id}[{row.map_index}]"
            left.setdefault(task, {})[row.key] = XComModel.deserialize_value(row)
    tasks = run.get_task_instances()
    return {
        "states": {task.task_id: str(task.state) for task in tasks},
        "tries": {task.task_id: task.try_number for task in tasks},
        "xcoms": left,
    }


def _started(dag_id: str) -> dict[str, dict[str, Any]]:
    """Return the runs that another run started, by their ids."""
    from airflow.models.dagrun import DagRun
    from airflow.utils.session import create_session

    with create_session() as session:
        rows = session.query(DagRun).filter_by(dag_id=dag_id, run_type="operator_triggered").all()
        return {row.run_id: {"run_id": row.run_id, "conf": row.conf, "note": row.note} for row in rows}


def _announced(dag_id: str) -> list[tuple[str, dict[str, Any]]]:
    """Return what the tasks of a DAG told those who wait for assets."""
    from airflow.models.asset import AssetEvent
    from airflow.utils.session import create_session

    with create_session() as session:
        rows = session.query(AssetEvent).filter_by(source_dag_id=dag_id).order_by(AssetEvent.id).all()
        return [(row.asset.uri, row.extra) for row in rows]


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
