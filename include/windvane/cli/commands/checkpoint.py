"""`windvane checkpoint`: a signed statement of where the audit log ends, kept elsewhere."""

from __future__ import annotations

from typing import Annotated

import typer

from windvane.cli.commanding import command
from windvane.cli.commands.transfer import Key
from windvane.cli.commands.verify import Some
from windvane.cli.home import Home, moment, requested
from windvane.cli.output import Answer, line
from windvane.errors import UnusableKey
from windvane.stores.signing import KEY

Places = Annotated[
    list[str] | None,
    typer.Option(
        "--to",
        metavar="PLACE",
        help="A folder, or s3://bucket/prefix; may be given several times.",
        show_default="WINDVANE_CHECKPOINTS",
    ),
]


@command(order=205)
def checkpoint(home: Home, model: Some = None, to: Places = None, key: Key = None) -> Answer:
    """Write a signed statement of where a model's audit log ends to places that the registry's owner cannot rewrite.

    `windvane verify --against PLACE` then finds a log that was cut, put back, or written anew. The chain is walked
    before anything is signed. With WINDVANE_CHECKPOINTS and WINDVANE_SIGNING_KEY the monitor writes one a day.
    """
    from windvane import steps
    from windvane.stores.signing import own_signer
    from windvane.stores.witnesses import PLACES, open_place, witness_of

    signer = own_signer(key)
    if signer is None:
        raise UnusableKey("no key signs", f"name one: --key FILE, or {KEY}")
    named = [open_place(url) for url in to or ()]
    witness = None if named else witness_of(None, key)
    places = named or list(witness.places if witness else ())
    if not places:
        raise typer.BadParameter(f"name a place: --to PLACE, or {PLACES}")
    run = requested(moment(None))
    with home.stores() as stores:
        names = [model] if model else [row.name for row in stores.registry.models.all()]
        found = [steps.checkpoint(name, places, signer, stores, run) for name in names]
    told = [
        line(f"{one.checkpoint.model}: event {one.checkpoint.seq}, signed by {signer.id}, in {', '.join(one.places)}")
        for one in found
    ]
    return Answer(found[0] if model else found, told or [line("no model yet")])
