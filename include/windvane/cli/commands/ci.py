"""`windvane ci`: what a change of code does to the models, before it is merged."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from windvane.cli.commanding import command
from windvane.cli.commands.run import AsOf
from windvane.cli.home import Home, moment, requested
from windvane.cli.output import Answer, Failure, Plain
from windvane.cli.progress import progress


@command(order=24)
def ci(
    home: Home,
    base: Annotated[str, typer.Option("--base", metavar="REF", help="The revision that the change is to go into.")],
    model: Annotated[
        list[str] | None,
        typer.Option("--model", metavar="MODEL", help="Look at this model alone; may be given several times."),
    ] = None,
    window: Annotated[
        str | None,
        typer.Option("--window", metavar="KEY", help="Train on this window.", show_default="the newest recorded one"),
    ] = None,
    page: Annotated[
        Path | None, typer.Option("--page", metavar="FILE", help="Also append the page, Markdown, to this file.")
    ] = None,
    as_of: AsOf = None,
) -> Answer:
    """Train what a change touches, and what it was before, on the same recorded snapshots, and judge one by the other.

    A model is touched where its declaration, code, data files or libraries say something else than at the base;
    comments and layout do not count. The head's own gate judges its version beside the base's. Nothing is written to
    the registry. The exit code is 1 where a rule fails; where the rules cannot tell, it is 0, and the page says so.
    """
    from windvane.cli.review import review
    from windvane.lifecycle.review.page import page as drawn

    run = requested(moment(as_of))
    with progress() as say:
        found = review(home, base, run, window, list(model or ()), say)
    text = drawn(found)
    if page is not None:
        _append(page, text)
    remedy = "see the page; what the gate says decides, and a rule that is too strict is changed in the spec"
    failures = [
        Failure("GateFailed", f"{item.model}: {item.headline}", remedy)
        for item in found.models
        if item.conclusion == "fail"
    ]
    failures += [Failure("SpecError", problem, "run `windvane check`") for problem in found.problems]
    return Answer(found, [Plain(text)], failures)


def _append(page: Path, text: str) -> None:
    from windvane.stores.scratch import keep_file

    before = page.read_bytes() if page.exists() else b""
    keep_file(page, before + text.encode())
