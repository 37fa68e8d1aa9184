"""What every operator shares: resolve the model, window, run and stores, call one step, report, name failures."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from airflow.sdk import BaseOperator, BranchMixIn, XComArg
from airflow.sdk.exceptions import AirflowException, AirflowFailException, AirflowSkipException

from windvane.errors import (
    AutomationPaused,
    ContractBroken,
    DeliveryFailed,
    EmptyWindow,
    InvalidWindow,
    NoChampion,
    ProcessDied,
    RegistryLocked,
    RegistryUnavailable,
    SourceFailed,
    SpecError,
    StorageFailed,
    StorageFull,
    StorageRefused,
    WindvaneError,
)
from windvane.orchestration.connections import ARTIFACTS, REGISTRY, AirflowConnections, opening_of, stores_of
from windvane.orchestration.context import BY_THE_CLOCK, replaces, run_of, run_type, window_of
from windvane.orchestration.lineage import Noted, facets, kept, outside
from windvane.orchestration.links import FAILED, PAGES
from windvane.orchestration.patience import Passing
from windvane.redaction import redacted
from windvane.spec import Model
from windvane.windows import Window

if TYPE_CHECKING:
    from airflow.sdk import BaseOperatorLink, Context

    from windvane.orchestration.lineage import Data
    from windvane.pipeline.elsewhere import Elsewhere
    from windvane.pipeline.graph import Task
    from windvane.pipeline.performing import Done
    from windvane.results import Run
    from windvane.spec import Publish, Source
    from windvane.stores import Stores

Given = ParamSpec("Given")
Result = TypeVar("Result")

PASSING = (
    *(DeliveryFailed, RegistryLocked, RegistryUnavailable, SourceFailed),
    *(StorageFailed, StorageFull, StorageRefused),
)
"""Failures that another try may mend; every other named one fails the task at once."""

NOTHING_TO_DO = (AutomationPaused, EmptyWindow, NoChampion)
"""Refusals that page nobody when a schedule or a backfill asked: the rest of the run is skipped, with the reason."""


class Work:
    """What a task works with; the window and the stores are looked up when they are first asked for.

    Args:
        operator: The operator at work.
        context: The task's context.
    """

    def __init__(self, operator: WindvaneOperator, context: Context) -> None:
        self.operator = operator
        self.context = context

    @cached_property
    def declared(self) -> Model:
        """The spec as it stands in the DAG file: its name is that of the DAGs."""
        return model_of(self.operator.model)

    @cached_property
    def model(self) -> Model:
        """The spec under the name that the model's records have."""
        from windvane.steps.naming import as_recorded

        return as_recorded(self.declared, self.stores)

    @cached_property
    def window(self) -> Window:
        """The window of the run."""
        return window_of(self.context, self.declared, self.operator.window)

    @cached_property
    def requested(self) -> Run:
        """Who asks, and as of when; good for reading alone."""
        return run_of(self.context)

    @cached_property
    def run(self) -> Run:
        """Who asks, with the fence of this try: from now on the registry refuses what an earlier one would write."""
        return self.stores.registry.audit.take_fence(self.requested)

    @cached_property
    def stores(self) -> Stores:
        """The registry and the artifacts."""
        return stores_of(self.operator.registry_conn_id, self.operator.artifacts_conn_id)

    @cached_property
    def elsewhere(self) -> Elsewhere:
        """The process in the environment that the operator names, which opens stores of its own."""
        from windvane.pipeline.elsewhere import Elsewhere

        operator = self.operator
        opening = opening_of(operator.registry_conn_id, operator.artifacts_conn_id)
        self.operator.elsewhere = Elsewhere(str(operator.python), opening, AirflowConnections(), operator.log.info)
        return self.operator.elsewhere

    def call(self, step: Callable[Given, Result], *args: Given.args, **kwargs: Given.kwargs) -> Result:
        """Perform a step: here, or in the Python environment that the operator names."""
        if self.operator.python is None:
            return step(*args, **kwargs)
        return self.elsewhere.call(step, *args, **kwargs)

    def reads(self, what: str, *windows: str, **more: Any) -> None:
        """Note for the lineage which of the model's own datasets the task read; see `lineage.Data`."""
        self.operator.noted.inputs.append(kept(self.declared, what, windows=windows, **more))

    def makes(self, what: str, *windows: str, **more: Any) -> None:
        """Note for the lineage which of the model's own datasets the task made."""
        place = self.stores.artifacts.url
        self.operator.noted.outputs.append(kept(self.declared, what, windows=windows, place=place, **more))

    def beyond(self, one: Source | Publish, path: str) -> list[Data]:
        """Return a dataset outside of the stores for the lineage; nothing where its connection cannot be told."""
        with suppress(WindvaneError, ValueError):
            return [outside(one, path, self.stores.connections.database, Path.cwd())]
        return []

    def close(self) -> None:
        """Let go of the stores, if they were opened, and of the other process."""
        if "elsewhere" in self.__dict__:
            self.elsewhere.close()
        if "stores" in self.__dict__:
            self.stores.registry.close()

    def is_newest(self, window: str, known: Iterable[str]) -> bool:
        """Tell whether a window is not before any of those that are known."""
        cadence = self.model.cadence
        return all(cadence.window(window).start >= cadence.window(other).start for other in known)

    def push(self, **values: Any) -> None:
        """Leave values for later tasks and for links, each under its own XCom key."""
        for key, value in values.items():
            self.context["ti"].xcom_push(key=key, value=value)

    def announce(self, **facts: Any) -> None:
        """Tell those who wait for the task's assets which window changed, and the given ids and digests."""
        for asset in self.operator.outlets:
            event = self.context["outlet_events"][asset]
            event.extra = facts
            if "window" in facts:
                event.add_partitions(facts["window"])


class WindvaneOperator(BaseOperator):
    """Base of all operators: `execute` calls `step` once; each item of what it returns becomes an XCom of its own.

    Args:
        model: The spec, or its import path `package.module:name`.
        window: Key of the window (templated); None takes the run's partition key, or the `window` of its params.
        registry_conn_id: Connection of the registry; its absence leaves `WINDVANE_REGISTRY` or the default.
        artifacts_conn_id: Connection of the artifacts; its absence leaves `WINDVANE_ARTIFACTS` or the default.
        python: Interpreter of the Python environment in which steps are performed; None for the worker's own.
        kwargs: What any Airflow operator takes.
    """

    template_fields: Sequence[str] = ("window",)
    operator_extra_links: Sequence[BaseOperatorLink] = PAGES
    ui_color = "#e0f2fe"

    def __init__(
        self,
        *,
        model: Model | str,
        window: str | None = None,
        registry_conn_id: str = REGISTRY,
        artifacts_conn_id: str = ARTIFACTS,
        python: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**{"multiple_outputs": True, **kwargs})
        self.model = model
        self.window = window
        self.registry_conn_id = registry_conn_id
        self.artifacts_conn_id = artifacts_conn_id
        self.python = python
        self.elsewhere: Elsewhere | None = None
        self.noted = Noted()
        self.linked_run = ""
        self.linked: dict[str, Any] = {}

    def xcom(self, key: str) -> XComArg:
        """Return what the task will have left under an XCom key, for another operator's argument."""
        return XComArg(self, key)

    def execute(self, context: Context) -> Any:
        """Do the task's one step."""
        with named_failures(self, context) as work:
            return _noted(self, self.step(work))

    def on_kill(self) -> None:
        """End the process in the other environment, where Airflow ends the task."""
        if self.elsewhere is not None:
            self.elsewhere.kill()

    def get_openlineage_facets_on_complete(self, task_instance: Any) -> Any:
        """Return what the task read and made, for the OpenLineage provider, which asks each operator for it."""
        return facets(self.noted)

    @abstractmethod
    def step(self, work: Work) -> Any:
        """Call one step of `windvane.steps`; return the ids and digests that later tasks need."""


class StepOperator(WindvaneOperator):
    """A task of the pipeline: performs its step with what earlier tasks left, and leaves what the task gives.

    Args:
        task: The task, of `windvane.pipeline`.
        given: The step's arguments that come from earlier tasks (templated).
        kwargs: See `WindvaneOperator`.
    """

    template_fields: Sequence[str] = (*WindvaneOperator.template_fields, "given")

    def __init__(self, *, task: Task, given: Mapping[str, Any] | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.task = task
        self.given = dict(given or {})

    def step(self, work: Work) -> dict[str, Any]:
        """Perform the task's step."""
        done = performed(self.task, self.given, work)
        self.log.info("%s: %s", self.task.name, done.values)
        return done.values


def performed(task: Task, given: Mapping[str, Any], work: Work) -> Done:
    """Perform a task's step with what an operator works with."""
    from windvane.pipeline.performing import perform

    plain: dict[str, Callable[[], Any]] = {
        "model": lambda: work.model,
        "window": lambda: work.window,
        "stores": lambda: work.stores,
        "run": lambda: work.run,
        "replace": lambda: replaces(work.context),
    }
    return perform(task, given, plain, work.call)


class WindvaneBranchOperator(WindvaneOperator, BranchMixIn):
    """Base of operators that choose what follows: `step` pushes what later tasks need, and returns task ids."""

    inherits_from_skipmixin = True

    def execute(self, context: Context) -> None:
        """Do the step, and skip what was not chosen; a choice that is not there ends the run."""
        with named_failures(self, context) as work:
            chosen = self.step(work)
        follow = {chosen} if isinstance(chosen, str) else set(chosen)
        self.do_branch(context, sorted(follow & self.downstream_task_ids) or None)


def model_of(model: Model | str) -> Model:
    """Return the spec itself, or the one at an import path.

    Raises:
        SpecError: When something else is there.
    """
    if isinstance(model, Model):
        return model
    from windvane.stores.code import resolve

    found = resolve(model)
    if not isinstance(found, Model):
        raise SpecError(model, [f"a {type(found).__name__}, not a Model"])
    return found


@contextmanager
def named_failures(operator: WindvaneOperator, context: Context) -> Iterator[Work]:
    """Turn a named error into a line of cause and one of remedy, and into a retry only where that can help.

    Raises:
        AirflowSkipException: There is nothing to do, and the clock asked.
        Passing: Another try may help.
        AirflowFailException: None can.
    """
    work = Work(operator, context)
    try:
        operator.linked = _linked(work)
        yield work
    except WindvaneError as error:
        raise _ending(operator, context, error) from error.__cause__  # what a user's own function raised, if it did
    finally:
        work.close()


def _linked(work: Work) -> dict[str, Any]:
    """Return what the task's links lead to, known before it does anything: a failed task has them too."""
    linked = {"model": work.declared.name, "version": getattr(work.operator, "version", None)}
    with suppress(InvalidWindow):  # a rollback concerns none; where one is needed, the step says so
        linked["window"] = work.window.key
    return linked


def _noted(operator: WindvaneOperator, result: Any) -> Any:
    """Let the task's links lead to the version that it made."""
    if isinstance(result, dict) and result.get("version"):
        operator.linked["version"] = result["version"]
    return result


def _ending(operator: WindvaneOperator, context: Context, error: WindvaneError) -> AirflowException:
    message = f"{error.name}: {error.cause}"
    if isinstance(error, NOTHING_TO_DO) and run_type(context) in BY_THE_CLOCK:
        return skipped(operator, context, message)
    operator.log.error(message)
    operator.log.error("What to do: %s", error.remedy)
    said = {"error": error.name, "cause": redacted(error.cause), "remedy": redacted(error.remedy)}
    with suppress(Exception):  # the page of the run lacks it then; it must not hide the error itself
        context["ti"].xcom_push(key=FAILED, value=said)
    if isinstance(error, ProcessDied):
        return AirflowException(message)  # tried twice more, as what has no name
    passing = isinstance(error, PASSING) and not isinstance(error, ContractBroken)  # a table does not alter itself
    return Passing(message) if passing else AirflowFailException(message)


def skipped(operator: WindvaneOperator, context: Context, reason: str) -> AirflowSkipException:
    """Return what skips the task and those after it; the reason stands in the log and as the XCom `skipped`."""
    operator.log.info("Skipped: %s", reason)
    context["ti"].xcom_push(key="skipped", value=reason)
    return AirflowSkipException(reason)
