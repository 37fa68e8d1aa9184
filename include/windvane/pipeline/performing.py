"""One task's step, called with what earlier tasks left: the same for an operator of Airflow and for the runner."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from windvane.pipeline.graph import Task


@dataclass(frozen=True)
class Done:
    """What a step did.

    Args:
        result: What it returned.
        values: What the task leaves for later ones: plain values that JSON can hold.
    """

    result: Any
    values: dict[str, Any]


def _here(step: Callable[..., Any], **arguments: Any) -> Any:
    """Call a step in this process."""
    return step(**arguments)


def perform(
    task: Task,
    given: Mapping[str, Any],
    plain: Mapping[str, Callable[[], Any]],
    call: Callable[..., Any] = _here,
) -> Done:
    """Call a task's step.

    Args:
        task: The task.
        given: The step's arguments that come from earlier tasks, as plain values.
        plain: Gives `model`, `window`, `stores`, `run` and `replace`; each is called only if the step has
            such an argument.
        call: Calls a step with its arguments; in another process perhaps.
    """
    step = step_of(task)
    parameters = inspect.signature(step).parameters
    arguments = {name: _typed(step, name, value) for name, value in given.items()}
    arguments |= {name: plain[name]() for name in parameters if name in plain}
    result = call(step, **arguments)
    return Done(result, {key: _value(where, result, given) for key, where in task.gives.items()})


def step_of(task: Task) -> Callable[..., Any]:
    """Return a task's step."""
    module, _, name = task.step.partition(":")
    step: Callable[..., Any] = getattr(importlib.import_module(module), name)
    return step


def _typed(step: Callable[..., Any], name: str, value: Any) -> Any:
    """Return a plain value as the step wants it: a record where it has been made plain, a number where it is text."""
    wanted = str(inspect.signature(step).parameters[name].annotation)
    if wanted == "int":
        return int(value)
    record = step.__globals__.get(wanted)
    if isinstance(record, type) and issubclass(record, BaseModel) and isinstance(value, Mapping):
        return record.model_validate(value)
    return value


def _value(where: str, result: Any, given: Mapping[str, Any]) -> Any:
    if where.startswith("="):
        return given[where[1:]]
    found = getattr(result, where) if where else result
    return found.model_dump(mode="json") if isinstance(found, BaseModel) else found
