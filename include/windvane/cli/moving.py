"""Verbs by which a person moves the champion: promote and rollback."""

from __future__ import annotations

from typing import Annotated

import typer

from windvane.cli.explain import version_label
from windvane.cli.home import Home, moment, registered, requested
from windvane.cli.output import Answer, facts
from windvane.cli.reading import Name, number
from windvane.errors import IllegalMove
from windvane.results import Champion, Run

Number = Annotated[str, typer.Argument(metavar="VERSION", help="A version's number, such as 3 or v3.")]
Reason = Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why; it stays in the audit log.")]


def promote(home: Home, model: Name, version: Number, reason: Reason) -> Answer:
    """Make a version the champion, in your name: one that waits for approval, or one you know to be right.

    An older window's version never replaces a newer one's; going back is `windvane rollback`.
    """
    from windvane import steps

    run = because(reason)
    with home.stores() as stores:
        spec = registered(model, stores)
        return _moved(steps.promote(spec, number(version, model), stores, run), run)


def rollback(home: Home, model: Name, version: Number, reason: Reason) -> Answer:
    """Go back to a version that was champion before; no automatic run undoes it."""
    from windvane import steps

    run = because(reason)
    with home.stores() as stores:
        spec = registered(model, stores)
        return _moved(steps.rollback(spec, number(version, model), stores, run), run)


def because(reason: str) -> Run:
    """Return who asks and why; the audit log takes no move without a reason.

    Raises:
        IllegalMove: The reason is blank.
    """
    if not reason.strip():
        raise IllegalMove("the reason is blank", "say why, in a few words that others will understand later")
    return requested(moment(None), reason.strip())


def _moved(found: Champion, run: Run) -> Answer:
    shown = {
        "model": found.model,
        "champion": version_label(found.version),
        "epoch": found.epoch,
        "window": found.window,
        "since": found.at,
        "actor": run.actor,
        "reason": run.reason,
    }
    data = found.model_dump(mode="json") | {"champion": found.version, "actor": run.actor, "reasons": [run.reason]}
    return Answer(data, [facts(shown)])
