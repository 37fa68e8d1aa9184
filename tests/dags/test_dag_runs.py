"""What the pages read of Airflow's tables about one run, and about models that never ran."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
import sqlalchemy as sa
from airflow.models import import_all_models
from airflow.models.dag import DagModel, DagTag
from airflow.models.taskinstance import TaskInstance
from airflow.models.xcom import XComModel
from sqlalchemy.orm import Session

from tests.dags.test_dag_states import dag, run
from windvane.orchestration.dag_runs import declared, state_of
from windvane.orchestration.links import FAILED
from windvane.results import Declared, RunState, TaskFailure

SAID = {"error": "SourceFailed", "cause": "the file is gone", "remedy": "restore it"}
AT = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def session() -> Iterator[Session]:
    """A database with Airflow's own tables of DAGs, tags, runs, tasks and XComs."""
    engine = sa.create_engine("sqlite://")
    import_all_models()  # type: ignore[no-untyped-call]  # Airflow does not annotate it
    DagModel.metadata.create_all(engine)
    with Session(engine) as opened:
        yield opened
    engine.dispose()


def task(session: Session, name: str, state: str, index: int = -1, said: Any = None, minute: int = 0) -> None:
    """Write a task of the first run, and what its error left."""
    about = {"task_id": name, "dag_id": "rides_score", "run_id": "run 0", "map_index": index, "state": state}
    needed = {
        "id": uuid4(),
        "pool": "default_pool",
        "pool_slots": 1,
        "operator": "x",
        "end_date": AT.replace(minute=minute),
    }
    session.execute(sa.insert(TaskInstance.__table__).values(**about | needed))
    if said is not None:
        left = {"dag_run_id": 1, "task_id": name, "map_index": index, "key": FAILED, "value": said}
        session.execute(
            sa.insert(XComModel.__table__).values(dag_id="rides_score", run_id="run 0", timestamp=AT, **left)
        )


def test_a_run_is_told_with_its_window_its_failed_tasks_and_what_their_errors_said(session: Session) -> None:
    run(session, "rides_score", "2020-01", "failed", start_date=AT)
    task(session, "score", "failed", said=SAID, minute=2)
    task(session, "group.try", "failed", index=1, minute=1)
    task(session, "publish", "upstream_failed")
    task(session, "snapshot", "success", said=SAID)  # of an earlier try; XComs of a try that went well are no failure
    found = state_of(session, "rides_score/run 0", "/base", logs=True)
    assert found is not None
    page = "/base/dags/rides_score/runs/run%200/tasks"
    assert found.failed == (
        TaskFailure(task="group.try [1]", url=f"{page}/group.try/mapped/1"),
        TaskFailure(task="score", url=f"{page}/score", **SAID),
    )
    assert (found.window, found.state, found.run) == ("2020-01", "failed", "rides_score/run 0")


def test_what_errors_said_is_kept_from_who_may_not_read_logs(session: Session) -> None:
    run(session, "rides_score", "2020-01", "failed")
    task(session, "score", "failed", said=SAID)
    found = state_of(session, "rides_score/run 0", "", logs=False)
    assert found is not None
    assert [one.cause for one in found.failed] == [""]


@pytest.mark.parametrize("said", ["s3://a/reference", 3, [1]])
def test_an_xcom_that_is_kept_elsewhere_is_told_as_not_known(session: Session, said: Any) -> None:
    run(session, "rides_score", None, "failed")
    task(session, "score", "failed", said=said)
    found = state_of(session, "rides_score/run 0", "", logs=True)
    assert found is not None
    assert [one.error for one in found.failed] == [""]


@pytest.mark.parametrize(
    ("conf", "window"), [({"window": "2020-02"}, "2020-02"), ({"window": 3}, None), ({}, None), (None, None)]
)
def test_a_run_that_a_task_or_a_form_started_names_its_window_in_its_configuration(
    session: Session, conf: Any, window: str | None
) -> None:
    run(session, "rides_train", None, "success", conf=conf)
    found = state_of(session, "rides_train/run 0", "", logs=True)
    assert isinstance(found, RunState)
    assert found.window == window
    assert state_of(session, "rides_train/another", "", logs=True) is None


def test_models_are_known_by_the_tags_of_their_dags_before_they_ever_ran(session: Session) -> None:
    def family(name: str, *tags: str, **fields: Any) -> None:
        dag(session, f"{name}_train", owners="risk", **fields)
        for tag in ("windvane", name, "train", *tags):
            session.execute(sa.insert(DagTag.__table__).values(dag_id=f"{name}_train", name=tag))

    family("rides")
    family("fraud", "eu", "cards")
    family("gone", is_stale=True)
    dag(session, "foreign_train")
    dag(session, "odd_train")
    session.execute(sa.insert(DagTag.__table__).values(dag_id="odd_train", name="windvane"))
    found = declared(session, {"rides"}, "/base")
    assert found == [Declared(model="fraud", owner="risk", tags=("cards", "eu"), url="/base/dags/fraud_train")]
    assert declared(session, {"rides", "fraud"}, "") == []
