"""What Airflow's REST API tells about runs, tasks and backfills, as typed records."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

JsonObject = dict[str, Any]

FINISHED_RUN_STATES = frozenset({"success", "failed"})


@dataclass(frozen=True)
class DagRun:
    """One DAG run; ``partition_key`` is None when it was started without one."""

    dag_id: str
    run_id: str
    state: str
    run_type: str
    partition_key: str | None
    conf: Mapping[str, Any]
    note: str | None
    triggering_user: str | None
    queued_at: datetime | None
    start: datetime | None
    end: datetime | None

    @property
    def finished(self) -> bool:
        """Whether the run has reached its last state."""
        return self.state in FINISHED_RUN_STATES

    @classmethod
    def from_json(cls, item: JsonObject) -> Self:
        """Read one run of an answer."""
        return cls(
            dag_id=item["dag_id"],
            run_id=item["dag_run_id"],
            state=item["state"],
            run_type=item["run_type"],
            partition_key=item["partition_key"],
            conf=item["conf"] or {},
            note=item["note"],
            triggering_user=item["triggering_user_name"],
            queued_at=_time(item["queued_at"]),
            start=_time(item["start_date"]),
            end=_time(item["end_date"]),
        )


@dataclass(frozen=True)
class TaskInstance:
    """One task of one run; ``state`` is None until the scheduler has looked at it."""

    task_id: str
    state: str | None
    try_number: int
    start: datetime | None
    end: datetime | None

    @classmethod
    def from_json(cls, item: JsonObject) -> Self:
        """Read one task of an answer."""
        return cls(
            task_id=item["task_id"],
            state=item["state"],
            try_number=item["try_number"],
            start=_time(item["start_date"]),
            end=_time(item["end_date"]),
        )


@dataclass(frozen=True)
class Backfill:
    """One backfill; the scheduler sets ``completed_at`` up to 30 s after its last run has finished."""

    id: int
    dag_id: str
    created_at: datetime
    completed_at: datetime | None

    @classmethod
    def from_json(cls, item: JsonObject) -> Self:
        """Read one backfill of an answer."""
        return cls(
            id=item["id"],
            dag_id=item["dag_id"],
            created_at=datetime.fromisoformat(item["created_at"]),
            completed_at=_time(item["completed_at"]),
        )


def _time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
