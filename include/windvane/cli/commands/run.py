"""`windvane run train|score|monitor`: what a DAG run does, in this process."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import typer

from windvane.cli.commanding import command
from windvane.cli.evidence import warning_blocks
from windvane.cli.home import Home, moment, requested
from windvane.cli.output import Answer, facts, line
from windvane.cli.progress import progress
from windvane.cli.reasons import reason_blocks


def timestamp(text: str | None) -> str | None:
    """Refuse what is no timestamp at all, as a mistake of usage."""
    try:
        if text is not None:
            datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is not an ISO 8601 timestamp such as 2013-03-01T00:00Z") from None
    return text


Name = Annotated[str, typer.Argument(metavar="MODEL", help="A model that a DAG file declares.")]
Key = Annotated[str, typer.Option("--window", metavar="KEY", help="The window, such as 2013-03.")]
AsOf = Annotated[
    str | None,
    typer.Option("--as-of", metavar="TIME", callback=timestamp, help="Stand at this moment, UTC.", show_default="now"),
]
Reason = Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why, for the audit log.", show_default=False)]


@command(group="run", order=300)
def train(home: Home, model: Name, window: Key, as_of: AsOf = None, reason: Reason = "") -> Answer:
    """Train a version on the history up to a window, evaluate it, and let the gate decide.

    The same inputs give the same version: running this again changes nothing.
    """
    from windvane.actions.calls import trained
    from windvane.pipeline import runner

    run = requested(moment(as_of), reason)
    spec = home.declared(model)
    with home.stores() as stores, progress() as say:
        found = runner.run_train(spec, spec.cadence.window(window), stores, run, say)
        warned = warning_blocks(stores.registry.versions.get(found.model, found.version).warnings)
    return Answer(found, [facts(trained(found).facts), *reason_blocks(found.reasons), *warned])


@command(group="run", order=310)
def score(
    home: Home,
    model: Name,
    window: Key,
    as_of: AsOf = None,
    reason: Reason = "",
    replace: Annotated[
        bool,
        typer.Option(
            "--replace", metavar="", help="Let the champion's scores take the place of another version's; say why."
        ),
    ] = False,
) -> Answer:
    """Score a window with the champion of its time, and publish the scores as Parquet.

    A window that is published already is scored by the version that served it, whoever is champion now: the same rows
    give the same bytes, and no new publication. --replace with a --reason publishes the champion's scores instead.
    """
    from windvane import steps
    from windvane.pipeline import runner

    if replace and not reason.strip():
        raise typer.BadParameter("--replace changes what consumers read; say why with --reason TEXT")
    run = requested(moment(as_of), reason)
    spec = home.declared(model)
    with home.stores() as stores, progress() as say:
        found = runner.run_score(spec, spec.cadence.window(window), stores, run, say, replace=replace)
        named = steps.impossible(spec, found, stores)
        unknown = steps.unknown_categories(spec, found, stores)
    data = found.model_dump(mode="json")
    data["digest"], data["impossible"] = data.pop("artifact"), named
    data["unknown_categories"] = unknown
    names = ("model", "window", "publication", "version", "digest", "rows", "mean_score")
    told = [line(said, style="yellow") for said in (named, unknown) if said]
    return Answer(data, [facts({name: data[name] for name in names}), *told])


@command(group="run", order=320)
def monitor(
    home: Home,
    model: Name,
    window: Key,
    as_of: AsOf = None,
    reason: Reason = "",
    retrain: Annotated[
        bool,
        typer.Option("--retrain/--no-retrain", metavar="", help="Also run the training that the decision asks for."),
    ] = True,
) -> Answer:
    """Check a scored window against what its champion was trained on, and decide what follows."""
    from windvane.pipeline import runner

    run = requested(moment(as_of), reason)
    spec = home.declared(model)
    with home.stores() as stores, progress() as say:
        found = runner.run_monitor(spec, spec.cadence.window(window), stores, run, say, retrain=retrain)
        champion = stores.registry.champions.current(spec.name)
    data: dict[str, Any] = found.model_dump(mode="json")
    data |= {"champion": champion.version if champion else None, "epoch": champion.epoch if champion else 0}
    data["headline"] = found.headline
    names = ("model", "window", "decision", "version", "loss", "first_loss", "champion", "epoch")
    return Answer(data, [facts({name: data[name] for name in names}), *reason_blocks(found.reasons)])
