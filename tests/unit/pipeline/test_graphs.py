"""The graphs of a model: their shape as text, and what a declaration may not say."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Any

import pytest

from tests.unit.lifecycle.examples import model_with
from windvane import Search, space
from windvane.errors import SpecError
from windvane.pipeline import GRAPHS, Resources
from windvane.pipeline.graph import tasks_named
from windvane.pipeline.performing import step_of

FOLDER = Path(__file__).with_name("graphs")
PLAIN = {"model", "window", "stores", "run", "replace"}


@pytest.mark.parametrize("name", list(GRAPHS))
def test_a_graph_has_the_shape_that_was_reviewed(name: str) -> None:
    """Write the file anew, and read what changed, when a task is added: `graph.drawn(model)` is its text."""
    drawn = GRAPHS[name].drawn(model_with(shadow=1), notified=True)
    assert drawn == (FOLDER / f"{name}.txt").read_text("utf-8")


def test_a_search_stands_between_the_data_and_the_training() -> None:
    searched = model_with(tune=Search(space={"C": space.log(0.01, 1.0)}, sampler="random"))
    drawn = GRAPHS["train"].drawn(searched)
    assert drawn == (FOLDER / "train_searched.txt").read_text("utf-8")
    plain = {task.name for task in GRAPHS["train"].of(model_with())}
    assert {task.name for task in GRAPHS["train"].of(searched)} - plain == {"propose", "try", "choose"}


@pytest.mark.parametrize(("graph", "task"), [(graph, task) for graph in GRAPHS.values() for task in graph.tasks])
def test_a_task_takes_what_earlier_tasks_give_and_its_step_wants(graph: object, task: object) -> None:
    from windvane.pipeline import Graph, Task

    assert isinstance(graph, Graph)
    assert isinstance(task, Task)
    names = [one.name for one in graph.tasks]
    for name in graph.before(task):
        assert names.index(name) < names.index(task.name)
    for argument in task.takes:
        source = task.source(argument)
        assert source.key in graph.named(source.task).gives
    assert not task.decides or task.decides in task.gives
    if task.step:
        wanted = {
            name
            for name, parameter in inspect.signature(step_of(task)).parameters.items()
            if parameter.default is parameter.empty
        }
        by_form = {"number"} if task.name == "verify" else set()
        assert wanted - PLAIN - by_form <= set(task.takes)
        assert set(task.takes) <= set(inspect.signature(step_of(task)).parameters)


def test_only_models_on_trial_have_challengers_and_only_notified_ones_a_notice() -> None:
    plain = {task.name for graph in GRAPHS.values() for task in graph.of(model_with())}
    staged = {task.name for graph in GRAPHS.values() for task in graph.of(model_with(shadow=1), notified=True)}
    assert staged - plain == {"shadow", "live", "notify"}


def test_a_task_that_is_not_there_is_named_with_its_nearest() -> None:
    tasks_named(GRAPHS, ["train", "score.snapshot", "snapshot"])
    with pytest.raises(SpecError, match=r"no task 'trian'.*did you mean 'train'"):
        tasks_named(GRAPHS, ["trian"])
    with pytest.raises(SpecError, match=r"no task 'train\.publish'"):
        tasks_named(GRAPHS, ["train.publish"])


def test_resources_refuse_what_airflow_does_not_know() -> None:
    misspelt: dict[str, Any] = {"queu": "big"}
    with pytest.raises(SpecError, match="queu"):
        Resources(**misspelt)
    assert Resources(priority=3, queue="big").arguments() == {"priority_weight": 3, "queue": "big"}
