"""What a task and a graph are: names, what is taken from whom, when a task runs, and what it may use."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from windvane.errors import SpecError, nearest
from windvane.spec import Model

Lasting = Literal["short", "long", "longest"]
"""How long a task may run: ten minutes, an hour, six hours."""

Wait = Literal["all", "branch"]
"""When a task runs: after all before it, or after the branch that was taken."""

Only = Literal["always", "staged", "notified", "delivered", "searched"]
"""Which models have a task: all; those with versions on trial (`Model.on_trial`); those whose alerts are sent out;
those whose scores are delivered to places of their consumers; those whose parameters are searched for."""


class Source(NamedTuple):
    """A value that an earlier task leaves."""

    task: str
    key: str


@dataclass(frozen=True)
class Task:
    """One task of a graph.

    Args:
        name: Its name within the graph.
        step: Import path of its step, `windvane.steps.training:train`; empty for a task that only marks an end.
        operator: Name of its operator in `windvane.orchestration`; empty for the plain one.
        takes: The step's argument to `task.key`, a value that an earlier task leaves. The plain arguments `model`,
            `window`, `stores` and `run` are given to every step that has them.
        gives: Key to where its value stands in the step's result: an attribute; `` for the whole result; or `=name`
            for the argument of that name, handed on.
        after: Tasks before it of which it takes nothing.
        branches: Decision to the task that follows it; `decides` names the key that holds the decision.
        decides: The key of `gives` that a branch follows.
        waits: When it runs.
        only: Which models have it.
        lasting: How long it may run.
        retries: Tries after the first one; None for as many as all tasks have.
        group: The group it is drawn in.
        reads: Assets that it reads.
        changes: Assets that it changes.
        says: What the runner says while it runs; `{window}`, and keys of earlier tasks, are filled in.
        own_code: True for a short task that runs the user's code, or loads a model, all the same.
        person: True where a run in one process ends, since a person must answer first.
        mapped: The argument of its step that takes one value of many: there is a task for each, side by side.
    """

    name: str
    step: str = ""
    operator: str = ""
    takes: Mapping[str, str] = field(default_factory=dict)
    gives: Mapping[str, str] = field(default_factory=dict)
    after: tuple[str, ...] = ()
    branches: Mapping[str, str] = field(default_factory=dict)
    decides: str = ""
    waits: Wait = "all"
    only: Only = "always"
    lasting: Lasting = "long"
    retries: int | None = None
    group: str = ""
    reads: tuple[str, ...] = ()
    changes: tuple[str, ...] = ()
    says: str = ""
    own_code: bool = False
    person: bool = False
    mapped: str = ""

    @property
    def heavy(self) -> bool:
        """Whether it may run the user's code or load a model: what a model's own environment is for."""
        return self.own_code or (bool(self.step) and self.lasting != "short")

    @property
    def label(self) -> str:
        """Its id in Airflow: the name, below the group's."""
        return f"{self.group}.{self.name}" if self.group else self.name

    def source(self, argument: str) -> Source:
        """Return where an argument of its step comes from."""
        return Source(*self.takes[argument].split("."))


@dataclass(frozen=True)
class Graph:
    """The tasks of one DAG, each after those that it follows.

    Args:
        name: The DAG's name within the family.
        tasks: The tasks, in the order in which one process runs them.
        groups: Group to what it is there for.
    """

    name: str
    tasks: tuple[Task, ...]
    groups: Mapping[str, str] = field(default_factory=dict)

    def of(self, model: Model, *, notified: bool = False) -> tuple[Task, ...]:
        """Return the tasks that a model has."""
        there = {"always": True, "staged": model.on_trial, "notified": notified, "delivered": bool(model.publish)}
        there["searched"] = model.tune is not None
        return tuple(task for task in self.tasks if there[task.only])

    def named(self, name: str) -> Task:
        """Return a task.

        Raises:
            SpecError: There is none of that name.
        """
        for task in self.tasks:
            if task.name == name:
                return task
        raise SpecError(self.name, [f"no task {name!r}{nearest(name, [task.name for task in self.tasks])}"])

    def before(self, task: Task) -> tuple[str, ...]:
        """Return the tasks that a task follows at once, in the order of the graph."""
        found = {task.source(argument).task for argument in task.takes} | set(task.after)
        found |= {other.name for other in self.tasks if task.name in other.branches.values()}
        return tuple(other.name for other in self.tasks if other.name in found)

    def drawn(self, model: Model, *, notified: bool = False) -> str:
        """Return the graph as text, a task a line: what a review sees when its shape changes."""
        lines = []
        there = self.of(model, notified=notified)
        for task in there:
            after = [name for name in self.before(task) if name in {other.name for other in there}]
            parts = [task.label, f"after {', '.join(after)}" if after else "first", f"step {task.step or 'none'}"]
            parts += [f"takes {argument}={value}" for argument, value in task.takes.items()]
            parts += [f"gives {', '.join(task.gives)}"] if task.gives else []
            parts += [f"{decision} -> {name}" for decision, name in task.branches.items()]
            parts += [f"one for each {task.mapped}"] if task.mapped else []
            parts += ["after the branch taken"] if task.waits == "branch" else []
            parts += [f"reads {name}" for name in task.reads] + [f"changes {name}" for name in task.changes]
            parts += [task.lasting] + ([f"retries {task.retries}"] if task.retries is not None else [])
            lines.append("; ".join(parts))
        return "".join(f"{line}\n" for line in lines)


def tasks_named(graphs: Mapping[str, Graph], wanted: Collection[str]) -> dict[str, tuple[str, str]]:
    """Return the graph and the task of each name, `train` or `train.snapshot`; a bare name means it in every graph.

    Raises:
        SpecError: A name means no task.
    """
    known = {f"{graph.name}.{task.name}": (graph.name, task.name) for graph in graphs.values() for task in graph.tasks}
    bare = {task for _, task in known.values()}
    problems = [
        f"no task {name!r}{nearest(name, [*bare, *known])}; known: {', '.join(sorted(bare))}"
        for name in wanted
        if name not in known and name not in bare
    ]
    if problems:
        raise SpecError("tasks", problems)
    return known
