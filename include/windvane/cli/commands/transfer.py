"""`windvane export` and `windvane import`: a model's whole history out into one file, and in from it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from windvane.cli.commanding import command
from windvane.cli.commands.reading import Name
from windvane.cli.home import Home, moment, requested
from windvane.cli.output import Answer, line
from windvane.cli.progress import progress
from windvane.results import Moved

To = Annotated[Path, typer.Option("--to", metavar="FILE", help="The file; nothing of that name may be there.")]
From = Annotated[Path, typer.Argument(metavar="FILE", help="A file that `windvane export` wrote.")]

Trust = Annotated[
    bool,
    typer.Option(
        "--trust-types",
        metavar="",
        help="Accept a spec that lets stored estimators hold types of its own; only from an author you trust.",
    ),
]

Key = Annotated[
    str | None,
    typer.Option(
        "--key", metavar="FILE", help="Sign with this Ed25519 key, PEM.", show_default="WINDVANE_SIGNING_KEY, or none"
    ),
]
TrustedKeys = Annotated[
    str | None,
    typer.Option(
        "--trust",
        metavar="PATH",
        help="A public key, PEM, or a folder of them: their signatures count.",
        show_default="WINDVANE_TRUSTED_KEYS, or none",
    ),
]
Unsigned = Annotated[
    bool, typer.Option("--unsigned", metavar="", help="Take in a file that nobody signed whose signature counts.")
]


@command(order=230)
def export(home: Home, model: Name, to: To, key: Key = None) -> Answer:
    """Write a model's whole history into one file: rows, audit log and artifacts, once the audit log is shown to hold.

    Runs may be at work meanwhile; the file holds what was there at one moment. With a signing key a statement is
    written beside it, FILE.sig, by which an import knows its author.
    """
    from windvane import steps
    from windvane.stores.signing import own_signer

    signer = own_signer(key)
    with home.stores() as stores, progress() as say:
        found = steps.export_model(model, to, stores, say, signer, requested(moment(None)))
    signed = f", signed by {found.signer}" if found.signer else ""
    return Answer(_data(found, to), [line(f"{model}: {_message(found)} in {to}, digest {found.digest}{signed}")])


@command(order=240)
def import_(
    home: Home, file: From, trust_types: Trust = False, trust: TrustedKeys = None, unsigned: Unsigned = False
) -> Answer:
    """Take in the whole history of a model from a file, all or nothing, once all of it is shown to be as written.

    A model of that name must not be there yet, or be the same to the last event. What was cut short is completed by
    doing it again. Where keys are named whose signatures count, the file must be signed by one of them.
    """
    from windvane import steps
    from windvane.stores.signing import trusted_keys

    keys = trusted_keys(trust)
    with home.stores() as stores, progress() as say:
        found = steps.import_model(file, stores, trust_types=trust_types, progress=say, keys=keys, unsigned=unsigned)
    before = "was there already" if found.known else "is here now"
    who = f"signed by {found.signer}" if found.signer else "signed by nobody whose signature counts"
    return Answer(
        _data(found, file), [line(f"{found.model} {before}: {_message(found)}, digest {found.digest}, {who}")]
    )


def _data(found: Moved, file: Path) -> dict[str, object]:
    return {**found.model_dump(mode="json"), "file": str(file)}


def _message(found: Moved) -> str:
    return f"rows {found.rows:,}, artifacts {found.artifacts:,}, bytes {found.bytes:,}"
