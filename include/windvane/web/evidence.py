"""What a form shows beside its buttons: deadline, who may not and why, past answers, numbers; and what came of it."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from windvane.actions import Doing, Outcome
from windvane.lifecycle.overriding import refused_by
from windvane.results import Approval, Number, Promotion, Record, Verdict, Version
from windvane.spec import Model
from windvane.stores.pages import ModelLine, WindowLine
from windvane.web.host import Started
from windvane.web.visit import Visit
from windvane.web.words import ago, utc

_NUMBERS = 4
"""Numbers of the gate that a form shows; the version's page has all of them."""

_PROMOTIONS = 200
"""How far back earlier champions are offered."""

_WINDOWS = 6
"""The last windows on which a candidate is shown beside the champion."""


class Choice(Record):
    """A version to choose."""

    version: int
    window: str
    until: str = ""
    """When it was champion last, in words."""
    left: str = ""
    """Who left it, and why."""
    by_hand: bool = False
    """True when a person rolled back from it."""
    losses: str = ""
    """Its loss beside the champion's on the same last windows, or that it is not known."""


class Question(Record):
    """What is known of a question to a person."""

    facts: tuple[tuple[str, str], ...] = ()
    barred: str = ""
    """Why this person's yes would not count; empty when it would."""
    numbers: tuple[Number, ...] = ()


class Refusal(Record):
    """Why the gate refused the version that a person is about to promote."""

    headline: str
    verdicts: tuple[Verdict, ...]


def question(visit: Visit, version: Version, *, yes: bool) -> Question:
    """Return what a person must know before they answer the question about a version."""
    from windvane import steps
    from windvane.errors import WindvaneError
    from windvane.results import Run

    asked = visit.moment.approvals(version.model, version.version)
    spec = Model.from_stored(visit.moment.spec(version.model))
    standing = next((item for item in asked if item.state == "open"), None)
    barred = ""
    if yes:
        try:
            person = Run(actor=visit.viewer.name, as_of=visit.now)
            steps.refuse_void(spec, version.version, visit.stores, person)
        except WindvaneError as error:
            barred = f"{error.cause}; {error.remedy}"
    makers = dict.fromkeys([version.actor, *([standing.requested_by] if standing else [])])
    others = "everyone with that permission"
    if spec.four_eyes:
        others += f", but not {' and '.join(makers)}, who made it or started its run (four eyes)"
    facts = [("Deadline", _deadline(visit, standing)), ("Who may approve", others)]
    past = past_answers(visit, version)
    facts += past.facts if past else ()
    leaves = [leaf for verdict in (version.gate.verdicts if version.gate else ()) for leaf in verdict.leaves()]
    numbers = [number for leaf in leaves for number in leaf.numbers][:_NUMBERS]
    return Question(facts=tuple(facts), barred=barred, numbers=tuple(numbers))


def past_answers(visit: Visit, version: Version) -> Question | None:
    """Return what people answered about a version before; None where nobody did."""
    asked = visit.moment.approvals(version.model, version.version)
    facts = tuple(("Earlier answer", answer(item)) for item in asked if item.state != "open")
    return Question(facts=facts) if facts else None


def answer(item: Approval) -> str:
    """Return what came of a question in one line."""
    said = {"approve": "yes", "reject": "no"}.get(item.answer, "")
    who = f"{said} of {item.actor}" if said else item.actor or "nobody"
    why = f" ({item.why})" if item.why else ""
    words = f": {item.reason}" if item.reason else ""
    at = f", {utc(item.answered_at)}" if item.answered_at else ""
    return f"{item.state}{why}: {who}{at}{words}"


def refusal(version: Version) -> Refusal | None:
    """Return why the gate refused a version; None where it did not."""
    if version.gate is None or version.gate.decision != "reject":
        return None
    return Refusal(headline=version.gate.headline, verdicts=refused_by(version))


def handed(doing: Doing, version: Version, approved: bool, started: Started) -> Outcome:
    """Return what came of an answer that a run waits for, read back once it was given.

    The run takes it some seconds later. Until then nothing is said to be done.
    """
    from windvane import steps

    registry, label = doing.stores.registry, f"v{version.version}"
    found = registry.versions.get(version.model, version.version)
    if not found.waits:
        message, done = f"{label} is {found.state} now", True
    else:
        said = "yes" if approved else "no"
        message, done = f"Your {said} is with the run that waits; {label} is not changed yet", False
        standing = [item for item in registry.people.approvals(version.model, version.version) if item.state == "open"]
        if approved and any(steps.champion_changed(doing.spec, item, doing.stores) for item in standing):
            message += ". It will not count: the champion changed since the question, and the run judges it again"
    facts = {"run": started.run}
    return Outcome(message, facts, facts, started.run, done)


def earlier(visit: Visit, line: ModelLine) -> tuple[Choice, ...]:
    """Return the versions that were champion before, the last one first; those a person left come last."""
    found: dict[int, Choice] = {}
    promotions = visit.moment.promotions(line.model, _PROMOTIONS)
    last = visit.moment.span(line.model, "", "", _WINDOWS)
    first = next((item.version for item in promotions if item.epoch == 1), None)
    for later, promotion in pairwise(promotions):
        number = promotion.version
        if number != line.champion and number not in found:
            found[number] = Choice(
                version=number,
                window=promotion.window,
                until=f"{utc(later.at)}, {ago(later.at, visit.now)} ago",
                left=_left(later),
                by_hand=later.kind == "rollback",
                losses=_losses(line, number, last, is_first=number == first),
            )
    return tuple(sorted(found.values(), key=lambda one: one.by_hand))


def _left(later: Promotion) -> str:
    verb = {"rollback": "rolled back from it", "reorder": "an older window arrived"}.get(later.kind, "replaced it")
    return f"{later.actor} {verb}, to v{later.version}: {later.reason}"


def _losses(line: ModelLine, number: int, last: Sequence[WindowLine], *, is_first: bool) -> str:
    """Return a candidate's loss beside the champion's on the last windows where both are known, in words."""
    both = [
        (item.loss, item.first_loss)
        for item in last
        if is_first and item.version == line.champion and item.loss is not None and item.first_loss is not None
    ]
    if not both:
        command = f"windvane compare {line.model} {number} {line.champion} --score"
        return f"not known on the champion's windows; `{command}` scores both on the same rows"
    own, theirs = (sum(pair[side] for pair in both) / len(both) for side in (1, 0))
    side = "▼ better" if own < theirs else "▲ worse" if own > theirs else "the same"
    count = f"{len(both)} window{'s' if len(both) > 1 else ''}"
    return f"{own:.4g} beside the champion's {theirs:.4g} on the last {count} of both: {own - theirs:+.4g} {side}"


def _deadline(visit: Visit, standing: Approval | None) -> str:
    if standing is None:
        return "none: no run waits for the answer"
    left = ago(visit.now, standing.deadline) if standing.deadline > visit.now else ""
    return f"{utc(standing.deadline)}{f', in {left}' if left else ', which has passed'}"
