"""From a spec to its DAG family: what runs when, in which order, and with which form."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from airflow.sdk import DAG, Asset, CronPartitionTimetable, TaskGroup

from windvane.orchestration.actions import act, form_of
from windvane.orchestration.links import asset_uri
from windvane.orchestration.operators.approval import ApproveOperator
from windvane.orchestration.operators.champion import (
    PromoteOperator,
    RejectOperator,
    RollbackOperator,
    VerifyTargetOperator,
)
from windvane.orchestration.operators.data import SnapshotOperator, ValidateOperator
from windvane.orchestration.operators.monitor import (
    AlertOperator,
    CheckOperator,
    CollectOperator,
    DriftBranchOperator,
    HoldOperator,
    ReopenOperator,
    ReportOperator,
)
from windvane.orchestration.operators.notify import NotifyOperator
from windvane.orchestration.operators.retrain import RetrainOperator
from windvane.orchestration.operators.score import PublishOperator, ScoreOperator
from windvane.orchestration.operators.staging import ExplainOperator, LiveOperator, ShadowOperator
from windvane.orchestration.operators.train import EvaluateOperator, GateOperator, RequestedOperator, TrainOperator
from windvane.orchestration.texts import doc_md
from windvane.spec import Model

if TYPE_CHECKING:
    from airflow.sdk import BaseNotifier

JOIN = "none_failed_min_one_success"
"""Run after the branch that was taken, whichever that was."""

_ALWAYS = datetime(2000, 1, 1, tzinfo=UTC)
_DEFAULTS: dict[str, Any] = {
    "retries": 2,
    "retry_delay": timedelta(seconds=15),
    "retry_exponential_backoff": 2,
    "max_retry_delay": timedelta(minutes=5),
}
_ASKING_RETRIES = 9
"""Each answer that came too late for its champion, or too early for Airflow, takes one."""
_SHORT, _LONG = timedelta(minutes=10), timedelta(hours=1)
_LONGEST = timedelta(hours=6)


def family(
    model: Model, default_args: Mapping[str, Any] | None = None, notifiers: Sequence[BaseNotifier] = ()
) -> list[DAG]:
    """Build the DAGs of a model. Each registers itself where it is built.

    Args:
        model: The spec.
        default_args: What all tasks share besides, or instead of, the family's own defaults: `pool`, `queue`,
            `retries`, `execution_timeout`, callbacks.
        notifiers: Who is told of incidents.
    """
    given = default_args or {}
    shared = {"owner": model.owner, **_DEFAULTS, **given}
    asking: dict[str, Any] = {} if "retries" in given else {"retries": _ASKING_RETRIES}
    fills: dict[str, Callable[[Model, _Lasting], None]] = {
        "train": partial(_train, asking=asking),
        "score": _score,
        "monitor": partial(_monitor, notifiers=notifiers),
        "rollback": _rollback,
    }
    built = [_build(model, verb, fill, shared) for verb, fill in fills.items()]
    return [*built, act(model, {"execution_timeout": _SHORT, **shared}, doc_md(model, "act"))]


def _build(model: Model, verb: str, fill: Callable[[Model, _Lasting], None], shared: dict[str, Any]) -> DAG:
    timing = model.timetable().get(verb)
    schedule = None
    if timing:
        schedule = CronPartitionTimetable(
            timing.cron,
            timezone=model.timezone,
            run_offset=timing.run_offset,
            key_format=model.cadence.key_format,
        )
    with DAG(
        dag_id=f"{model.name}_{verb}",
        schedule=schedule,
        start_date=model.first_moment or _ALWAYS,
        end_date=_last_tick(model, timing.run_offset) if timing else None,
        catchup=False,
        max_active_runs=_at_once(model, verb),
        default_args=shared,
        tags=["windvane", model.name, verb],
        doc_md=doc_md(model, verb),
        params=form_of(model, verb),
    ) as dag:
        fill(model, _Lasting(shared))
    return dag


def _at_once(model: Model, verb: str) -> int:
    """Return how many runs of a DAG may be active, backfills (which set their own number) aside.

    Any number in any order ends with the same champion. One training at a time spares the machine, and the judging
    again of a version that lost a race; but where a person must approve, a run that waits must not hold others up.
    """
    return 1 if verb == "train" and model.approval == "never" else 16


class _Lasting:
    """How long tasks may run, unless the user's `default_args` say so for all of them."""

    def __init__(self, shared: Mapping[str, Any]) -> None:
        self._given: timedelta | None = shared.get("execution_timeout")

    def __call__(self, usual: timedelta) -> timedelta:
        return self._given or usual


def _train(model: Model, lasting: _Lasting, asking: Mapping[str, Any]) -> None:
    requested = RequestedOperator(task_id="requested", model=model, execution_timeout=lasting(_SHORT))
    data, validate = _data(model, lasting)
    with TaskGroup("version", tooltip="Train and evaluate a version"):
        train = TrainOperator(
            task_id="train", model=model, snapshot=validate.xcom("snapshot"), execution_timeout=lasting(_LONGEST)
        )
        evaluate = EvaluateOperator(
            task_id="evaluate", model=model, version=train.xcom("version"), execution_timeout=lasting(_LONG)
        )
    gate = GateOperator(
        task_id="gate", model=model, version=evaluate.xcom("version"), execution_timeout=lasting(_SHORT)
    )
    version = gate.xcom("version")
    approve = ApproveOperator(
        task_id="approve", model=model, version=version, execution_timeout=lasting(_SHORT), **asking
    )
    promote = PromoteOperator(
        task_id="promote",
        model=model,
        version=version,
        expected_epoch=gate.xcom("expected_epoch"),
        approval="approve",
        trigger_rule=JOIN,
        outlets=[_asset(model, "champion")],
        execution_timeout=lasting(_LONG),
    )
    reject = RejectOperator(
        task_id="reject",
        model=model,
        version=version,
        approval="approve",
        trigger_rule=JOIN,
        execution_timeout=lasting(_SHORT),
    )
    ExplainOperator(task_id="explain", model=model, version=evaluate.xcom("version"), execution_timeout=lasting(_LONG))
    requested >> data
    approve >> [promote, reject]


def _score(model: Model, lasting: _Lasting) -> None:
    _, validate = _data(model, lasting)
    score = ScoreOperator(
        task_id="score",
        model=model,
        snapshot=validate.xcom("snapshot"),
        inlets=[_asset(model, "champion")],
        execution_timeout=lasting(_LONG),
    )
    PublishOperator(
        task_id="publish",
        model=model,
        scores=score.xcom("scores"),
        outlets=[_asset(model, "scores")],
        execution_timeout=lasting(_SHORT),
    )
    if model.on_trial:
        shadow = ShadowOperator(
            task_id="shadow", model=model, snapshot=validate.xcom("snapshot"), execution_timeout=lasting(_LONG)
        )
        score >> shadow  # a promotion's share is fixed by the scoring


def _monitor(model: Model, lasting: _Lasting, notifiers: Sequence[BaseNotifier] = ()) -> None:
    collect = CollectOperator(
        task_id="collect", model=model, inlets=[_asset(model, "scores")], execution_timeout=lasting(_LONG)
    )
    reopen = ReopenOperator(task_id="reopen", model=model, execution_timeout=lasting(_LONG))
    reopen >> collect
    check = CheckOperator(
        task_id="check", model=model, collected=collect.xcom("collected"), execution_timeout=lasting(_LONG)
    )
    if model.on_trial:
        live = LiveOperator(
            task_id="live", model=model, outlets=[_asset(model, "champion")], execution_timeout=lasting(_LONG)
        )
        collect >> live
    ReportOperator(task_id="report", model=model, collected=check.xcom("collected"), execution_timeout=lasting(_LONG))
    decide = DriftBranchOperator(
        task_id="decide", model=model, checked=check.xcom("checked"), execution_timeout=lasting(_SHORT)
    )
    ends = {
        "retrain": RetrainOperator,
        "alert": AlertOperator,
        "hold": HoldOperator,
        "insufficient_data": HoldOperator,
    }
    branches = [
        operator(task_id=decision, model=model, execution_timeout=lasting(_SHORT))
        for decision, operator in ends.items()
    ]
    decide >> branches
    if notifiers:
        notify = NotifyOperator(
            task_id="notify",
            model=model,
            notifiers=notifiers,
            trigger_rule=JOIN,
            execution_timeout=lasting(_SHORT),
        )
        branches >> notify


def _rollback(model: Model, lasting: _Lasting) -> None:
    verify = VerifyTargetOperator(
        task_id="verify", model=model, version="{{ params.version }}", execution_timeout=lasting(_SHORT)
    )
    RollbackOperator(
        task_id="move",
        model=model,
        version=verify.xcom("version"),
        outlets=[_asset(model, "champion")],
        execution_timeout=lasting(_SHORT),
    )


def _data(model: Model, lasting: _Lasting) -> tuple[TaskGroup, ValidateOperator]:
    with TaskGroup("data", tooltip="Take the window's snapshot, and hold it to the expectations") as group:
        snapshot = SnapshotOperator(task_id="snapshot", model=model, execution_timeout=lasting(_LONG))
        validate = ValidateOperator(
            task_id="validate", model=model, snapshot=snapshot.xcom("snapshot"), execution_timeout=lasting(_LONG)
        )
    return group, validate


def _asset(model: Model, what: str) -> Asset:
    return Asset(name=f"{model.name}_{what}", uri=asset_uri(model.name, what), group="windvane")


def _last_tick(model: Model, run_offset: int) -> datetime | None:
    """Return the moment before the first tick that would concern a window after the source's end."""
    window = model.last_window
    if window is None:
        return None
    for _ in range(1 - run_offset):
        window = model.cadence.next(window)
    return window.start - timedelta(seconds=1)
