"""`windvane verify`: prove that the registry's rows and the stored bytes are what was once written."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import RenderableType

from windvane.cli.commanding import command
from windvane.cli.home import Home, moment, requested
from windvane.cli.output import Answer, Failure, line
from windvane.cli.progress import progress
from windvane.errors import UnusableKey

if TYPE_CHECKING:
    from windvane.stores.signing import Keys
    from windvane.stores.witnesses import Place

Some = Annotated[str | None, typer.Argument(metavar="[MODEL]", help="A model that the registry knows. Default: all.")]
All = Annotated[bool, typer.Option("--all", metavar="", help="Go on after the first problem, and report every one.")]

Against = Annotated[
    list[str] | None,
    typer.Option(
        "--against",
        metavar="PLACE",
        help="Where signed statements are: a folder, or s3://bucket/prefix; may be given several times.",
        show_default=False,
    ),
]
Trusted = Annotated[
    str | None,
    typer.Option(
        "--trust",
        metavar="PATH",
        help="A public key, PEM, or a folder of them: their signatures count.",
        show_default="WINDVANE_TRUSTED_KEYS, and the public half of WINDVANE_SIGNING_KEY",
    ),
]


@command(order=200)
def verify(
    home: Home,
    model: Some = None,
    everything: All = False,
    against: Against = None,
    trust: Trusted = None,
) -> Answer:
    """Prove that models are what was once written: the hash chain of the audit log, the rows, and every artifact.

    The first thing that is wrong is named, with what it means and what to do. Nothing of the model is changed; who
    verified it, when, and up to which event is kept, and the pages tell it. A chain that was
    shortened at its end, or written anew from some event on, is whole in itself. --against holds it against the
    signed statements that `windvane checkpoint` wrote.
    """
    from windvane import steps

    places, keys = _witnesses(against or (), trust)
    with home.stores() as stores, progress() as say:
        names = [model] if model else [row.name for row in stores.registry.models.all()]
        found = [steps.verify(name, stores, everything=everything, progress=say) for name in names]
        if keys is not None:
            held = [steps.verify_against(one.model, places, keys, stores) for one in found]
            most = None if everything else 1
            found = [
                one.model_copy(update={"problems": (*one.problems, *more)[:most]})
                for one, more in zip(found, held, strict=True)
            ]
        run = requested(moment(None))
        kept = {one.model: steps.note_verified(one, stores, run) for one in found}
    failures = [
        Failure(item.error, f"{item.cause}; {item.means}", item.remedy) for one in found for item in one.problems
    ]
    lines: list[RenderableType] = []
    for one in found:
        seen = f"{one.model}: versions {one.versions}, artifacts {one.artifacts}, events {one.events}"
        wrong = f"{len(one.problems)} not as written" if everything else "not as written; --all tells everything"
        end = wrong if one.problems else "all as they were written"
        lines.append(line(f"{seen}; {end}", style="bold red" if one.problems else "green"))
        lines += [line(f"    {told}") for told in one.erased]
        lines += [line(f"    not kept that this was verified: {kept[one.model]}")] if kept[one.model] else []
    return Answer(found[0] if model else found, lines or [line("no model yet")], failures)


def _witnesses(against: Sequence[str], trust: str | None) -> tuple[list[Place], Keys | None]:
    """Return the places of statements, and whose signatures count; nothing where no place is named.

    Raises:
        UnusableKey: Nobody said whose signatures count.
    """
    from windvane.stores.signing import TRUSTED, own_signer, trusted_keys
    from windvane.stores.witnesses import open_place

    if not against:
        return [], None
    keys, own = trusted_keys(trust), own_signer()
    if own is not None:
        keys = own.public | keys if keys else own.public
    if keys is None:
        raise UnusableKey("nobody said whose signatures count", f"name a public key: --trust PATH, or {TRUSTED}")
    return [open_place(url) for url in against], keys
