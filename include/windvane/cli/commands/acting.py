"""The verbs of the table of actions: each row becomes a verb with the row's parameters, name and words."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from enum import StrEnum
from typing import Annotated, Any

import typer

from windvane.actions import ACTIONS, Action, Doing, Parameter, carry_out, read
from windvane.cli.commanding import command
from windvane.cli.commands.reading import Name, number
from windvane.cli.home import Home, moment, registered, requested
from windvane.cli.output import Answer, facts
from windvane.cli.progress import progress

_FIRST = 140
"""Where the verbs of actions stand in the help page."""

_enumeration: Any = StrEnum  # its functional form, with a name that is known when a verb is made


def verb_of(action: Action) -> Callable[..., Answer]:
    """Return the function of an action's verb: `MODEL`, a version as an argument, everything else as options."""

    def function(home: Home, model: str, **given: Any) -> Answer:
        values = {name: value for name, value in given.items() if value is not None}
        version = action.parameter("version")
        if version and version.name in values:
            values[version.name] = number(values[version.name], model)
        return _done(action, home, model, values)

    notes = f"\n\n{action.notes}" if action.notes else ""
    home = inspect.Parameter("home", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=Home)
    own = [home, _taken("model", Name), *(_taken(item.name, _typed(item), item) for item in action.parameters)]
    function.__name__ = action.name
    function.__doc__ = f"{action.summary}{notes}"
    function.__annotations__ = {parameter.name: parameter.annotation for parameter in own} | {"return": Answer}
    function.__signature__ = inspect.Signature(own)  # type: ignore[attr-defined]  # what `verb` reads
    return function


def _done(action: Action, home: Home, model: str, values: dict[str, Any]) -> Answer:
    from windvane.actions.in_process import InProcess
    from windvane.steps.naming import as_recorded

    given = read(action, model, values)
    run = requested(moment(None), given.reason)
    with home.stores() as stores:
        spec = as_recorded(home.declared(model), stores) if action.declared else registered(model, stores)
        outcome = carry_out(action, Doing(spec, given, stores, run, InProcess(progress)))
    return Answer(outcome.data, [facts(dict(outcome.facts))])


def _taken(name: str, annotation: Any, parameter: Parameter | None = None) -> inspect.Parameter:
    optional = {"default": None} if parameter is not None and not parameter.required else {}
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, annotation=annotation, **optional)


def _typed(parameter: Parameter) -> Any:
    """Return how a parameter is written on the command line."""
    of: Any = str
    if parameter.kind == "choice":
        of = _enumeration(parameter.name, {choice: choice for choice in parameter.choices})
    if not parameter.required:
        of = of | None
    text = f"{parameter.help}."
    if parameter.kind == "version":
        return Annotated[of, typer.Argument(metavar=parameter.name.upper(), help=text)]
    metavar = {"window": "KEY", "choice": "|".join(parameter.choices)}.get(parameter.kind, "TEXT")
    return Annotated[of, typer.Option(f"--{parameter.name}", metavar=metavar, help=text, show_default=False)]


for _place, _action in enumerate(ACTIONS.values()):
    globals()[_action.name] = command(order=_FIRST + _place)(verb_of(_action))
