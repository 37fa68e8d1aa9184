"""Steps by which people have their say: ask for an approval, and take the answer for what it is worth."""

from __future__ import annotations

from windvane.errors import NotToldApart, SamePerson
from windvane.results import Approval, Run, Version
from windvane.results.actors import alike
from windvane.results.people import Answer, ApprovalState
from windvane.spec import Model
from windvane.stores import Stores

DEADLINE = "deadline"
"""Who answers when nobody did in time."""
_PROVE = (
    "act under an account of your own, not as root; where one of the two acts in Airflow, declare who is who:"
    " Gate(people={'os:1000': 'airflow:ada'})"
)


def ask_approval(model: Model, number: int, stores: Stores, run: Run, again: Approval | None = None) -> Approval:
    """Ask a person whether a version may become champion; the same run finds the question it asked before.

    Args:
        model: The spec, with the deadline.
        number: A version of which the gate says `needs_approval`.
        stores: Registry and artifacts.
        run: Who asks.
        again: The question whose answer did not count; its deadline stays.

    Raises:
        IllegalMove: The gate does not ask for a person.
    """
    deadline = again.deadline if again else None
    return stores.registry.people.request_approval(model.name, number, model.approval_deadline, run, deadline)


def answer_approval(
    model: Model, requested: Approval, approved: bool, stores: Stores, run: Run, words: str = ""
) -> Approval:
    """Take a person's answer; one that does not count is void, and says why.

    A yes is void when the champion changed since the question, which may now be of a newer window. Under
    four eyes it is void, too, from who started the run or made the version. A no always counts: refusing harms nobody.

    Args:
        model: The spec.
        requested: The question.
        approved: The answer.
        stores: Registry and artifacts.
        run: The person, as `actor`, or `deadline`.
        words: What they said.
    """
    known = next(item for item in stores.registry.people.approvals(model.name) if item.approval == requested.approval)
    if known.state != "open":
        return known  # somebody answered another way, such as by `windvane promote`
    why = _void(model, requested, stores, run) if approved else ""
    nobody = run.actor == DEADLINE
    state: ApprovalState = "void" if why else "approved" if approved else "expired" if nobody else "rejected"
    said: Answer = "" if nobody else "approve" if approved else "reject"
    return stores.registry.people.answer_approval(model.name, requested.approval, state, said, run, words, why)


def taken_answer(model: Model, number: int, stores: Stores, run: Run) -> Approval | None:
    """Return the answer to this run's question that was taken but not carried out yet, such as by a killed process.

    None when nobody answered, when the answer did not count, and when the champion changed since: it is asked anew.
    """
    version = stores.registry.versions.get(model.name, number)
    for item in stores.registry.people.approvals(model.name, number):
        if item.run_id == run.run_id:
            waits = version.state == "evaluated" and item.state in ("approved", "rejected", "expired")
            return item if waits and not champion_changed(model, item, stores) else None
    return None


def void_approval(model: Model, number: int, stores: Stores, run: Run, why: str) -> None:
    """Note that a version's approval came too late: the champion moved before it was carried out."""
    for item in stores.registry.people.approvals(model.name, number):
        if item.state == "approved" and item.actor == run.actor:
            stores.registry.people.answer_approval(
                model.name, item.approval, "void", item.answer, run, item.reason, why
            )
            return


def question(model: Model, number: int, stores: Stores, run: Run) -> Approval:
    """Return the last question that this run asked about a version; one that never was is asked now."""
    for item in stores.registry.people.approvals(model.name, number):
        if item.run_id == run.run_id:
            return item
    return ask_approval(model, number, stores, run)


def champion_changed(model: Model, requested: Approval, stores: Stores) -> bool:
    """Tell whether the champion, or the version's evaluation, is another one than when the question was asked."""
    return bool(_moved(model, requested, stores))


def refuse_same_person(model: Model, version: Version, run: Run) -> None:
    """Refuse, under four eyes, that who made a version lets it through alone.

    Raises:
        SamePerson: They are the same.
    """
    waits = version.gate is not None and version.gate.decision == "needs_approval"
    if waits:
        refuse_two_eyes(model, version.version, run.actor, version.actor, "made it")


def refuse_two_eyes(model: Model, number: int, actor: str, other: str, did: str) -> None:
    """Refuse, under four eyes, that a person lets through what is their own, or may be.

    Raises:
        SamePerson: They are one person.
        NotToldApart: They may be.
    """
    same = alike(actor, other, model.gate.people) if model.four_eyes else False
    if same:
        cause = f"{model.name} v{number}: {other} {did}, and four eyes ask for somebody else"
        raise SamePerson(cause, "ask a colleague to let it through")
    if same is None:
        cause = f"{model.name} v{number}: {other} {did}, and it cannot be told whether that is {actor}"
        raise NotToldApart(cause, _PROVE)


def _moved(model: Model, requested: Approval, stores: Stores) -> str:
    champion = stores.registry.champions.current(model.name)
    epoch = champion.epoch if champion else 0
    if champion is not None and epoch != requested.expected_epoch:
        now = f"it is v{champion.version} of window {champion.window} since {champion.at:%Y-%m-%d %H:%M} UTC"
        return f"the champion changed: {now} (epoch {epoch}; the question was of epoch {requested.expected_epoch})"
    version = stores.registry.versions.get(model.name, requested.version)
    if version.evaluation != requested.evaluation:
        return "the version was evaluated again since the question was asked"
    return ""


def _void(model: Model, requested: Approval, stores: Stores, run: Run) -> str:
    moved = _moved(model, requested, stores)
    if moved or not model.four_eyes:
        return moved
    version = stores.registry.versions.get(model.name, requested.version)
    for whose, actor in (("started the run", requested.requested_by), ("made the version", version.actor)):
        same = alike(run.actor, actor, model.gate.people)
        if same:
            return f"four eyes: {actor} {whose}, and somebody else must approve"
        if same is None:
            return f"four eyes: {actor} {whose}, and it cannot be told whether that is {run.actor}"
    return ""
