"""`windvane replay`: play policies over the past, side by side, and change nothing."""

from __future__ import annotations

import itertools
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import RenderableType

from windvane.cli.commanding import command
from windvane.cli.commands.run import Name
from windvane.cli.home import Home, moment, requested
from windvane.cli.output import Answer, clean, line, table
from windvane.errors import InvalidWindow
from windvane.results import PlayedPlan, Replay
from windvane.spec import Model, Plan, parse_plan
from windvane.windows import Window

_FEWEST = 3


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
    detail: Annotated[bool, typer.Option("--detail", metavar="", help="Show every window.")] = False,
    picture: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Draw losses, and the first plan's trainings and alerts, as SVG.", show_default=False
        ),
    ] = None,
) -> Answer:
    """Play policies over a model's past, each as of its moments: losses, trainings and alerts side by side.

    The rows come from the snapshots that the registry recorded, else from the source. Nothing is changed: it plays
    in a folder of its own, and goes on from there when it was stopped. A version that would wait for a person's
    approval is taken as approved.
    """
    from windvane import stores
    from windvane.pipeline.replay import replay as played
    from windvane.stores.scratch import keep_file

    spec = home.declared(model)
    plans = _plans(spec, policy or ["declared"], against)
    run = requested(moment(None))
    windows = _windows(spec, first, last, run.as_of)
    if len(windows) - folds + 1 < _FEWEST:
        cause = f"{model}: {len(windows)} windows, {windows[0]} to {windows[-1]}, are too few for {folds} folds"
        raise InvalidWindow(cause, f"name a longer range; each fold needs {_FEWEST} windows")
    folder = scratch or stores.home() / "replay" / spec.name
    processes = jobs or os.cpu_count() or 1
    with home.stores() as own, _bar() as say:
        found = played(spec, windows, plans, own, run, folder, folds=folds, jobs=processes, fresh=fresh, progress=say)
    if picture is not None:
        keep_file(picture, _picture(found).encode())
    return Answer(found, _blocks(found, detail=detail))


def _plans(spec: Model, policies: list[str], against: str) -> list[Plan]:
    """Return each plan once, in the order given."""
    texts = [*policies, *(text.strip() for text in against.split(",") if text.strip())]
    return [parse_plan(text, spec.monitor.policy) for text in dict.fromkeys(text.strip() for text in texts)]


def _windows(spec: Model, first: str | None, last: str | None, now: datetime) -> list[Window]:
    cadence = spec.cadence
    if first is None and spec.first_moment is None:
        raise InvalidWindow(f"{spec.name} declares no start", f"name the first window: --from {cadence.example}")
    begin = cadence.window(first) if first else cadence.window_at(spec.first_moment or now)
    end = cadence.window(last) if last else _last(spec, now)
    if end.start < begin.start:
        raise InvalidWindow(f"{spec.name}: window {end} lies before {begin}", "name a range whose end comes later")
    return cadence.between(begin, end)


def _last(spec: Model, now: datetime) -> Window:
    """Return the last window whose outcomes are due, and that does not lie after the source's end."""
    due = spec.cadence.previous(spec.cadence.window_at(now - spec.maturity))
    return min(due, spec.last_window or due)


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


def _picture(found: Replay) -> str:
    """Draw the plans' losses over the windows of the first fold."""
    from windvane.web import picture
    from windvane.web.timeline import Mark, Series

    plans = [item for item in found.played if item.fold == 0]
    kinds = itertools.cycle(picture.KINDS)
    series = [Series(item.plan, [window.loss for window in item.windows], next(kinds)) for item in plans]
    marks = []
    for index, window in enumerate(plans[0].windows):
        if window.trained is not None:
            marks.append(Mark(index, "retrain", f"v{window.trained} trained"))
        if window.promoted:
            marks.append(Mark(index, "promote", f"v{window.trained} promoted"))
        if window.decision == "alert":
            marks.append(Mark(index, "alert", "alert"))
    labels = [window.window for window in plans[0].windows]
    return picture.lines(f"{found.model}: {found.metric} of each plan", labels, series, marks, found.metric)


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
