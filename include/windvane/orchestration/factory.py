"""From a spec to its DAG family: what runs when, in which order, and with which form."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from airflow.sdk import DAG, Asset, CronPartitionTimetable, TaskGroup

from windvane.orchestration.actions import act, form_of, tags_of
from windvane.orchestration.arrivals import After, Awaited, partitions, waited_for
from windvane.orchestration.base import StepOperator, WindvaneOperator
from windvane.orchestration.links import asset_uri
from windvane.orchestration.operators import operator_of
from windvane.orchestration.patience import RETRIES, Patience
from windvane.orchestration.texts import doc_md
from windvane.pipeline import GRAPHS, Graph, Task
from windvane.pipeline.graph import Lasting, Wait, tasks_named
from windvane.spec import Model

if TYPE_CHECKING:
    from airflow.sdk import BaseNotifier

    from windvane.orchestration.deadlines import Deadline
    from windvane.pipeline import Resources  # noqa: TC004 (a dataclass reads no annotation)
    from windvane.spec.timing import Timing

_RULES: dict[Wait, str] = {"all": "all_success", "branch": "none_failed_min_one_success"}
"""Airflow's name for when a task runs."""

_ALWAYS = datetime(2000, 1, 1, tzinfo=UTC)
_DEFAULTS: dict[str, Any] = {
    "retries": RETRIES,
    "retry_policy": Patience(),
    "retry_delay": timedelta(seconds=15),  # this, and the next two, where the worker was killed
    "retry_exponential_backoff": 2,
    "max_retry_delay": timedelta(minutes=5),
}
_LASTING: dict[Lasting, timedelta] = {
    "short": timedelta(minutes=10),
    "long": timedelta(hours=1),
    "longest": timedelta(hours=6),
}


def family(
    model: Model,
    default_args: Mapping[str, Any] | None = None,
    notifiers: Sequence[BaseNotifier] = (),
    tasks: Mapping[str, Resources] | None = None,
    python: str | None = None,
    after: Awaited | Mapping[str, Awaited] | None = None,
    deadlines: Mapping[str, str | Deadline] | None = None,
) -> list[DAG]:
    """Build the DAGs of a model: one from each graph, and one for people's actions. Each registers itself.

    Args:
        model: The spec.
        default_args: What all tasks share besides, or instead of, the family's own defaults: `pool`, `queue`,
            `retries`, `execution_timeout`, callbacks.
        notifiers: Who is notified of incidents.
        tasks: What single tasks may use, by `task` or `dag.task`.
        python: Interpreter of the environment for the tasks that run the user's code or load a model.
        after: Assets whose partitions are waited for instead of the clock: by `score`, or by the DAGs that it names.
        deadlines: By when a DAG's run must have succeeded, by the DAG's name.

    Raises:
        SpecError: `tasks` names no task; `after` or `deadlines` are not such as a DAG can have.
    """
    tasks_named(GRAPHS, tasks or {})
    shared = {"owner": model.owner, **_DEFAULTS, **(default_args or {})}
    waits = waited_for(model, after)
    own = _Own(model, default_args or {}, notifiers, tasks or {}, python, waits, _deadlines(model, deadlines))
    built = [_build(graph, own, shared) for graph in GRAPHS.values()]
    return [*built, act(model, {"execution_timeout": _LASTING["short"], **shared}, doc_md(model, "act"))]


@dataclass(frozen=True)
class _Own:
    """What a family is built for, besides its graphs."""

    model: Model
    given: Mapping[str, Any]
    notifiers: Sequence[Any]
    tasks: Mapping[str, Resources]
    python: str | None = None
    waits: Mapping[str, After] = field(default_factory=dict)
    deadlines: Mapping[str, Any] = field(default_factory=dict)

    def schedule(self, verb: str) -> Any:
        """Return the timetable of a DAG; None of one that runs only when it is asked."""
        timing = self.model.timetable().get(verb)
        if timing and verb in self.waits:
            return partitions(self.model, self.waits[verb], timing)
        return _timetable(self.model, verb, timing) if timing else None

    def arguments(self, graph: Graph, task: Task) -> dict[str, Any]:
        """Return what a task may use: the family's word, then the user's for all tasks, then that for this one."""
        found: dict[str, Any] = {"execution_timeout": self.given.get("execution_timeout") or _LASTING[task.lasting]}
        if task.retries is not None and "retries" not in self.given:
            found["retries"] = task.retries
        if self.python is not None and task.heavy:
            found["python"] = self.python
        for name in (task.name, f"{graph.name}.{task.name}"):
            if name in self.tasks:
                found |= self.tasks[name].arguments()
        return found


def _build(graph: Graph, own: _Own, shared: dict[str, Any]) -> DAG:
    model = own.model
    timing = model.timetable().get(graph.name)
    with DAG(
        dag_id=f"{model.name}_{graph.name}",
        schedule=own.schedule(graph.name),
        deadline=own.deadlines.get(graph.name),
        start_date=model.first_moment or _ALWAYS,
        end_date=_last_tick(model, timing.run_offset) if timing else None,
        catchup=False,
        max_active_runs=_at_once(model, graph.name),
        default_args=shared,
        tags=tags_of(model, graph.name),
        doc_md=doc_md(model, graph.name),
        params=form_of(model, graph.name),
    ) as dag:
        _render(graph, own)
    return dag


def _deadlines(model: Model, given: Mapping[str, str | Deadline] | None) -> dict[str, Any]:
    """Return Airflow's deadlines; what watches them is imported only where there are some."""
    if not given:
        return {}
    from windvane.orchestration.deadlines import deadlines_of

    return deadlines_of(model, given)


def _timetable(model: Model, verb: str, timing: Timing) -> Any:
    """Return the schedule; what needs Airflow's core is imported only where it is needed."""
    if verb == "train" and model.schedule.train is None:
        from windvane.orchestration.timetable import OnRequestTimetable

        return OnRequestTimetable(timing, window=model.window, timezone=model.timezone)
    if model.cadence.count > 1:
        from windvane.orchestration.timetable import SeveralUnitsTimetable

        return SeveralUnitsTimetable(timing, window=model.window, timezone=model.timezone)
    return CronPartitionTimetable(
        timing.cron, timezone=model.timezone, run_offset=timing.run_offset, key_format=model.cadence.key_format
    )


def _at_once(model: Model, verb: str) -> int:
    """Return how many runs of a DAG may be active, backfills (which set their own number) aside.

    Any number in any order ends with the same champion. One training at a time spares the machine, and the judging
    again of a version that lost a race; but where a person must approve, a run that waits must not hold others up.
    """
    return 1 if verb == "train" and model.approval == "never" else 16


def _render(graph: Graph, own: _Own) -> None:
    """Make the graph's tasks in the DAG at hand, each after those that it follows."""
    there = graph.of(own.model, notified=bool(own.notifiers))
    made: dict[str, WindvaneOperator] = {}
    named = {task.group for task in there}
    groups = {name: TaskGroup(name, tooltip=tooltip) for name, tooltip in graph.groups.items() if name in named}
    for task in there:
        made[task.name] = _operator(graph, task, own, made, groups.get(task.group))
        before = [name for name in graph.before(task) if name in made]
        for name in before:
            made[name] >> made[task.name]


def _operator(
    graph: Graph, task: Task, own: _Own, made: Mapping[str, WindvaneOperator], group: TaskGroup | None
) -> WindvaneOperator:
    kind: Any = operator_of(task.operator) if task.operator else StepOperator
    left = {argument: task.source(argument) for argument in task.takes}
    taken = {argument: made[source.task].xcom(source.key) for argument, source in left.items()}
    named = {"given": taken} if kind is StepOperator else {left[name].key: value for name, value in taken.items()}
    extra = {"task": task} if kind is StepOperator else _EXTRAS[task.name](own) if task.name in _EXTRAS else {}
    plain: dict[str, Any] = {
        "task_id": task.name,
        "task_group": group,
        "model": own.model,
        "inlets": [_asset(own.model, name) for name in task.reads],
        "outlets": [_asset(own.model, name) for name in task.changes],
        "trigger_rule": _RULES[task.waits],
    }
    if task.mapped:
        others = {name: value for name, value in named.items() if name != left[task.mapped].key}
        many = kind.partial(**{**plain, **others, **extra, **own.arguments(graph, task)})
        mapped: WindvaneOperator = many.expand(**{task.mapped: _MAPPED[task.name](own)})  # as others see it
        return mapped
    made_of: WindvaneOperator = kind(**{**plain, **named, **extra, **own.arguments(graph, task)})
    return made_of


_EXTRAS: dict[str, Callable[[_Own], dict[str, Any]]] = {
    "promote": lambda _: {"approval": "approve"},
    "reject": lambda _: {"approval": "approve"},
    "notify": lambda own: {"notifiers": own.notifiers},
    "verify": lambda _: {"version": "{{ params.version }}"},
}
"""What only Airflow knows: whose answer is carried out, who is notified, and the form's field."""


_MAPPED: dict[str, Callable[[_Own], list[int]]] = {
    "try": lambda own: list(range(own.model.tune.parallel if own.model.tune else 1)),
}
"""How many tasks are side by side: a number that is known when the file is parsed, for a map over what a task left
takes that task's only value."""


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
