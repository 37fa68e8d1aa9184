"""From a spec to its DAG family: what runs when, in which order, and with which form."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from airflow.sdk import DAG, Asset, CronPartitionTimetable, Param, TaskGroup

from windvane.orchestration.operators.approval import ApproveOperator
from windvane.orchestration.operators.data import SnapshotOperator, ValidateOperator
from windvane.orchestration.operators.monitor import (
    AlertOperator,
    CheckOperator,
    CollectOperator,
    DecideOperator,
    HoldOperator,
    ReportOperator,
)
from windvane.orchestration.operators.retrain import RetrainOperator
from windvane.orchestration.operators.rollback import RollbackOperator, VerifyTargetOperator
from windvane.orchestration.operators.score import PublishOperator, ScoreOperator
from windvane.orchestration.operators.train import (
    AskedOperator,
    EvaluateOperator,
    GateOperator,
    PromoteOperator,
    RejectOperator,
    TrainOperator,
)
from windvane.orchestration.texts import doc_md
from windvane.spec import Model

_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
_SNAPSHOT = "{{ ti.xcom_pull(task_ids='data.snapshot')['digest'] }}"
_VERSION = "{{ ti.xcom_pull(task_ids='version.train')['version'] }}"
_GATE = "ti.xcom_pull(task_ids='gate', key='decision')"
_MINUTES = {"train": 120, "score": 60, "monitor": 60, "rollback": 10}
"""How long a task may run; a run may take twice as long."""


def family(model: Model) -> list[DAG]:
    """Build the four DAGs of a model. Each registers itself where it is built."""
    return [_build(model, verb, fill) for verb, fill in _FILL.items()]


def _build(model: Model, verb: str, fill: Callable[[Model], None]) -> DAG:
    timing = model.timetable().get(verb)
    schedule = timing and CronPartitionTimetable(
        timing.cron,
        timezone=model.timezone,
        run_offset=timing.run_offset,
        key_format=model.cadence.key_format,
    )
    with DAG(
        dag_id=f"{model.name}_{verb}",
        schedule=schedule,
        start_date=model.first_moment or _EPOCH,
        end_date=_last_moment(model) if schedule else None,
        catchup=False,
        # Versions are judged beside the champion: one training at a time spares judging twice. Order never matters.
        max_active_runs=1 if verb == "train" else 4,
        dagrun_timeout=timedelta(minutes=2 * _MINUTES[verb]) + _waiting(model, verb),
        default_args={
            "owner": model.owner,
            "retries": 2,
            "retry_delay": timedelta(seconds=30),
            "retry_exponential_backoff": True,
            "max_retry_delay": timedelta(minutes=10),
            "execution_timeout": timedelta(minutes=_MINUTES[verb]),
        },
        tags=["windvane", model.name, verb],
        doc_md=doc_md(model, verb),
        params=_params(model, verb),
    ) as dag:
        fill(model)
    return dag


def _train(model: Model) -> None:
    asked = AskedOperator(task_id="asked", model=model)
    data = _data(model)
    with TaskGroup("version", tooltip="train and evaluate a version") as version:
        TrainOperator(task_id="train", model=model, snapshot=_SNAPSHOT) >> EvaluateOperator(
            task_id="evaluate", model=model, version=_VERSION
        )
    gate = GateOperator(task_id="gate", model=model, version=_VERSION)
    approve = ApproveOperator(
        task_id="approve",
        model=model,
        version=_VERSION,
        reasons=f"{{% for reason in {_GATE}['reasons'] %}}- {{{{ reason }}}}\n{{% endfor %}}",
        execution_timeout=None,
    )
    promote = PromoteOperator(
        task_id="promote",
        model=model,
        version=_VERSION,
        expected_epoch=f"{{{{ {_GATE}['expected_epoch'] }}}}",
        approval="approve",
        trigger_rule="none_failed_min_one_success",
        outlets=[_asset(model, "champion")],
    )
    reject = RejectOperator(task_id="reject", model=model, version=_VERSION)
    asked >> data >> version >> gate >> [approve, promote, reject]
    approve >> promote


def _score(model: Model) -> None:
    score = ScoreOperator(task_id="score", model=model, snapshot=_SNAPSHOT, inlets=[_asset(model, "champion")])
    publish = PublishOperator(task_id="publish", model=model, outlets=[_asset(model, "scores")])
    _data(model) >> score >> publish


def _monitor(model: Model) -> None:
    collect = CollectOperator(task_id="collect", model=model, inlets=[_asset(model, "scores")])
    check = CheckOperator(task_id="check", model=model)
    report = ReportOperator(task_id="report", model=model)
    decide = DecideOperator(task_id="decide", model=model, checked="{{ ti.xcom_pull(task_ids='check')['digest'] }}")
    ends = [
        RetrainOperator(task_id="retrain", model=model),
        AlertOperator(task_id="alert", model=model),
        HoldOperator(task_id="hold", model=model),
        HoldOperator(task_id="insufficient_data", model=model),
    ]
    collect >> check >> decide >> ends
    check >> report  # beside the decision, never before it


def _rollback(model: Model) -> None:
    verify = VerifyTargetOperator(task_id="verify", model=model)
    verify >> RollbackOperator(task_id="move", model=model, outlets=[_asset(model, "champion")])


def _data(model: Model) -> TaskGroup:
    with TaskGroup("data", tooltip="take the window's snapshot and validate it") as group:
        SnapshotOperator(task_id="snapshot", model=model) >> ValidateOperator(
            task_id="validate", model=model, snapshot=_SNAPSHOT
        )
    return group


def _asset(model: Model, what: str) -> Asset:
    return Asset(name=f"{model.name}_{what}", uri=f"windvane://{model.name}/{what}", group="windvane")


def _params(model: Model, verb: str) -> dict[str, Param]:
    if verb == "rollback":
        version = Param(type="integer", minimum=1, title="Version", description="one that was champion before")
        why = Param(type="string", minLength=1, maxLength=1000, title="Reason", description="kept with your name")
        return {"version": version, "reason": why}
    told = f"only where the run has no partition key; like {model.cadence.example}"
    window = Param(None, type=["null", "string"], pattern=model.cadence.key_pattern, title="Window", description=told)
    why = Param(None, type=["null", "string"], maxLength=1000, title="Reason", description="why you start this run")
    return {"window": window, "reason": why}


def _last_moment(model: Model) -> datetime | None:
    """Return when the last window's outcomes are due, with room for the tick that follows; None without an end."""
    if model.end is None:
        return None
    end = datetime(model.end.year, model.end.month, model.end.day, tzinfo=UTC)
    return end + 2 * model.maturity + timedelta(days=35)


def _waiting(model: Model, verb: str) -> timedelta:
    """Return how long a run may wait for a person."""
    return model.approval_deadline if verb == "train" and model.gate.approval != "never" else timedelta(0)


_FILL: dict[str, Callable[[Model], Any]] = {
    "train": _train,
    "score": _score,
    "monitor": _monitor,
    "rollback": _rollback,
}
