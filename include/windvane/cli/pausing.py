"""Verbs by which a person stops a model's automation, and lets it go on: pause and resume."""

from __future__ import annotations

from windvane.cli.home import Home
from windvane.cli.moving import Reason, because
from windvane.cli.output import Answer, facts
from windvane.cli.reading import Name


def pause(home: Home, model: Name, reason: Reason) -> Answer:
    """Stop a model's automation: until a person resumes it, it promotes nothing and asks for no retrain.

    Scoring goes on, and people may still act. Of a model that is paused already, the pause that stands is told.
    """
    run = because(reason)
    with home.stores() as stores:
        found = stores.registry.people.pause(model, run, run.reason)
    shown = {"model": model, "automation": "paused", "actor": found.actor, "at": found.at}
    return _answer(shown, found.reason)


def resume(home: Home, model: Name, reason: Reason) -> Answer:
    """Let a model's automation go on with the next run; where nobody paused it, nothing changes."""
    run = because(reason)
    with home.stores() as stores:
        stores.registry.people.resume(model, run, run.reason)
    return _answer({"model": model, "automation": "running", "actor": run.actor}, run.reason)


def _answer(shown: dict[str, object], reason: str) -> Answer:
    return Answer(shown | {"reasons": [reason]}, [facts(shown | {"reason": reason})])
