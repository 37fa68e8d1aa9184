"""`windvane rename`: another name for a model, with its whole history."""

from __future__ import annotations

from typing import Annotated

import typer

from windvane.cli.commanding import command
from windvane.cli.commands.reading import Name
from windvane.cli.home import Home, moment, requested
from windvane.cli.output import Answer, line

To = Annotated[str, typer.Argument(metavar="NAME", help="What it is to be called: a-z, 0-9 and _, at most 63.")]
Reason = Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why, for the audit log.", show_default=False)]


@command(order=245)
def rename(home: Home, model: Name, name: To, reason: Reason = "") -> Answer:
    """Give a model another name, and keep its history: every name that it had leads to it.

    What was recorded stays as it is, under the first name, so no digest changes. Then declare the new name in the
    model's DAG file. In Airflow its DAGs are called by the declared name. Pause those of the old name, and let their
    last runs end. Give the new ones the permissions that the old ones had.
    """
    from windvane import steps

    with home.stores() as stores:
        found = steps.rename(model, name, stores, requested(moment(None), reason))
    told = [line(f"{found.before} is called {found.name} now; its records stay under {found.model}")]
    told.append(
        line(f'    declare name="{found.name}" in its DAG file: {_dags(found.before)} become {_dags(found.name)}')
    )
    return Answer(found, told)


def _dags(name: str) -> str:
    return f"{name}_train, {name}_score, {name}_monitor"
