"""What people do from the pages: each deed told in words first, done once, by the same steps, under their own name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import get_args

from windvane.errors import FormRefused, IllegalMove, StaleChampion
from windvane.results import Record, Run, Version
from windvane.spec import Model, sha256_of
from windvane.stores.pages import ModelLine
from windvane.web.host import ActionName, Started
from windvane.web.pages.version import number_of
from windvane.web.visit import Visit
from windvane.web.words import utc

LONGEST_REASON = 1000
_ON_A_VERSION = ("promote", "rollback", "approve", "reject")
TITLES: dict[ActionName, str] = {
    "promote": "Promote",
    "rollback": "Roll back",
    "approve": "Approve",
    "reject": "Reject",
    "retrain": "Retrain a window",
    "pause": "Pause automation",
    "resume": "Resume automation",
}


class Choice(Record):
    """A version to go back to."""

    version: int
    window: str
    until: datetime
    """When it was champion last."""


class Deed(Record):
    """What a form is about to do."""

    action: str
    model: str
    title: str
    button: str
    epoch: int
    """The champion's epoch that the person looks at."""
    version: int | None
    window: str
    consequence: str
    choices: tuple[Choice, ...] = ()
    """Versions to choose from, where none is named yet."""


@dataclass(frozen=True)
class Answered:
    """A form that came back.

    Args:
        version: The version it is about.
        window: The window it is about.
        epoch: The champion's epoch that was shown.
        reason: Why.
    """

    version: int | None
    window: str
    epoch: int
    reason: str


def action_of(name: str) -> ActionName:
    """Return an action's name.

    Raises:
        FormRefused: There is no such action.
    """
    known: tuple[ActionName, ...] = get_args(ActionName)
    for action in known:
        if action == name:
            return action
    raise FormRefused(f"there is no action {name!r:.40}", f"choose one of {', '.join(known)}")


def propose(visit: Visit, action: ActionName, model: str) -> Deed:
    """Return what a form would do, and its consequence in words."""
    line = visit.moment.line(model)
    named, window = visit.requested.get("version"), visit.requested.get("window")
    choices = _choices(visit, model, line) if action == "rollback" else ()
    number = number_of(named, model) if named else next((choice.version for choice in choices), None)
    version = visit.moment.version(model, number) if number is not None and action in _ON_A_VERSION else None
    if action in _ON_A_VERSION and version is None:
        message = "was champion before" if action == "rollback" else "is named"
        raise IllegalMove(f"{model}: no version {message}", "open the page of a version, and act from there")
    if action == "retrain" and not window:
        window = line.window or ""
    return Deed(
        action=action,
        model=model,
        title=f"{TITLES[action]}: {model}" + (f" v{named.removeprefix('v')}" if named and version else ""),
        button=TITLES[action],
        epoch=line.epoch,
        version=version.version if version else None,
        window=window,
        consequence=_consequence(action, line, version, chosen=bool(named)),
        choices=choices if not named else (),
    )


def read(form: Mapping[str, str], action: ActionName, model: str) -> Answered:
    """Read a form that came back.

    Raises:
        FormRefused: It says too little.
    """
    reason = " ".join(form.get("reason", "").split())
    if not reason:
        raise FormRefused(f"{model}: {action} without a reason", "say why, in a few words that others will understand")
    if len(reason) > LONGEST_REASON:
        raise FormRefused(f"{model}: a reason of {len(reason):,} characters", f"say it in {LONGEST_REASON:,}")
    epoch, version = form.get("epoch", ""), form.get("version", "")
    if not (epoch.isascii() and epoch.isdecimal()) or len(epoch) > 9:
        raise FormRefused("this form does not say what was looked at", "open its page again, and send it from there")
    number = number_of(version, model) if version else None
    if action in _ON_A_VERSION and number is None:
        raise FormRefused("this form names no version", "open its page again, and send it from there")
    return Answered(number, form.get("window", "").strip()[:32], int(epoch), reason)


def carry_out(visit: Visit, action: ActionName, model: str, given: Answered) -> Started:
    """Do it, by the same steps as everyone, unless the world has moved since the form was drawn.

    Raises:
        StaleChampion: The champion is another one now.
        IllegalMove: The version's, or the model's, state does not allow it any more.
        WindvaneError: As the steps say.
    """
    spec = Model.model_validate(visit.moment.spec(model))
    line = visit.moment.line(model)
    run = Run(actor=visit.viewer.name, as_of=visit.now, reason=given.reason)
    if action in ("pause", "resume"):
        return _switch(visit, action, line, run)
    if line.epoch != given.epoch:
        now = f"v{line.champion} at epoch {line.epoch}" if line.champion else "none"
        message = f"{model}: the champion is {now}; the page you acted on showed epoch {given.epoch}"
        raise StaleChampion(message, "nothing was changed; look at the model again, then decide")
    if action == "retrain":
        return _retrain(visit, spec, line, given)
    assert given.version is not None  # `read` refuses a form without one
    return _on_version(visit, action, spec, given.version, given.epoch, run)


def _on_version(visit: Visit, action: ActionName, spec: Model, number: int, epoch: int, run: Run) -> Started:
    from windvane import steps

    version = visit.moment.version(spec.name, number)
    if action in ("approve", "reject"):
        _refuse_decided(version)
        approved = action == "approve"
        around = visit.host.around
        answered = (
            around.answer(visit.request, visit.viewer, version.run_id, approved=approved, reason=run.reason)
            if around and version.run_id
            else None
        )
        if answered is not None:
            return answered
        if not approved:
            rejected = steps.reject(spec, number, visit.stores, run, run.reason)
            return Started(f"v{rejected.version} is {rejected.state}; the champion stays")
    if action == "rollback":
        moved = steps.rollback(spec, number, visit.stores, run, epoch)
    else:
        moved = steps.promote(spec, number, visit.stores, run, epoch, run.reason)
    return Started(f"v{moved.version} is the champion since {utc(moved.at)}, epoch {moved.epoch}")


def _refuse_decided(version: Version) -> None:
    waits = version.state == "evaluated" and version.gate is not None and version.gate.decision == "needs_approval"
    if not waits:
        cause = f"{version.model} v{version.version} is {version.state}, and waits for nobody"
        raise IllegalMove(cause, "look at its page again: somebody else may have answered")


def _retrain(visit: Visit, spec: Model, line: ModelLine, given: Answered) -> Started:
    window = spec.cadence.window(given.window)
    around = visit.host.around
    if around is None:
        raise IllegalMove(
            f"{spec.name}: nothing here can train", f"run `windvane run train {spec.name} --window {window}`"
        )
    requested = sha256_of({"model": spec.name, "window": window.key, "version": line.champion, "epoch": line.epoch})
    run_id = f"asked__{window.key}__{requested.removeprefix('sha256:')[:8]}"
    return around.retrain(visit.request, visit.viewer, spec.name, window.key, run_id, given.reason)


def _switch(visit: Visit, action: ActionName, line: ModelLine, run: Run) -> Started:
    pause = visit.moment.pause(line.model)
    if (action == "pause") != (pause is None):
        message = f"paused already, by {pause.actor}: {pause.reason}" if pause else "not paused"
        raise IllegalMove(f"{line.model}: automation is {message}", "look at the model again, then decide")
    if action == "pause":
        visit.stores.registry.people.pause(line.model, run, run.reason)
        return Started("Automation is paused: until a person resumes it, it promotes nothing and asks for no retrain")
    visit.stores.registry.people.resume(line.model, run, run.reason)
    return Started("Automation goes on with the next run")


def _choices(visit: Visit, model: str, line: ModelLine) -> tuple[Choice, ...]:
    """Return the versions that were champion before, the last one first."""
    found: dict[int, Choice] = {}
    promotions = visit.moment.promotions(model, 200)
    for later, promotion in pairwise(promotions):
        if promotion.version != line.champion:
            found.setdefault(
                promotion.version, Choice(version=promotion.version, window=promotion.window, until=later.at)
            )
    return tuple(found.values())


def _consequence(action: ActionName, line: ModelLine, version: Version | None, *, chosen: bool) -> str:
    """Say what will be different afterwards."""
    now = "no version scores now"
    if line.champion is not None and line.champion_at is not None:
        now = f"since {_day(line.champion_at)} they came from version {line.champion}"
    if action in ("promote", "rollback", "approve") and version is not None:
        named = f"version {version.version} (window {version.window})" if chosen else "the version you choose"
        message = f"Scores from the next run on come from {named}; {now}."
        if action == "rollback":
            return f"{message} No automatic run promotes what you roll back from, until a newer window's version wins."
        return message
    if action == "reject" and version is not None:
        stays = f"version {line.champion} goes on scoring" if line.champion else "no version scores"
        return f"Version {version.version} is rejected, and {stays}."
    return {
        "retrain": "Airflow trains a version on this window now. If the gate lets it through, it becomes champion.",
        "pause": "No schedule, backfill or monitor promotes a version or asks for a retrain until a person resumes it. "
        "Scoring and monitoring go on, and people may still act.",
        "resume": "Schedules, backfills and the monitor promote and retrain again, by the rules.",
    }[action]


def _day(at: datetime) -> str:
    return f"{at:%B} {at.day}, {at.year}"
