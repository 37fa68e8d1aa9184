"""What the pages read of Airflow's tables: failures that nothing followed, pauses, broken files, runs that are late."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from airflow.models.dag import DagModel, DagTag
from airflow.models.dagrun import DagRun
from sqlalchemy.orm import Session

from windvane.orchestration.dag_states import states_of
from windvane.results import DagState, FailedRun

NOW = datetime.now(UTC)
AGO = NOW - timedelta(hours=2)
MODELS = ["rides", "rides_slow"]


@pytest.fixture
def session() -> Iterator[Session]:
    """A database with Airflow's own tables of DAGs and runs."""
    engine = sa.create_engine("sqlite://")
    for table in (DagModel.__table__, DagRun.__table__, DagTag.__table__):
        table.metadata.create_all(engine, tables=[table])
    with Session(engine) as opened:
        yield opened
    engine.dispose()


def dag(session: Session, dag_id: str, **fields: Any) -> None:
    common = {"dag_id": dag_id, "is_paused": False, "is_stale": False, "has_import_errors": False}
    needed = {"max_active_tasks": 1, "max_consecutive_failed_dag_runs": 0, "timetable_type": "", "fail_fast": False}
    needed |= {
        "bundle_name": "dags",
        "has_task_concurrency_limits": False,
        "exceeds_max_non_backfill": False,
        "timetable_partitioned": False,
    }
    session.execute(sa.insert(DagModel.__table__).values(**common | needed | fields))


def run(session: Session, dag_id: str, window: str | None, state: str, **fields: Any) -> None:
    number = session.scalar(sa.select(sa.func.count()).select_from(DagRun)) or 0
    about: dict[str, Any] = {
        "dag_id": dag_id,
        "run_id": f"run {number}",
        "partition_key": window,
        "state": state,
        "run_type": "manual",
    }
    about |= {
        "run_after": AGO,
        "queued_at": AGO,
        "end_date": AGO,
        "clear_number": 0,
        "updated_at": AGO,
        "log_template_id": None,
    }
    session.execute(sa.insert(DagRun.__table__).values(**about | {"created_at": AGO, "log_template_id": None} | fields))


def only(session: Session, dag_id: str = "rides_score") -> DagState:
    """What is told of a DAG; of one in order, that nothing is."""
    found = states_of(session, MODELS).get("rides", ())
    return next((state for state in found if state.dag == dag_id), DagState(dag=dag_id))


def test_of_a_family_in_order_there_is_nothing_to_tell(session: Session) -> None:
    for verb in ("train", "score", "monitor", "rollback", "act"):
        dag(session, f"rides_{verb}", next_dagrun_create_after=NOW + timedelta(days=1))
    dag(session, "another_score", is_paused=True)
    assert states_of(session, MODELS) == {}


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"is_paused": True}, {"paused": True}),
        ({"has_import_errors": True}, {"broken": True}),
        ({"is_stale": True}, {"missing": True}),
        ({"next_dagrun_create_after": AGO}, {"due": AGO}),
        ({"next_dagrun_create_after": AGO, "exceeds_max_non_backfill": True}, {}),
    ],
)
def test_what_is_wrong_with_a_dag_is_told(session: Session, fields: dict[str, Any], told: dict[str, Any]) -> None:
    dag(session, "rides_score", **fields)
    assert only(session) == DagState(dag="rides_score", **told)


def test_a_failure_counts_until_a_run_of_the_same_window_succeeds(session: Session) -> None:
    dag(session, "rides_score")
    run(session, "rides_score", "2020-01", "failed")
    run(session, "rides_score", "2020-02", "failed")
    run(session, "rides_score", "2020-02", "failed")
    run(session, "rides_score", "2020-01", "success")
    run(session, "rides_monitor", "2020-02", "success")
    run(session, "rides_slow_score", "2020-02", "failed")
    assert only(session).failed == (FailedRun(run="rides_score/run 2", window="2020-02", at=AGO),)
    run(session, "rides_score", "2020-02", "success")
    assert only(session).failed == ()


def test_a_failure_without_a_window_counts_until_the_dag_succeeds(session: Session) -> None:
    dag(session, "rides_act")
    run(session, "rides_act", None, "failed")
    assert [one.run for one in only(session, "rides_act").failed] == ["rides_act/run 0"]
    run(session, "rides_act", None, "success")
    assert only(session, "rides_act").failed == ()


def test_the_oldest_queued_run_is_told(session: Session) -> None:
    dag(session, "rides_score")
    run(session, "rides_score", "2020-01", "queued", queued_at=NOW, end_date=None)
    run(session, "rides_score", "2020-02", "queued", queued_at=AGO, end_date=None)
    assert only(session).queued == AGO


def test_more_models_than_a_query_takes_values_are_all_told(session: Session) -> None:
    """Those are found by the tag of families: a DAG of somebody else is none of them, whatever it is called."""
    names = [f"model_{number}" for number in range(301)]
    for name in [*names, "model_301"]:
        dag(session, f"{name}_score", is_paused=True)
        session.execute(sa.insert(DagTag.__table__).values(dag_id=f"{name}_score", name="windvane"))
    run(session, "model_300_score", "2020-01", "failed")
    found = states_of(session, names)
    assert set(found) == set(names)
    assert [one.window for one in found["model_300"][0].failed] == ["2020-01"]
