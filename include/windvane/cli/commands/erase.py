"""`windvane erase`: remove the rows of a person from a model's snapshots and scores."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.console import RenderableType

from windvane.cli.commanding import command
from windvane.cli.commands.reading import Name
from windvane.cli.home import Home, moment, requested
from windvane.cli.output import Answer, line, table
from windvane.cli.progress import progress
from windvane.results import Erasure

_MOST_BYTES = 64 * 2**20
"""A file of keys that is longer is none."""

Keys = Annotated[
    list[str] | None,
    typer.Option(
        "--key",
        metavar="KEY",
        help="A row's key; may be given several times. Of several columns: their values, parted by `|`.",
        show_default=False,
    ),
]
KeyFile = Annotated[
    str | None,
    typer.Option(
        "--keys",
        metavar="FILE",
        help="A text file with a key a line; `-` is standard input. Other users of a machine see options, not files.",
        show_default=False,
    ),
]
Reason = Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why, for the audit log.", show_default=False)]
Retrain = Annotated[
    bool,
    typer.Option("--retrain", metavar="", help="Ask for a retrain where the champion was trained on such rows."),
]
DryRun = Annotated[bool, typer.Option("--dry-run", metavar="", help="Only show; this is what happens without --yes.")]
Yes = Annotated[bool, typer.Option("--yes", metavar="", help="Erase what is shown.")]


@command(order=225)
def erase(
    home: Home,
    model: Name,
    key: Keys = None,
    keys: KeyFile = None,
    reason: Reason = "",
    retrain: Retrain = False,
    dry_run: DryRun = False,
    yes: Yes = False,
) -> Answer:
    """Show what holds rows with some keys; with --yes, erase these rows for good.

    New snapshots and scores without them take the places of the old ones, and the old files are removed. Digests in
    the audit log stay, and it says when, by whom and why they were erased. No key is recorded. Take the rows out of
    the source first: a run that reads them again is refused. Models stay as they are: train those anew that are named.
    """
    from windvane import steps

    if dry_run and yes:
        raise typer.BadParameter("--dry-run shows, --yes erases; give one of them")
    named = [*(key or ()), *(_read(keys) if keys else ())]
    with home.stores() as stores, progress() as say:
        home.make_importable()
        run = requested(moment(None), reason)
        found = steps.erase(model, named, stores, run, remove=yes, retrain=retrain, progress=say)
    return Answer(found, _drawn(found))


def _read(name: str) -> list[str]:
    """Return the keys of a file.

    Raises:
        BadParameter: It cannot be read as text.
    """
    try:
        data = sys.stdin.buffer.read(_MOST_BYTES + 1) if name == "-" else _bytes(Path(name))
        text = data.decode("utf-8-sig")
    except OSError as error:
        raise typer.BadParameter(f"{name} cannot be read: {error.strerror or error}") from None
    except UnicodeDecodeError:
        raise typer.BadParameter(f"{name} is no text in UTF-8") from None
    if len(data) > _MOST_BYTES:
        raise typer.BadParameter(f"{name} has more than {_MOST_BYTES:,} bytes; give several files, one after the other")
    return [key for key in (item.rstrip("\r") for item in text.split("\n")) if key]


def _bytes(path: Path) -> bytes:
    if not path.is_file():
        raise typer.BadParameter(f"{path} is no file")
    with path.open("rb") as file:
        return file.read(_MOST_BYTES + 1)


def _drawn(found: Erasure) -> Sequence[RenderableType]:
    kinds = sorted({item.kind for item in found.tombstones})
    cells = [
        (
            kind,
            sum(item.kind == kind for item in found.tombstones),
            sum(item.removed for item in found.tombstones if item.kind == kind),
        )
        for kind in kinds
    ]
    drawn: list[RenderableType] = [table(("kind", "replaced or removed", "rows"), cells)] if cells else []
    what = "erased" if found.done else "would go; `--yes` erases them"
    drawn.append(line(f"{found.model}: {found.rows:,} rows in {len(found.windows):,} windows {what}"))
    if found.versions:
        numbers = ", ".join(f"v{number}" for number in found.versions)
        drawn.append(line(f"trained on erased rows: {numbers}; they stay as they are until they are trained anew"))
    if found.request:
        drawn.append(line("asked for a retrain; the next run of the monitor starts it"))
    for item in found.deliveries:
        left = f": {item.left}" if item.left else ""
        drawn.append(line(f"{item.window} {'delivered again' if item.done else 'not delivered'} to {item.place}{left}"))
    drawn += [line(f"still there: {item}") for item in found.kept]
    return drawn
