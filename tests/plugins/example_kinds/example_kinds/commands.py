"""The verb `sizes`."""

from __future__ import annotations

from windvane.cli.commanding import command
from windvane.cli.home import Home
from windvane.cli.output import Answer, facts


@command()
def sizes(home: Home) -> Answer:
    """Count the versions of every model."""
    with home.stores() as stores:
        registry = stores.registry
        counts = {model.name: len(registry.versions.all(model.name)) for model in registry.models.all()}
    return Answer(counts, [facts(dict(counts))])
