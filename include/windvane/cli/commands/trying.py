"""`windvane try`: what other parameters would do, and nothing of it in the registry."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Annotated, Any

import typer

from windvane.cli.commanding import command
from windvane.cli.commands.run import AsOf, Name
from windvane.cli.home import Home, moment, requested
from windvane.cli.output import Answer, facts, line, table
from windvane.cli.progress import progress
from windvane.errors import EmptyWindow
from windvane.results.ci import Trained, Verdicts
from windvane.spec import Model

Sets = Annotated[
    list[str],
    typer.Option(
        "--set", metavar="NAME=VALUE", help="A parameter of the estimator, such as learning_rate=0.1; may be repeated."
    ),
]


@command(name="try", order=115)
def try_(
    home: Home,
    model: Name,
    set_: Sets,
    window: Annotated[
        str | None,
        typer.Option("--window", metavar="KEY", help="Train on this window.", show_default="the newest recorded one"),
    ] = None,
    as_of: AsOf = None,
) -> Answer:
    """Train a model with other parameters and as it is declared, on the same recorded rows, and compare the two.

    Nothing is written to the registry: both versions are made in a folder that is thrown away. The gate's rules say
    what they would say, with the declared version as the champion. Values are JSON, or else text.
    """
    from windvane import steps
    from windvane.stores import open_stores

    changes = dict(_parsed(text) for text in set_)
    declared, run = home.declared(model), requested(moment(as_of))
    with home.stores() as stores, progress() as say, tempfile.TemporaryDirectory(prefix="windvane-try-") as folder:
        own = steps.as_recorded(declared, stores)
        key = own.cadence.window(window) if window else steps.newest_window(own, stores)
        if key is None:
            cause = f"{model}: no window was recorded yet whose outcomes are known"
            raise EmptyWindow(cause, f"run `windvane run train {model} --window KEY` first")
        say(f"training both on {key}")
        place = Path(folder)
        scratch = open_stores(f"sqlite:///{place / 'registry.db'}", str(place / "artifacts"))
        try:
            before, after = steps.tried_beside(own, changes, key, stores, scratch, run)
        finally:
            scratch.registry.close()
    return _answer(own, changes, key.key, before, after)


def _parsed(text: str) -> tuple[str, Any]:
    name, separator, value = text.partition("=")
    if not separator or not name.strip():
        raise typer.BadParameter(f"{text!r} is not NAME=VALUE, such as learning_rate=0.1")
    try:
        return name.strip(), json.loads(value)
    except ValueError:
        return name.strip(), value


def _answer(model: Model, changes: dict[str, Any], window: str, before: Trained, after: Verdicts) -> Answer:
    said = {
        "model": model.name,
        "window": window,
        **{f"with {name}": value for name, value in changes.items()},
        f"{model.metric} as declared": before.loss,
        f"{model.metric} tried": after.trained.loss,
        "difference": after.difference,
        "95 % interval": None if after.low is None else f"{after.low:+.4g} to {after.high:+.4g}",
        "rows": after.rows,
    }
    rules = table(("rule", "outcome", "says"), after.rules)
    data = {"model": model.name, "window": window, "set": changes, "declared": before, "tried": after}
    return Answer(data, [facts(said), rules, line("nothing was written to the registry", style="dim")])
