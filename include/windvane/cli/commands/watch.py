"""`windvane watch`: what `windvane status` says, looked at again and again."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable
from typing import Annotated, TextIO

import typer

from windvane.cli.commanding import command
from windvane.cli.commands.status import Some, told
from windvane.cli.home import Home
from windvane.cli.output import Answer, cell, drawn, line, show
from windvane.errors import WindvaneError
from windvane.results import HealthReport

Every = Annotated[int, typer.Option("--every", min=1, max=3600, metavar="SECONDS", help="How long between two looks.")]
Once = Annotated[bool, typer.Option("--once", metavar="", help="Look once, as `windvane status` does.")]

_CLEAR = "\x1b[H\x1b[J"
"""Moves to the first line of the terminal and clears what is below; what scrolled away before stays."""


@command(order=26)
def watch(home: Home, model: Some = None, every: Every = 10, once: Once = False) -> Answer:
    """Tell what is wrong with models, and look again every few seconds until Ctrl-C.

    A terminal shows the newest look alone. In a pipe, a look is written when something else is wrong than before.
    With `--json` or `--once` it looks once, and the exit code is 1 when somebody must act now.
    """
    with home.stores() as stores:
        first = told(stores, model)
    if once:
        return first

    def look() -> Answer:
        try:
            with home.stores() as stores:
                return told(stores, model)
        except WindvaneError as error:
            lines = [line(f"error: {error.name}: {error.cause}"), line(f"remedy: {error.remedy}")]
            return Answer(None, lines)

    return Answer(first.data, first.blocks, first.failures, live=lambda stream: _follow(stream, first, look, every))


def _follow(stream: TextIO, answer: Answer, look: Callable[[], Answer], every: int) -> None:
    """Write each look, until Ctrl-C or until nobody reads."""
    screen = stream.isatty() and os.environ.get("TERM") != "dumb"
    before: object = ()
    try:
        while True:
            if screen or _wrong(answer) != before:
                before = _wrong(answer)
                if not show(_lines(answer, every, screen=screen), stream):
                    return
            time.sleep(every)
            answer = look()
    except KeyboardInterrupt:
        return


def _lines(answer: Answer, every: int, *, screen: bool) -> list[str]:
    at = f"{cell(answer.data.at)} UTC" if isinstance(answer.data, HealthReport) else "not known now"
    if not screen:
        return [at, *drawn(answer.blocks, terminal=False)]
    head = drawn([line(f"{at}; again every {every} s; Ctrl-C ends it", "dim")], terminal=True)
    lines = drawn(answer.blocks, terminal=True)
    room = shutil.get_terminal_size().lines - 3
    if len(lines) > room:
        more = len(lines) - room + 1
        lines = [*lines[: room - 1], *drawn([line(f"{more} more lines; name a model", "dim")], terminal=True)]
    return [f"{_CLEAR}{head[0]}", *lines]


def _wrong(answer: Answer) -> object:
    """Return what is wrong, without how long it has been: two looks that agree in it are the same."""
    if not isinstance(answer.data, HealthReport):
        return tuple(map(str, answer.blocks))
    return tuple(
        (one.model, one.level, tuple((trouble.kind, trouble.headline) for trouble in one.troubles))
        for one in answer.data.models
    )
