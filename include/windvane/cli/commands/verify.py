"""`windvane verify`: prove that the registry's rows and the stored bytes are what was once written."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import RenderableType

from windvane.cli.commanding import command
from windvane.cli.home import Home
from windvane.cli.output import Answer, Failure, line
from windvane.cli.progress import progress

Some = Annotated[str | None, typer.Argument(metavar="[MODEL]", help="A model that the registry knows. Default: all.")]
All = Annotated[bool, typer.Option("--all", metavar="", help="Go on after the first problem, and report every one.")]


@command(order=200)
def verify(home: Home, model: Some = None, everything: All = False) -> Answer:
    """Prove that models are what was once written: the hash chain of the audit log, the rows, and every artifact.

    The first thing that is wrong is named, with what it means and what to do. Nothing is changed.
    """
    from windvane import steps

    with home.stores() as stores, progress() as say:
        names = [model] if model else [row.name for row in stores.registry.models.all()]
        found = [steps.verify(name, stores, everything=everything, progress=say) for name in names]
    failures = [
        Failure(item.error, f"{item.cause}; {item.means}", item.remedy) for one in found for item in one.problems
    ]
    lines: list[RenderableType] = []
    for one in found:
        seen = f"{one.model}: versions {one.versions}, artifacts {one.artifacts}, events {one.events}"
        wrong = f"{len(one.problems)} not as written" if everything else "not as written; --all tells everything"
        end = wrong if one.problems else "all as they were written"
        lines.append(line(f"{seen}; {end}", style="bold red" if one.problems else "green"))
    return Answer(found[0] if model else found, lines or [line("no model yet")], failures)
