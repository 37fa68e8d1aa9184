"""`windvane replay`: play policies over the past, side by side, and change nothing."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import RenderableType

from windvane.cli.commanding import command
from windvane.cli.commands.run import Name
from windvane.cli.home import Home, moment, requested
from windvane.cli.output import Answer, clean, line, table
from windvane.results import PlayedPlan, Replay


@command(order=130)
def replay(
    home: Home,
    model: Name,
    policy: Annotated[
        list[str] | None,
        typer.Option(
            metavar="PLAN",
            help="What to play: `declared`, or fields that replace declared ones, such as "
            "`retrain_at=0.05,cooldown=2`; may be given several times.",
            show_default="declared",
        ),
    ] = None,
    against: Annotated[
        str, typer.Option(metavar="PLANS", help="What to play beside it: `never`, `always`, `every:N`, by commas.")
    ] = "never,always",
    first: Annotated[
        str | None, typer.Option("--from", metavar="KEY", help="First window.", show_default="the spec's start")
    ] = None,
    last: Annotated[
        str | None, typer.Option("--to", metavar="KEY", help="Last window.", show_default="the last one with outcomes")
    ] = None,
    folds: Annotated[
        int, typer.Option(min=1, max=100, metavar="N", help="Play from each of the first N windows, too.")
    ] = 1,
    jobs: Annotated[
        int | None, typer.Option(min=1, max=64, metavar="N", help="Processes.", show_default="one a processor")
    ] = None,
    scratch: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="Where it plays, and goes on later.", show_default="below WINDVANE_HOME"),
    ] = None,
    fresh: Annotated[bool, typer.Option("--fresh", metavar="", help="Throw away what was played before.")] = False,
    keep: Annotated[
        bool, typer.Option("--keep", metavar="", help="Keep the result in the registry, for the model's page.")
    ] = False,
    detail: Annotated[bool, typer.Option("--detail", metavar="", help="Show every window.")] = False,
    picture: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Draw losses, and the first plan's trainings and alerts, as SVG.", show_default=False
        ),
    ] = None,
) -> Answer:
    """Play policies over a model's past, each as of its moments: losses, trainings and alerts side by side.

    The rows come from the snapshots that the registry recorded, else from the source. It plays in a folder of its own,
    and goes on from there when it was stopped. Nothing is changed, but for what `--keep` records. A version that would
    wait for a person's approval is taken as approved.
    """
    from windvane import stores
    from windvane.pipeline.playing import plans_of, windows_of
    from windvane.pipeline.replay import replay as played
    from windvane.steps import keep_replay
    from windvane.stores.scratch import keep_file

    spec = home.declared(model)
    run = requested(moment(None))
    plans = plans_of(spec, [*(policy or ["declared"]), *against.split(",")])
    windows = windows_of(spec, first, last, run.as_of, folds)
    folder = scratch or stores.home() / "replay" / spec.name
    processes = jobs or os.cpu_count() or 1
    with home.stores() as own, _bar() as say:
        found = played(spec, windows, plans, own, run, folder, folds=folds, jobs=processes, fresh=fresh, progress=say)
        if keep:
            keep_replay(found, own, run)
    if picture is not None:
        from windvane.web.picture import replayed

        keep_file(picture, replayed(found).encode())
    return Answer(found, _blocks(found, detail=detail))


def _blocks(found: Replay, *, detail: bool) -> list[RenderableType]:
    spread = any(item.least is not None for item in found.plans)
    columns = ["plan", "windows", f"mean {found.metric}", "trainings", "probes", "promotions", "alerts"]
    cells = [
        [item.plan, item.windows, item.mean_loss, item.trainings, item.probes, item.promotions, item.alerts]
        for item in found.plans
    ]
    if spread:
        columns += ["least", "most"]
        cells = [[*row, item.least, item.most] for row, item in zip(cells, found.plans, strict=True)]
    blocks: list[RenderableType] = [table(columns, cells)]
    notes = [
        f"{item.plan}, {window.window}: {window.note}"
        for item in found.played
        for window in item.windows
        if window.note
    ]
    blocks += [line("")] * bool(notes) + [line(note, "yellow") for note in dict.fromkeys(notes)]
    if detail:
        blocks += [block for item in found.played for block in _detail(item, spread)]
    return blocks


def _detail(item: PlayedPlan, spread: bool) -> list[RenderableType]:
    cells = [
        (
            window.window,
            window.version and f"v{window.version}",
            window.loss,
            window.decision,
            window.found,
            window.trained and f"v{window.trained}",
            "promoted" if window.promoted else "",
        )
        for window in item.windows
    ]
    title = f"{item.plan}, from {item.windows[0].window}" if spread else item.plan
    return [
        line(""),
        line(title, "bold"),
        table(("window", "by", "loss", "decision", "findings", "trained", ""), cells),
    ]


@contextmanager
def _bar() -> Iterator[Callable[[int, int, str], None]]:
    """Show how far it is, when somebody watches."""
    if not sys.stderr.isatty():
        yield lambda *_: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True, redirect_stdout=False) as shown:
        task = shown.add_task("starting", total=None)

        def say(done: int, total: int, what: str) -> None:
            shown.update(task, description=clean(what), completed=done, total=total)

        yield say
