"""`windvane sweep`: show what nothing refers to any more, and remove it on request."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer

from windvane.cli.commanding import command
from windvane.cli.home import Home, moment, requested
from windvane.cli.output import Answer, line, table
from windvane.cli.progress import progress
from windvane.results import Swept
from windvane.windows import parse_duration

LEAST_AGE = timedelta(hours=1)
"""A run puts its bytes first and registers them at its end; what is younger than a run takes is never removed."""


def _age(text: str) -> str:
    """Refuse an age that is none, or too short, as a mistake of usage."""
    try:
        age = parse_duration(text)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None
    if age < LEAST_AGE:
        raise typer.BadParameter(f"{text!r} is shorter than an hour; runs that are at work need what is younger")
    return text


OlderThan = Annotated[
    str,
    typer.Option(
        "--older-than",
        metavar="AGE",
        callback=_age,
        help="Remove only what was last written this long ago; longer than any run takes.",
    ),
]
DryRun = Annotated[bool, typer.Option("--dry-run", metavar="", help="Only show; this is what happens without --yes.")]
Yes = Annotated[bool, typer.Option("--yes", metavar="", help="Remove what is shown as old enough.")]


@command(order=220)
def sweep(home: Home, older_than: OlderThan = "7d", dry_run: DryRun = False, yes: Yes = False) -> Answer:
    """Show what nothing refers to any more, such as what crashed attempts left; with --yes, remove it.

    What a model's spec keeps no longer (`keep=`) goes too, and `verify` says when it went. Runs may be at work
    meanwhile. No other registry may keep its artifacts in the same place.
    """
    from windvane import steps

    if dry_run and yes:
        raise typer.BadParameter("--dry-run shows, --yes removes; give one of them")
    cutoff = datetime.now(UTC) - parse_duration(older_than)
    with home.stores() as stores, progress() as say:
        found = list(steps.sweep(stores, cutoff, remove=yes, progress=say))
        run = requested(moment(None), "older than the spec keeps them")
        found += steps.retire(stores, run, remove=yes, progress=say)
    cells = [
        (
            item.kind,
            item.name,
            _size(item.bytes),
            item.since,
            item.why,
            _fate(item),
        )
        for item in found
    ]
    may_go = [item for item in found if not item.kept and item.kind != "pointer"]
    message = (
        f"{len(found)} with nothing that refers to them, or too old; {len(may_go)} {'removed' if yes else 'may go'}"
    )
    message += f", {_size(_total(may_go))}" + ("" if yes or not may_go else "; `windvane sweep --yes` removes them")
    drawn = [table(("kind", "what", "size", "last written", "why", ""), cells)] if cells else []
    return Answer(found, [*drawn, line(message)])


def _fate(item: Swept) -> str:
    """Return what becomes of a thing."""
    if item.kind == "pointer":
        return "written anew" if item.removed else "--yes writes it anew"
    return "removed" if item.removed else item.kept or "may go"


def _total(found: Iterable[Swept]) -> int:
    return sum(item.bytes or 0 for item in found)


def _size(count: int | None) -> str | None:
    """Return a number of bytes as people read it."""
    if count is None:
        return None
    size, units = float(count), iter(("B", "kB", "MB", "GB", "TB"))
    unit = next(units)
    while size >= 1000 and unit != "TB":
        size, unit = size / 1000, next(units)
    return f"{size:.0f} {unit}" if unit == "B" else f"{size:.1f} {unit}"
