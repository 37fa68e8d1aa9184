"""The step by which a person answers the open question about a version, where no DAG run does it for them."""

from __future__ import annotations

from windvane.errors import IllegalMove, StaleChampion
from windvane.results import Approval, Run, Version
from windvane.spec import Model
from windvane.steps import judging
from windvane.steps.approving import answer_approval, champion_changed, refuse_same_person, refuse_two_eyes
from windvane.stores import Stores


def answer_open(
    model: Model, number: int, approved: bool, stores: Stores, run: Run, expected_epoch: int | None = None
) -> Version:
    """Answer the question about a version, and carry the answer out.

    A yes that would not count is refused, and the question stays open. A no always counts: refusing harms nobody.

    Args:
        model: The spec.
        number: The version.
        approved: The answer.
        stores: Registry and artifacts.
        run: The person, and their words as its reason.
        expected_epoch: The epoch that the person looked at; None takes the one of the question, or of the gate.

    Returns:
        The version: champion, in stages, eligible late, or rejected.

    Raises:
        IllegalMove: It waits for nobody, or the deadline has passed.
        SamePerson: Four eyes are asked for, and this person made the version or started its run.
        StaleChampion: The champion, or the version's evaluation, is another one than the question was about.
    """
    version = stores.registry.versions.get(model.name, number)
    if not version.waits:
        cause = f"{model.name} v{number} is {version.state}, and waits for nobody"
        raise IllegalMove(cause, f"see `windvane show {model.name} {number}`: somebody else may have answered")
    known = stores.registry.people.approvals(model.name, number)
    requested = next((item for item in known if item.state == "open"), None)
    if approved:
        refuse_same_person(model, version, run)
    if requested is not None:
        if approved:
            _refuse_void(model, version, requested, stores, run)
        answer_approval(model, requested, approved, stores, run, run.reason)
    if not approved:
        return judging.reject(model, number, stores, run, run.reason)
    assert version.gate is not None  # what waits was judged
    seen = requested.expected_epoch if requested else version.gate.expected_epoch
    return judging.approve(model, number, stores, run, seen if expected_epoch is None else expected_epoch)


def refuse_void(model: Model, number: int, stores: Stores, run: Run) -> None:
    """Refuse a yes that would not count because of who gives it, or when: before a run that waits is told.

    Raises:
        IllegalMove: The deadline has passed.
        SamePerson: Four eyes are asked for, and this person made the version or started its run.
    """
    version = stores.registry.versions.get(model.name, number)
    refuse_same_person(model, version, run)
    for item in stores.registry.people.approvals(model.name, number):
        if item.state == "open":
            _refuse_late(model, version, item, run)
            refuse_two_eyes(model, version.version, run.actor, item.requested_by, "started the run")


def _refuse_void(model: Model, version: Version, requested: Approval, stores: Stores, run: Run) -> None:
    """Refuse a yes that would not count, and leave the question open."""
    named = f"{model.name} v{version.version}"
    _refuse_late(model, version, requested, run)
    refuse_two_eyes(model, version.version, run.actor, requested.requested_by, "started the run")
    if champion_changed(model, requested, stores):
        cause = f"{named}: the champion or the evaluation changed since the question was asked"
        again = f"windvane retrain {model.name} --window {version.window}"
        raise StaleChampion(cause, f"judge it again beside the new champion: `{again}`")


def _refuse_late(model: Model, version: Version, requested: Approval, run: Run) -> None:
    named, spoken = f"{model.name} v{version.version}", f"{model.name} {version.version}"
    if requested.deadline <= run.as_of:
        cause = f"{named}: the deadline for an answer was {requested.deadline:%Y-%m-%d %H:%M} UTC"
        raise IllegalMove(cause, f"reject it, or promote it in your own name: `windvane promote {spoken}`")
