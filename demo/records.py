"""What is used of Airflow's answers about runs, tasks and backfills: plain texts instead of its client's enums."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from airflow_client.client.models import BackfillResponse, DAGRunResponse, TaskInstanceResponse

FINISHED_RUN_STATES = frozenset({"success", "failed"})


@dataclass(frozen=True)
class DagRun:
    """One DAG run; ``partition_key`` is None when it was started without one."""

    dag_id: str
    run_id: str
    state: str
    partition_key: str | None
    conf: Mapping[str, Any]
    queued_at: datetime | None
    start: datetime | None

    @property
    def finished(self) -> bool:
        """Whether the run has reached its last state."""
        return self.state in FINISHED_RUN_STATES

    @classmethod
    def of(cls, item: DAGRunResponse) -> Self:
        """Take one run of an answer."""
        return cls(
            dag_id=item.dag_id,
            run_id=item.dag_run_id,
            state=item.state.value,
            partition_key=item.partition_key,
            conf=item.conf or {},
            queued_at=item.queued_at,
            start=item.start_date,
        )


@dataclass(frozen=True)
class TaskInstance:
    """One task of one run; ``state`` is None until the scheduler has looked at it."""

    task_id: str
    state: str | None
    try_number: int
    start: datetime | None
    end: datetime | None
    pid: int | None
    """The process that runs it, or ran it."""

    @classmethod
    def of(cls, item: TaskInstanceResponse) -> Self:
        """Take one task of an answer."""
        state = item.state.value if item.state is not None else None
        return cls(item.task_id, state, item.try_number, item.start_date, item.end_date, item.pid)


@dataclass(frozen=True)
class Backfill:
    """One backfill; the scheduler sets ``completed_at`` up to 30 s after its last run has finished."""

    id: int
    dag_id: str
    created_at: datetime
    completed_at: datetime | None

    @classmethod
    def of(cls, item: BackfillResponse) -> Self:
        """Take one backfill of an answer."""
        return cls(item.id, item.dag_id, item.created_at, item.completed_at)
