"""What every operator shares: resolve the model, window, run and stores, call one step, report, name failures."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from airflow.sdk import BaseOperator, Context
from airflow.sdk.bases.branch import BranchMixIn
from airflow.sdk.exceptions import AirflowException, AirflowFailException, AirflowSkipException

from windvane.errors import (
    EmptyWindow,
    NoChampion,
    RegistryLocked,
    RegistryUnavailable,
    SourceFailed,
    StaleChampion,
    StorageFailed,
    StorageFull,
    WindvaneError,
)
from windvane.orchestration.connections import ARTIFACTS, REGISTRY, stores_of
from windvane.orchestration.context import run_of, run_type, window_of
from windvane.results import Run
from windvane.spec import Model
from windvane.stores import Stores
from windvane.windows import Window

PASSING = (RegistryLocked, RegistryUnavailable, SourceFailed, StaleChampion, StorageFailed, StorageFull)
"""Failures that another try may mend; every other named one fails the task at once."""

NO_EVIDENCE = (EmptyWindow, NoChampion)
"""Refusals that page nobody when a schedule or a backfill asked: the run ends skipped, with the reason."""


@dataclass(frozen=True)
class Work:
    """What a task works with."""

    model: Model
    stores: Stores
    run: Run
    context: Context

    @property
    def window(self) -> Window:
        """The window of the run."""
        return window_of(self.context, self.model)


class WindvaneOperator(BaseOperator):
    """Base of all operators: `execute` calls `step` once, and hands on what it returns (ids and digests).

    Args:
        model: The spec.
        registry_conn_id: Connection of the registry; its absence leaves `WINDVANE_REGISTRY` or the default.
        artifacts_conn_id: Connection of the artifacts; its absence leaves `WINDVANE_ARTIFACTS` or the default.
        kwargs: What any Airflow operator takes.
    """

    ui_color = "#e0f2fe"

    def __init__(
        self, *, model: Model, registry_conn_id: str = REGISTRY, artifacts_conn_id: str = ARTIFACTS, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.model = model
        self.registry_conn_id = registry_conn_id
        self.artifacts_conn_id = artifacts_conn_id

    def execute(self, context: Context) -> Any:
        """Do the task's one step."""
        with named_failures(self.log, context):
            return self.step(self.work(context))

    def work(self, context: Context) -> Work:
        """Return what the step works with; a step that reads a window refuses a run without one."""
        return Work(self.model, stores_of(self.registry_conn_id, self.artifacts_conn_id), run_of(context), context)

    def step(self, work: Work) -> dict[str, Any]:
        """Call one step and return what later tasks need; each operator has its own."""
        raise TypeError(f"{type(self).__name__} has no step; derive from an operator that does")


class WindvaneBranchOperator(WindvaneOperator, BranchMixIn):
    """Base of operators that choose what follows: `step` returns the result, `choose` the task ids to follow.

    A branching task leaves no return value in Airflow, so the result is left under the XCom key `decision`.
    """

    def execute(self, context: Context) -> Any:
        """Do the step, leave its result, and skip what was not chosen."""
        with named_failures(self.log, context):
            result = self.step(self.work(context))
        context["ti"].xcom_push(key="decision", value=result)
        return self.do_branch(context, self.choose(result))

    def choose(self, result: dict[str, Any]) -> str:
        """Return the id of the task to follow; each operator has its own."""
        raise TypeError(f"{type(self).__name__} chooses nothing; derive from an operator that does")


@contextmanager
def named_failures(log: Any, context: Context) -> Iterator[None]:
    """Turn a named error into one line of cause and one of remedy, and into a retry only where that can help."""
    try:
        yield
    except WindvaneError as error:
        log.error("%s: %s", error.name, error.cause)
        log.error("what to do: %s", error.remedy)
        message = f"{error.name}: {error.cause}"
        if isinstance(error, NO_EVIDENCE) and run_type(context) in ("scheduled", "backfill"):
            raise AirflowSkipException(message) from None
        if isinstance(error, PASSING):
            raise AirflowException(message) from None
        raise AirflowFailException(message) from None
