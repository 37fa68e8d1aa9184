"""The forms of the actions: drawn from the table's rows, read by them, and done once, in the person's own name."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from windvane.actions import Action, Doing, Given, Outcome, Shown, State, carry_out, read, refuse_changed
from windvane.actions.table import ACTIONS
from windvane.errors import FormRefused, IllegalMove
from windvane.results import Record, Rollout, Run, Version
from windvane.spec import Model, sha256_of
from windvane.stores.pages import ModelLine
from windvane.web import evidence
from windvane.web.evidence import Choice, Question, Refusal
from windvane.web.host import Started
from windvane.web.visit import Visit
from windvane.web.words import number_of

TYPED = "typed"
"""The field in which the number of a refused version is typed."""

_PROMOTIONS = 200
"""How far back earlier epochs are known to a form that came back."""

_ROLLOUTS = 5
"""Promotions in stages that are looked through for the open one, which is the newest."""


class Proposal(Record):
    """What a form is about to do."""

    model: str
    title: str
    epoch: int
    """The champion's epoch that the person looks at."""
    values: dict[str, str]
    """What its fields hold already."""
    fixed: tuple[str, ...]
    """Fields that the address named, which are not asked again."""
    consequence: str
    choices: tuple[Choice, ...] = ()
    """Versions to choose from, where none is named yet."""
    question: Question | None = None
    """What is known of the question that the person answers."""
    refusal: Refusal | None = None
    """Why the gate refused the version that the person promotes; its number must then be typed."""


def propose(visit: Visit, action: Action, model: str, chosen: str = "") -> Proposal:
    """Return what a form would do, and its consequence in words.

    Args:
        visit: Who looks.
        action: The action.
        model: The model.
        chosen: The version of a form that came back, if it named one.

    Raises:
        IllegalMove: It is about a version, and none is named, or there is none to choose.
    """
    line = visit.moment.line(model)
    version, window = action.parameter("version"), action.parameter("window")
    named = visit.requested.get("version") if version else ""
    if version and not version.among:
        named = named or chosen
    choices = _AMONG[version.among](visit, line) if version and version.among and not named else ()
    number = number_of(named, model) if named else None
    if version and number is None and not choices:
        message = {"earlier": "was champion before", "staged": "is being promoted in stages"}.get(
            version.among, "is named"
        )
        raise IllegalMove(f"{model}: no version {message}", "open the page of a version, and act from there")
    found = visit.moment.version(model, number) if number is not None else None
    values = {version.name: str(number)} if version and number is not None else {}
    if window:
        values[window.name] = visit.requested.get("window") or line.window or ""
    return Proposal(
        model=model,
        title=f"{action.title}: {visit.called(model)}" + (f" v{number}" if named else ""),
        epoch=line.epoch,
        values=values,
        fixed=(version.name,) if version and named else (),
        consequence=action.consequence(state_of(visit, line, found, named=bool(named))),
        choices=choices,
        question=_question(visit, action, found) if found else None,
        refusal=evidence.refusal(found) if found and action.name == "promote" else None,
    )


def fits(visit: Visit, action: Action, model: str, chosen: str = "") -> bool:
    """Tell whether an action makes sense as things are, of the version that a form named, if it did."""
    version = visit.moment.version(model, number_of(chosen, model)) if action.parameter("version") and chosen else None
    return action.offered(state_of(visit, visit.moment.line(model), version))


def refuse_untyped(visit: Visit, action: Action, model: str, form: Mapping[str, str], given: Given) -> None:
    """Refuse a promotion over the gate's refusal whose version was not typed.

    Raises:
        FormRefused: It was not, or another number was.
    """
    if action.name != "promote" or given.version is None:
        return
    version, typed = visit.moment.version(model, given.version), form.get(TYPED, "").strip().removeprefix("v")
    if evidence.refusal(version) and typed != str(given.version):
        cause = f"{model}: the gate refused v{given.version}, and {f'{typed!r:.20}' if typed else 'nothing'} was typed"
        raise FormRefused(cause, f"type {given.version} to promote it over the refusal, or cancel")


def _question(visit: Visit, action: Action, version: Version) -> Question | None:
    """Return what is known of the question about a version: all of it for who answers, past answers for a promotion."""
    if action.permission.right == "answer":
        return evidence.question(visit, version, yes=action.name == "approve")
    return evidence.past_answers(visit, version) if action.name == "promote" else None


def state_of(visit: Visit, line: ModelLine, version: Version | None = None, *, named: bool = True) -> State:
    """Return what the person sees of the model, and of the version that the action is about."""
    return State(
        model=line.model,
        champion=line.champion,
        since=line.champion_at,
        epoch=line.epoch,
        pause=visit.moment.pause(line.model) if line.paused_at else None,
        staged=staged_of(visit.moment.rollouts(line.model, _ROLLOUTS)),
        version=version,
        named=named,
    )


def staged_of(rollouts: Iterable[Rollout]) -> int | None:
    """Return the version that is being promoted in stages, if any."""
    return next((item.version for item in rollouts if item.state == "open"), None)


def links(visit: Visit, place: Shown, model: str, state: State | None = None) -> list[tuple[Action, str]]:
    """Return the actions that a page links to, with the words of each link: those that fit, and that the viewer may.

    Args:
        visit: Who looks.
        place: The page.
        model: Its model.
        state: What they see of it; None where all that the page lists is in the state that its actions are for.
    """
    linked = [action for action in ACTIONS.values() if place in action.links]
    fitting = [action for action in linked if state is None or action.offered(state)]
    return [(action, action.links[place]) for action in fitting if visit.may(action, model)]


def read_form(form: Mapping[str, str], action: Action, model: str) -> Given:
    """Read a form that came back.

    Raises:
        FormRefused: It says too little.
        UnknownVersion: It names no version.
    """
    epoch, version = form.get("epoch", ""), action.parameter("version")
    if not (epoch.isascii() and epoch.isdecimal()) or len(epoch) > 9:
        raise FormRefused("this form does not say what was looked at", "open its page again, and send it from there")
    values = {name: " ".join(text.split()) for name, text in form.items()}
    if version and values.get(version.name):
        values[version.name] = str(number_of(values[version.name], model))
    return read(action, model, values, FormRefused, int(epoch))


def do(visit: Visit, action: Action, model: str, given: Given) -> Outcome:
    """Do it, by the same step as everyone, unless what the form showed has changed since it was drawn.

    Raises:
        StaleChampion: The champion is another one now.
        IllegalMove: The version's, or the model's, state does not allow it any more.
        WindvaneError: As the steps say.
    """
    spec = Model.from_stored(visit.moment.spec(model))
    line = visit.moment.line(model)
    version = visit.moment.version(model, given.version) if given.version is not None else None
    epochs = {item.epoch: item.version for item in visit.moment.promotions(model, _PROMOTIONS)}
    refuse_changed(action, replace(state_of(visit, line, version), seen=given.epoch, epochs=epochs))
    run = Run(actor=visit.viewer.name, as_of=visit.now, reason=given.reason)
    return carry_out(action, Doing(spec, given, visit.stores, run, _Pages(visit, line)))


@dataclass(frozen=True)
class _Pages:
    """Where an action is carried out: within Airflow, which trains, and takes the answers that a run waits for."""

    visit: Visit
    line: ModelLine

    def train(self, doing: Doing) -> Outcome:
        spec, given, around = doing.spec, doing.given, self.visit.around
        window = spec.cadence.window(given.window)
        if around is None:
            remedy = f"run `windvane retrain {spec.name} --window {window} --reason …`"
            raise IllegalMove(f"{spec.name}: nothing here can train", remedy)
        seen = {"model": spec.name, "window": window.key, "version": self.line.champion, "epoch": self.line.epoch}
        run_id = f"requested__{window.key}__{sha256_of(seen).removeprefix('sha256:')[:8]}"
        return _outcome(
            around.retrain(self.visit.request, self.visit.viewer, spec.name, window.key, run_id, given.reason)
        )

    def answer(self, doing: Doing, version: Version, approved: bool, /) -> Outcome | None:
        around, reason = self.visit.around, doing.given.reason
        if around is None or not version.run_id:
            return None
        visit = self.visit
        taken = around.answer(visit.request, visit.viewer, version.run_id, approved=approved, reason=reason)
        return evidence.handed(doing, version, approved, taken) if taken else None


def _outcome(started: Started) -> Outcome:
    return Outcome(started.message, {"run": started.run}, {"run": started.run}, started.run)


def _staged(visit: Visit, line: ModelLine) -> tuple[Choice, ...]:
    """Return the version that is being promoted in stages."""
    number = staged_of(visit.moment.rollouts(line.model, _ROLLOUTS))
    if number is None:
        return ()
    return (Choice(version=number, window=visit.moment.version(line.model, number).window),)


_AMONG: dict[str, Callable[[Visit, Any], tuple[Choice, ...]]] = {"earlier": evidence.earlier, "staged": _staged}
"""Versions to choose from, by what the row's parameter says of them."""
