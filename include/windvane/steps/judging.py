"""Steps on the champion: the gate's decision, promotion, rejection, and a person's rollback."""

from __future__ import annotations

import random
import time
from typing import TYPE_CHECKING

from windvane.errors import IllegalMove, OlderWindow, StaleChampion
from windvane.results import Champion, Evaluation, GateResult, Run, Version
from windvane.spec import Model
from windvane.steps.approving import refuse_same_person, void_approval
from windvane.steps.carrying import load_estimator
from windvane.steps.measuring import scoring_costs
from windvane.steps.staging import let_in
from windvane.stores import Registry, Stores

if TYPE_CHECKING:
    from collections.abc import Callable

    from windvane.lifecycle.lineup import Before, Unjudged
    from windvane.lifecycle.rules.case import Foreseen

_ATTEMPTS = 1_000
"""A failed attempt is one that another run made: together they always get on."""
_PAUSE, _LONGEST_PAUSE = 0.02, 10.0
"""Seconds that one waits who met another; see `_give_way`."""


def gate(model: Model, number: int, stores: Stores, run: Run) -> GateResult:
    """Judge a version's latest evaluation by the declared rules, and keep the result.

    It is judged as if windows had been trained in their order: beside the versions that were eligible before it. A
    version that is the champion already keeps the verdict that made it so.

    Raises:
        IllegalMove: The version was never evaluated.
    """
    from windvane.lifecycle.lineup import before
    from windvane.steps.training import evaluate

    version = stores.registry.versions.get(model.name, number)
    if version.evaluation is None:
        raise IllegalMove(f"{model.name} v{number} was never evaluated", "evaluate it before the gate")
    champion = stores.registry.champions.current(model.name)
    standing = champion is not None and champion.version == number
    if standing and version.gate is not None and version.gate.evaluation == version.evaluation:
        return version.gate
    found = before(stores.registry.champions.lineup(model.name, number), number)
    evaluation = Evaluation.from_json(stores.artifacts.get(version.evaluation))
    if (evaluation.champion or 0) != found.comparison:  # another run changed who it is to be compared with
        evaluate(model, number, stores, run, found.comparison)
    return _judge(model, number, found, stores, run)


def _foreseen(version: Version, champion: Version | None, stores: Stores) -> Foreseen | None:
    """Return what the monitor foresaw of a version, where it asked for it because of more rows."""
    from windvane.lifecycle.foreseen import foreseen_by

    said = stores.registry.monitoring.results(version.model, version.window, limit=1) if champion else []
    return foreseen_by(said[0], champion.version) if champion and said else None


def _judge(model: Model, number: int, found: Before, stores: Stores, run: Run, cause: str = "") -> GateResult:
    """Judge a version's latest evaluation beside what stands before it, and keep the result."""
    from windvane.lifecycle.gate import judge
    from windvane.lifecycle.lineup import champion_of_its_time
    from windvane.lifecycle.rules import Case
    from windvane.stores.code import resolve

    version = stores.registry.versions.get(model.name, number)
    digest = version.evaluation or ""
    champion = stores.registry.versions.get(model.name, found.champion) if found.champion else None
    needs = model.gate.needs(model.task)
    case = Case(
        model=model,
        version=version,
        evaluation=Evaluation.from_json(stores.artifacts.get(digest)),
        champion=champion_of_its_time(champion) if champion else None,
        champion_version=champion,
        pointer=stores.registry.champions.current(model.name),
        as_of=run.as_of,
        costs=scoring_costs(model, version, stores),
        live=tuple(stores.registry.staging.live(model.name, number, champion.version))
        if champion and needs.live
        else (),
        own={path: resolve(path) for path in needs.functions},
        foreseen=_foreseen(version, champion, stores),
    )
    result = judge(case, digest)
    stores.registry.versions.add_gate(model.name, number, result, run, cause)
    return result


def promote(
    model: Model, number: int, stores: Stores, run: Run, expected_epoch: int | None = None, reason: str = ""
) -> Champion:
    """Make a version the champion, by compare-and-swap.

    Args:
        model: The spec.
        number: The version.
        stores: Registry and artifacts.
        run: Who asks.
        expected_epoch: The epoch the decision looked at (the gate result's); None takes the epoch seen now, for a
            person's own promotion.
        reason: Why; the headline of the gate's first reason when empty.

    Raises:
        SamePerson: Four eyes are asked for, and who promotes it made it.
        StaleChampion, OlderWindow, RolledBack, IllegalMove: See `Registry.promote`.
    """
    version = stores.registry.versions.get(model.name, number)
    if expected_epoch is None:
        champion = stores.registry.champions.current(model.name)
        expected_epoch = champion.epoch if champion else 0
    refuse_same_person(model, version, run)
    return stores.registry.champions.promote(model.name, number, expected_epoch, run, _why(version, run, reason))


def reject(model: Model, number: int, stores: Stores, run: Run, reason: str = "") -> Version:
    """Mark a version as rejected: what the gate said, or a person, or nobody in time.

    The gate's own word is carried out by `settle`, since it is given anew when another version arrives meanwhile.
    """
    version = stores.registry.versions.get(model.name, number)
    if version.gate is not None and version.gate.decision != "needs_approval" and not reason:
        return settle(model, number, stores, run)
    why = reason or (version.gate.headline if version.gate else "") or run.reason or "rejected"
    return stores.registry.versions.reject(model.name, number, run, why)


def rollback(model: Model, number: int, stores: Stores, run: Run, expected_epoch: int | None = None) -> Champion:
    """Move the pointer back to a version that was champion before, once its bytes are shown to be whole.

    Args:
        model: The spec.
        number: The version.
        stores: Registry and artifacts.
        run: Who asks, and why.
        expected_epoch: The epoch that the person looked at; None goes back from wherever the pointer stands.

    Raises:
        IllegalMove: No reason, or the version was never champion, or it is the champion now.
        StaleChampion: The pointer has moved since.
        CorruptArtifact, UntrustedModel: The version's model cannot be loaded.
    """
    verify_version(model, number, stores)
    return stores.registry.champions.rollback(model.name, number, run, run.reason, expected_epoch)


def verify_version(model: Model, number: int, stores: Stores) -> Version:
    """Show that a version's bytes are whole and can be loaded.

    Raises:
        ModelMisbehaved, CorruptArtifact, MissingArtifact, UntrustedModel: They cannot.
    """
    version = stores.registry.versions.get(model.name, number)
    load_estimator(model, version, stores)
    return version


def approve(model: Model, number: int, stores: Stores, run: Run, expected_epoch: int) -> Version:
    """Carry out a person's approval: the version becomes champion, at once or in stages as the spec says.

    One of an older window than the champion's becomes eligible late.

    Raises:
        StaleChampion: The champion moved since the question; the approval is void, and the audit log says so.
        RolledBack, IllegalMove: See `Registry.promote`.
    """
    try:
        let_in(model, number, stores, run, expected_epoch, run.reason)
    except OlderWindow as error:
        return _too_late(model, number, stores, run, error)
    except StaleChampion as error:
        void_approval(model, number, stores, run, f"the champion changed: {error.cause}")
        raise
    return stores.registry.versions.get(model.name, number)


def settle(model: Model, number: int, stores: Stores, run: Run, expected_epoch: int | None = None) -> Version:
    """Carry out what the gate said of a version, and of every later one that its arrival has judged again.

    A version that passed becomes the champion, at once or in stages as the spec says, or eligible late, where a newer
    window has its champion. Later versions whose comparison version thereby changes are evaluated and judged again, in
    the order of their windows, until nothing changes; what was measured before is not measured again. Two runs that
    settle at the same time do so one after the other: what the second one looked at has changed, and it looks again.

    Args:
        model: The spec.
        number: The version.
        stores: Registry and artifacts.
        run: Who asks.
        expected_epoch: The champion's epoch that the gate looked at, for a promotion in stages; None: that of now.

    Returns:
        The version in its new state.

    Raises:
        StaleChampion: The version now needs a person's approval; or others kept changing what it is judged beside.
        RolledBack: A person rolled this version back.
        AutomationPaused: A person paused the model.
    """

    def judge_again(wanted: Unjudged) -> None:
        _judge_again(model, wanted, stores, run)

    def why() -> str:
        return _judged(stores.registry.versions.get(model.name, number)) or run.reason

    first = [] if expected_epoch is None else [expected_epoch]

    def begin(epoch: int) -> None:
        let_in(model, number, stores, run, first.pop() if first else epoch, why())

    in_stages = begin if model.gate.stages is not None else None
    return settle_lineup(stores.registry, model.name, number, run, judge_again, why, in_stages)


def settle_lineup(
    registry: Registry,
    model: str,
    number: int,
    run: Run,
    judge_again: Callable[[Unjudged], None],
    why: Callable[[], str],
    in_stages: Callable[[int], None] | None = None,
) -> Version:
    """Decide a line-up with a version that arrives, and write it, by compare-and-swap; see `settle`.

    Args:
        registry: The registry.
        model: The model's name.
        number: The version.
        run: Who asks.
        judge_again: Judges a version beside another one, and records that.
        why: Says why the version is decided so.
        in_stages: Begins a promotion in stages at an epoch, where the spec declares stages.
    """
    from windvane.lifecycle.lineup import Unjudged, decide, stopped, waits_for_a_person
    from windvane.lifecycle.wording import joined

    judged: set[tuple[int, Before]] = set()
    conflicts = 0
    for _ in range(_ATTEMPTS):
        seen = registry.champions.lineup(model, number)
        found = decide(seen, number, in_stages is not None)
        if isinstance(found, Unjudged):
            pair = (found.version, found.before)
            if pair in judged:  # somebody else, whose line-up is another one, has judged it beside another version
                conflicts += 1
                _give_way(conflicts)
                judged.clear()
            judged.add(pair)
            judge_again(found)
            continue
        if waits_for_a_person(seen, number):
            cause = f"{model} v{number}: what it is compared with changed, and now this version needs a person"
            raise StaleChampion(cause, "run the gate again; it asks for the approval")
        try:
            if in_stages and found.champion == number and seen.champion not in (None, number):
                in_stages(seen.epoch)
                return registry.versions.get(model, number)
            return registry.champions.settle(seen, number, found, run, joined(why(), stopped(found)))
        except OlderWindow as error:  # something newer is being promoted in stages
            return registry.versions.reject(model, number, run, error.cause)
        except StaleChampion:
            conflicts += 1
            _give_way(conflicts)
    cause = f"{model} v{number}: others changed the line-up {_ATTEMPTS} times while this version was judged"
    raise StaleChampion(cause, "run the task again when fewer runs promote at once")


def _give_way(conflicts: int) -> None:
    """Wait for a random while, the longer the more often others came between: of several, one gets through.

    Two that settle at once may each judge a version as their own line-up has it, and find it judged otherwise, without
    end, when they are equally quick.
    """
    time.sleep(random.uniform(0.0, min(_LONGEST_PAUSE, _PAUSE * 2**conflicts)))  # noqa: S311 (when is no secret)


def _judge_again(model: Model, wanted: Unjudged, stores: Stores, run: Run) -> None:
    """Judge a version beside another one; an evaluation that was made before is taken as it is."""
    from windvane.steps.training import evaluate

    beside = wanted.before.comparison
    kept = stores.registry.versions.evaluation_beside(model.name, wanted.version, beside)
    if kept is None:
        evaluate(model, wanted.version, stores, run, beside)
    else:
        evaluation = Evaluation.from_json(stores.artifacts.get(kept))
        stores.registry.versions.add_evaluation(model.name, wanted.version, kept, evaluation, run)
    _judge(model, wanted.version, wanted.before, stores, run, wanted.cause)


def _why(version: Version, run: Run, reason: str = "") -> str:
    """Return why a version is promoted: what was said, else the gate's headline."""
    return reason or run.reason or _judged(version)


def _judged(version: Version) -> str:
    """Return why the gate lets a version through; what a run was asked for is another question."""
    return version.gate.headline if version.gate and version.state != "rejected" else ""


def _too_late(model: Model, number: int, stores: Stores, run: Run, error: OlderWindow) -> Version:
    """Do what becomes of a version that something newer overtook."""
    from windvane.lifecycle.history import overtaken

    version, champion = stores.registry.versions.get(model.name, number), stores.registry.champions.current(model.name)
    if overtaken(version, champion) == "eligible":
        return stores.registry.champions.mark_eligible(model.name, number, run, _why(version, run))
    return reject(model, number, stores, run, error.cause)
