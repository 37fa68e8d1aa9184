"""Records of health: what is wrong with a model, since when, and what to do; and what Airflow tells of its DAGs."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from windvane.results.record import Record

Level = Literal["bad", "warn", "busy", "unknown", "good"]
"""`bad`: act now. `warn`: look today. `busy`: something is under way. `unknown`: too little to say."""

LEVELS: tuple[Level, ...] = ("bad", "warn", "busy", "unknown", "good")
"""Every level, the one to look at first first."""


class Trouble(Record):
    """One thing that is wrong, or waits."""

    kind: str
    """What kind of thing, such as `run_failed`: see `windvane.lifecycle.health`."""
    level: Level
    headline: str
    since: datetime | None = None
    """When it began, where that is known."""
    window: str | None = None
    """The window that it is about, if any."""
    version: int | None = None
    """The version that it is about, if any."""
    run: str = ""
    """The DAG run whose log tells more, as `dag id/run id`."""
    remedy: str
    """What to do first."""
    runbook: str = ""
    """The runbook that goes on, by the name of its file in `docs/runbooks`."""


class ModelHealth(Record):
    """What is wrong with a model, the worst first."""

    model: str
    level: Level
    """The level of the worst trouble; `good` where there is none."""
    troubles: tuple[Trouble, ...]
    airflow: bool
    """Whether Airflow was asked for its DAGs: without it, failed runs and paused DAGs are not known."""

    @property
    def worst(self) -> Trouble | None:
        """The trouble to look at first."""
        return self.troubles[0] if self.troubles else None


class HealthReport(Record):
    """How models are, at a moment."""

    level: Level
    """That of the worst of them."""
    at: datetime
    airflow: bool
    """Whether Airflow was asked."""
    models: tuple[ModelHealth, ...]
    """The worst first."""


class FailedRun(Record):
    """A DAG run that failed, and that none of the same window followed with success."""

    run: str
    """As `dag id/run id`."""
    window: str | None
    at: datetime | None


class TaskFailure(Record):
    """A task of a DAG run that failed, with what its named error said."""

    task: str
    """Its id, with the number of a mapped one."""
    error: str = ""
    """The error's name; empty where the task was killed, or its viewer may not read logs."""
    cause: str = ""
    remedy: str = ""
    url: str = ""
    """Its page, which opens with its log."""


class RunState(Record):
    """What is known of one DAG run beside the registry."""

    run: str
    """As `dag id/run id`."""
    window: str | None
    """The window that it concerns; None for one that concerns none."""
    state: str
    began: datetime | None
    ended: datetime | None
    failed: tuple[TaskFailure, ...] = ()
    """Its failed tasks, the one that failed first first."""


class Declared(Record):
    """A model that a DAG file declares, whether or not it ever ran."""

    model: str
    owner: str
    tags: tuple[str, ...] = ()
    """The model's own tags, sorted."""
    url: str = ""
    """Where its first run is started."""


class DagState(Record):
    """What Airflow tells of one DAG of a model."""

    dag: str
    """Its id."""
    paused: bool = False
    broken: bool = False
    """True when its file could not be read last."""
    missing: bool = False
    """True when Airflow finds its file no more."""
    due: datetime | None = None
    """When its next run was to be made, where none was made at that time."""
    queued: datetime | None = None
    """Since when its oldest queued run waits."""
    failed: tuple[FailedRun, ...] = ()
    """The newest first."""
