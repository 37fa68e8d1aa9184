"""`windvane init-registry`: make the registry and its artifacts, and let them know each other."""

from __future__ import annotations

from typing import Annotated

import typer

from windvane.cli.commanding import command
from windvane.cli.home import Home
from windvane.cli.output import Answer, facts

Anew = Annotated[
    bool,
    typer.Option(
        "--start-anew",
        metavar="",
        help="Let an empty registry, or empty artifacts, go on with the other side. What was there before is given up.",
    ),
]


@command(order=15)
def init_registry(home: Home, start_anew: Anew = False) -> Answer:
    """Make the registry and its artifacts, both empty, with the id by which they know each other; tell the id.

    Where both are there already, nothing is changed. Set up a deployment with it. An empty home is also made by the
    first verb that opens it.

    An empty registry beside artifacts that are not is refused: it was lost, or is not the right one. --start-anew
    accepts that, such as to import an export beside its own artifacts.
    """
    with home.stores(start_anew) as stores:
        data = {
            "registry": stores.registry.url,
            "artifacts": stores.artifacts.url,
            "id": stores.registry.identity.get(),
            "schema": stores.registry.schema,
        }
    return Answer(data, [facts(data)])
