"""`windvane export` and `windvane import`: a model's whole history out into one file, and in from it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from windvane.cli.commanding import command
from windvane.cli.commands.reading import Name
from windvane.cli.commands.run import AsOf, Reason
from windvane.cli.home import Home, moment, requested
from windvane.cli.output import Answer, line
from windvane.cli.progress import progress
from windvane.cli.reasons import reason_blocks
from windvane.results import Moved, Run

if TYPE_CHECKING:
    from rich.console import RenderableType

    from windvane.stores.signing import Keys

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

One = Annotated[
    int | None,
    typer.Option("--version", min=1, metavar="N", help="Take this version alone; the gate here judges it."),
]
On = Annotated[
    str | None,
    typer.Option(
        "--window",
        metavar="KEY",
        help="With --version: judge it on this window of here.",
        show_default="the newest one with outcomes",
    ),
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
    home: Home,
    file: From,
    trust_types: Trust = False,
    trust: TrustedKeys = None,
    unsigned: Unsigned = False,
    version: One = None,
    window: On = None,
    reason: Reason = "",
    as_of: AsOf = None,
) -> Answer:
    """Take in the whole history of a model from a file, all or nothing, once all of it is shown to be as written.

    A model of that name must not be there yet, or be the same to the last event. What was cut short is completed by
    doing it again. Where keys are named whose signatures count, the file must be signed by one of them.

    With --version one version alone is taken, such as from staging, into a model that is declared here. The gate here
    judges it on rows of here before it may be champion, and the audit log tells who let it through there.
    """
    from windvane import steps
    from windvane.stores.signing import trusted_keys

    keys = trusted_keys(trust)
    if version is not None:
        return _received(home, file, version, window, requested(moment(as_of), reason), (trust_types, keys, unsigned))
    if window is not None:
        raise typer.BadParameter(
            "a window goes with --version: a whole history comes with its own", param_hint="--window"
        )
    with home.stores() as stores, progress() as say:
        found = steps.import_model(file, stores, trust_types=trust_types, progress=say, keys=keys, unsigned=unsigned)
    before = "was there already" if found.known else "is here now"
    who = f"signed by {found.signer}" if found.signer else "signed by nobody whose signature counts"
    return Answer(
        _data(found, file), [line(f"{found.model} {before}: {_message(found)}, digest {found.digest}, {who}")]
    )


def _received(
    home: Home, file: Path, number: int, key: str | None, run: Run, trust: tuple[bool, Keys | None, bool]
) -> Answer:
    from windvane import steps
    from windvane.stores.archive_reading import model_of

    declared = home.declared(model_of(file))
    trust_types, keys, unsigned = trust
    with home.stores() as stores, progress() as say:
        model = steps.as_recorded(declared, stores)
        window = model.cadence.window(key) if key else None
        found = steps.receive_version(
            model,
            file,
            number,
            window,
            stores,
            run,
            trust_types=trust_types,
            keys=keys,
            unsigned=unsigned,
            progress=say,
        )
    came = f"v{found.number} of {found.trained} is v{found.version} here"
    champion = f"v{found.champion}, epoch {found.epoch}" if found.champion else "none"
    blocks: list[RenderableType] = [
        line(f"{found.model}: {came}; judged on {found.window}, the gate decides {found.decision}"),
        *reason_blocks(found.reasons),
        line(f"champion: {champion}"),
    ]
    if found.decision == "needs_approval":
        blocks.append(line(f"next: windvane approve {found.model} {found.version} --reason …"))
    return Answer(found, blocks)


def _data(found: Moved, file: Path) -> dict[str, object]:
    return {**found.model_dump(mode="json"), "file": str(file)}


def _message(found: Moved) -> str:
    return f"rows {found.rows:,}, artifacts {found.artifacts:,}, bytes {found.bytes:,}"
