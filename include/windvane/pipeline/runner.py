"""A graph in one process, without Airflow: the same tasks in the same order, with the same artifacts."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import Any

from windvane.pipeline.graph import Graph, Task
from windvane.pipeline.graphs import MONITOR, SCORE, TRAIN
from windvane.pipeline.performing import Done, perform
from windvane.results import GateOutcome, MonitorResult, Publication, Reason, Record, Run
from windvane.spec import Model
from windvane.steps.naming import as_recorded
from windvane.stores import Stores
from windvane.windows import Window

Progress = Callable[[str], None]


class TrainOutcome(Record):
    """What a training run came to."""

    model: str
    window: str
    version: int
    digest: str
    """Digest of the version's stored model."""
    snapshot: str
    decision: GateOutcome
    reasons: tuple[Reason, ...]
    champion: int | None
    """The champion after the run."""
    epoch: int
    promoted: bool


@dataclass
class _Walk:
    """A graph on its way: what its tasks left."""

    model: Model
    window: Window
    stores: Stores
    run: Run
    say: Progress
    done: dict[str, Done] = field(default_factory=dict)
    followed: set[str] = field(default_factory=set)
    """The tasks that a branch chose."""
    replace: bool = False
    """Whether another version may take the place of published scores."""

    def walk(self, graph: Graph, without: Collection[str]) -> dict[str, Done]:
        """Run the tasks in their order, those that a branch did not choose left out."""
        there = [task for task in graph.of(self.model) if task.name not in without]
        chosen_by = {name for task in there for name in task.branches.values()}
        for task in there:
            if task.name not in chosen_by or task.name in self.followed:
                self._one(task)
        return self.done

    def _one(self, task: Task) -> None:
        if task.says:
            self.say(task.says.format(window=self.window, **self._left()))
        if not task.step:
            return
        given = {name: self.done[task.source(name).task].values[task.source(name).key] for name in task.takes}
        plain: dict[str, Callable[[], Any]] = {
            "model": lambda: self.model,
            "window": lambda: self.window,
            "stores": lambda: self.stores,
            "run": lambda: self.run,
            "replace": lambda: self.replace,
        }
        self.done[task.name] = self._performed(task, given, plain)
        if task.decides:
            self.followed.add(task.branches[self.done[task.name].values[task.decides]])

    def _performed(self, task: Task, given: dict[str, Any], plain: dict[str, Callable[[], Any]]) -> Done:
        """Perform a task; one that is mapped once for each value, and the last one's word counts."""
        if not task.mapped:
            return perform(task, given, plain)
        done = [perform(task, {**given, task.mapped: value}, plain) for value in given[task.mapped]]
        return done[-1]

    def _left(self) -> dict[str, Any]:
        """Return everything that was left so far, the last word on each key."""
        found: dict[str, Any] = {}
        for one in self.done.values():
            found |= {key: value for key, value in one.values.items() if key != "window"}
        return found


def run_train(
    model: Model,
    window: Window,
    stores: Stores,
    run: Run,
    progress: Progress | None = None,
    without: Collection[str] = (),
) -> TrainOutcome:
    """Walk the graph `train`; a version that needs approval waits for a person.

    Args:
        model: The spec.
        window: The window.
        stores: Registry and artifacts.
        run: Who asks.
        progress: Is called with what begins.
        without: Tasks to leave out, such as `explain`.
    """
    model = as_recorded(model, stores)
    done = _Walk(model, window, stores, run, progress or _silent).walk(TRAIN, without)
    version, result = done["train"].result, done["gate"].result
    champion = stores.registry.champions.current(model.name)
    return TrainOutcome(
        model=model.name,
        window=window.key,
        version=version.version,
        digest=version.artifact,
        snapshot=done["snapshot"].values["snapshot"],
        decision=result.decision,
        reasons=result.reasons,
        champion=champion.version if champion else None,
        epoch=champion.epoch if champion else 0,
        promoted=champion is not None and champion.version == version.version,
    )


def run_score(
    model: Model,
    window: Window,
    stores: Stores,
    run: Run,
    progress: Progress | None = None,
    replace: bool = False,
) -> Publication:
    """Walk the graph `score`, and return the window's publication.

    Args:
        model: The spec.
        window: The window.
        stores: Registry and artifacts.
        run: Who asks.
        progress: Is called with what begins.
        replace: Let the champion for the window take the place of what is published; see `steps.scoring.score`.
    """
    model = as_recorded(model, stores)
    done = _Walk(model, window, stores, run, progress or _silent, replace=replace).walk(SCORE, ())
    for again in done["monitor_again"].result:
        (progress or _silent)(f"{again.window} was opened again: {again.decision}")
    published: Publication = done["publish"].result
    return published


def run_monitor(
    model: Model,
    window: Window,
    stores: Stores,
    run: Run,
    progress: Progress | None = None,
    retrain: bool = True,
    report: bool = True,
) -> MonitorResult:
    """Walk the graph `monitor`; then, unless `retrain` is False, run what was requested."""
    say, model = progress or _silent, as_recorded(model, stores)
    done = _Walk(model, window, stores, run, say).walk(MONITOR, () if report else ("report",))
    for again in done["reopen"].result:
        say(f"{again.window} was opened again: {again.decision}")
    if retrain:
        answer(model, stores, run, progress)
    result: MonitorResult = done["decide"].result
    return result


def answer(
    model: Model, stores: Stores, run: Run, progress: Progress | None = None, without: Collection[str] = ()
) -> list[TrainOutcome]:
    """Run the retrains that the monitor requested and that no run answers yet."""
    from windvane.steps.watching import pending, started

    model = as_recorded(model, stores)
    made = []
    for request in pending(model, stores):
        (progress or _silent)(f"retraining on {request.window}")
        requested = run.model_copy(update={"actor": "monitor", "run_id": request.run_id, "reason": request.reason})
        made.append(run_train(model, model.cadence.window(request.window), stores, requested, progress, without))
        started(model, request.request, stores, run)
    return made


def _silent(message: str) -> None:
    """Say nothing."""
