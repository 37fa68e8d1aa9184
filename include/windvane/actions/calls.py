"""The step of each row, and its result in words; the steps themselves are those of every DAG run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from windvane.actions.situation import Doing, Outcome
    from windvane.pipeline.runner import TrainOutcome
    from windvane.results import Champion, Record


def promote(doing: Doing) -> Outcome:
    """Make the version the champion."""
    from windvane import steps

    given, run = doing.given, doing.run
    return _moved(steps.promote(doing.spec, given.number, doing.stores, run, given.epoch, run.reason), doing)


def rollback(doing: Doing) -> Outcome:
    """Go back to the version."""
    from windvane import steps

    return _moved(steps.rollback(doing.spec, doing.given.number, doing.stores, doing.run, doing.given.epoch), doing)


def approve(doing: Doing) -> Outcome:
    """Answer yes."""
    return _answered(doing, approved=True)


def reject(doing: Doing) -> Outcome:
    """Answer no."""
    return _answered(doing, approved=False)


def retrain(doing: Doing) -> Outcome:
    """Train on the window, where the place does that."""
    return doing.place.train(doing)


def pause(doing: Doing) -> Outcome:
    """Stop the automation; of one that is stopped, the pause that stands is the answer."""
    name, run = doing.spec.name, doing.run
    found = doing.stores.registry.people.pause(name, run, run.reason)
    message = "Automation is paused: until a person resumes it, it promotes nothing and requests no retrain"
    facts = {"model": name, "automation": "paused", "actor": found.actor, "at": found.at}
    return _switched(message, facts, found.reason)


def resume(doing: Doing) -> Outcome:
    """Let the automation go on; where nobody stopped it, nothing changes."""
    name, run = doing.spec.name, doing.run
    doing.stores.registry.people.resume(name, run, run.reason)
    facts: dict[str, object] = {"model": name, "automation": "running", "actor": run.actor}
    return _switched("Automation goes on with the next run", facts, run.reason)


def withdraw(doing: Doing) -> Outcome:
    """End the version's promotion in stages."""
    from windvane import steps

    found = steps.withdraw(doing.spec, doing.given.number, doing.stores, doing.run)
    facts = {
        "model": found.model,
        "version": f"v{found.version}",
        "state": found.state,
        "champion": f"v{found.champion}",
        "actor": doing.run.actor,
        "reason": found.why,
    }
    return _outcome(f"v{found.version} is withdrawn; v{found.champion} scores every row again", found, facts)


def trained(found: TrainOutcome) -> Outcome:
    """Say what a training came to."""
    names = ("model", "window", "version", "digest", "decision", "champion", "epoch")
    facts: dict[str, object] = {name: getattr(found, name) for name in names}
    if found.decision == "needs_approval":
        facts["next"] = f"windvane approve {found.model} {found.version} --reason …"
    message = f"v{found.version} is trained on {found.window}; the gate decides {found.decision}"
    return _outcome(message, found, facts)


def _answered(doing: Doing, *, approved: bool) -> Outcome:
    from windvane import steps

    given, run, registry = doing.given, doing.run, doing.stores.registry
    waiting = registry.versions.get(doing.spec.name, given.number)
    if approved and waiting.waits:
        steps.refuse_void(doing.spec, given.number, doing.stores, run)
    handed = doing.place.answer(doing, waiting, approved) if waiting.waits else None
    if handed is not None:
        return handed
    version = steps.answer_open(doing.spec, given.number, approved, doing.stores, run, given.epoch)
    champion = registry.champions.current(version.model)
    label = f"v{version.version}"
    message = {
        "champion": f"{label} is the champion{f', epoch {champion.epoch}' if champion else ''}",
        "evaluated": f"{label} takes over in stages",
        "archived": f"{label} is eligible; a newer window has its champion",
    }.get(version.state, f"{label} is {version.state}; the champion stays")
    now = {
        "model": version.model,
        "version": version.version,
        "state": version.state,
        "champion": champion.version if champion else None,
        "epoch": champion.epoch if champion else 0,
        "actor": run.actor,
    }
    shown = {"version": label, "champion": f"v{champion.version}" if champion else None, "reason": run.reason}
    return _outcome(message, {**now, "reasons": [run.reason]}, {**now, **shown})


def _moved(found: Champion, doing: Doing) -> Outcome:
    run = doing.run
    facts = {
        "model": found.model,
        "champion": f"v{found.version}",
        "epoch": found.epoch,
        "window": found.window,
        "since": found.at,
        "actor": run.actor,
        "reason": run.reason,
    }
    data = found.model_dump(mode="json") | {"champion": found.version, "actor": run.actor, "reasons": [run.reason]}
    since = f"{found.at:%Y-%m-%d %H:%M} UTC"
    return _outcome(f"v{found.version} is the champion since {since}, epoch {found.epoch}", data, facts)


def _switched(message: str, facts: dict[str, object], reason: str) -> Outcome:
    return _outcome(message, {**facts, "reasons": [reason]}, {**facts, "reason": reason})


def _outcome(message: str, data: Record | Mapping[str, object], facts: Mapping[str, object]) -> Outcome:
    from windvane.actions.situation import Outcome

    return Outcome(message, data, facts)
