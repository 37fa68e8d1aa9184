"""Steps on the champion: the gate's decision, promotion, rejection, and a person's rollback."""

from __future__ import annotations

from windvane.errors import IllegalMove, OlderWindow, StaleChampion
from windvane.results import Champion, Evaluation, GateResult, Run, Version
from windvane.spec import Model
from windvane.steps.approving import refuse_same_person, void_approval
from windvane.steps.measuring import scoring_costs
from windvane.steps.staging import let_in
from windvane.stores import Stores

_ATTEMPTS = 10


def gate(model: Model, number: int, stores: Stores, run: Run) -> GateResult:
    """Judge a version's latest evaluation by the declared rules, and keep the result.

    A version that is the champion already keeps the verdict that made it so.

    Raises:
        IllegalMove: The version was never evaluated.
    """
    from windvane.lifecycle.gate import judge
    from windvane.lifecycle.rules import Case
    from windvane.steps.training import comparable, evaluate
    from windvane.stores.code import resolve

    version = stores.registry.versions.get(model.name, number)
    if version.evaluation is None:
        raise IllegalMove(f"{model.name} v{number} was never evaluated", "evaluate it before the gate")
    champion = stores.registry.champions.current(model.name)
    standing = champion is not None and champion.version == number
    if standing and version.gate is not None and version.gate.evaluation == version.evaluation:
        return version.gate
    evaluation = Evaluation.from_json(stores.artifacts.get(version.evaluation))
    beside = comparable(model, version, stores)
    if not standing and evaluation.champion != (beside.version if beside else None):
        evaluation = evaluate(model, number, stores, run)  # another run changed who it is to be compared with
        version = stores.registry.versions.get(model.name, number)
    needs = model.gate.needs(model.task)
    case = Case(
        model=model,
        version=version,
        evaluation=evaluation,
        champion=champion,
        champion_version=stores.registry.versions.get(model.name, champion.version) if champion else None,
        as_of=run.as_of,
        costs=scoring_costs(model, version, stores),
        live=tuple(stores.registry.staging.live(model.name, number, champion.version))
        if champion and needs.live
        else (),
        own={path: resolve(path) for path in needs.functions},
    )
    result = judge(case, version.evaluation or evaluation.sha256)
    stores.registry.versions.add_gate(model.name, number, result, run)
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
    """Mark a version as rejected, with the headline of the gate's first reason."""
    version = stores.registry.versions.get(model.name, number)
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
        CorruptArtifact, MissingArtifact, UntrustedModel: They cannot.
    """
    from windvane.steps.training import load_estimator

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


def settle(model: Model, number: int, stores: Stores, run: Run, expected_epoch: int) -> Version:
    """Make a version that passed its gate the champion, at once or in stages as the spec says.

    When the champion moved meanwhile, it is judged again, and that is followed.

    Two runs that are judged at the same time both look at the same champion. The first to promote wins; the other is
    evaluated and judged again beside the new champion, and is promoted or rejected by that verdict. A version whose
    window is older than the champion's stays what a run in order would have made of it: it becomes eligible late,
    scores the windows after its own, and leaves the pointer alone.

    Returns:
        The version in its new state.

    Raises:
        StaleChampion: The champion kept moving; or it moved, and the version now needs a person's approval.
        RolledBack: A person rolled this version back.
    """
    from windvane.steps.training import evaluate

    for _ in range(_ATTEMPTS):
        try:
            why = _why(stores.registry.versions.get(model.name, number), run)
            let_in(model, number, stores, run, expected_epoch, why)
            break
        except OlderWindow as error:
            return _too_late(model, number, stores, run, error)
        except StaleChampion:
            evaluate(model, number, stores, run)
            result = gate(model, number, stores, run)
            if result.decision == "reject":
                return reject(model, number, stores, run)
            if result.decision == "needs_approval":
                cause = (
                    f"{model.name} v{number}: the champion moved, and beside the new one this version needs a person"
                )
                raise StaleChampion(cause, "run the gate again; it asks for the approval") from None
            expected_epoch = result.expected_epoch
    else:
        cause = f"{model.name} v{number}: the champion moved {_ATTEMPTS} times while this version was judged"
        raise StaleChampion(cause, "run the task again when fewer runs promote at once")
    return stores.registry.versions.get(model.name, number)


def _why(version: Version, run: Run, reason: str = "") -> str:
    """Return why a version is promoted: what was said, else the gate's headline."""
    judged = version.gate.headline if version.gate and version.state != "rejected" else ""
    return reason or run.reason or judged


def _too_late(model: Model, number: int, stores: Stores, run: Run, error: OlderWindow) -> Version:
    """Do what becomes of a version that something newer overtook."""
    from windvane.lifecycle.history import overtaken

    version, champion = stores.registry.versions.get(model.name, number), stores.registry.champions.current(model.name)
    if overtaken(version, champion) == "eligible":
        return stores.registry.champions.mark_eligible(model.name, number, run, _why(version, run))
    return reject(model, number, stores, run, error.cause)
