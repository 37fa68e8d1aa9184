"""Steps of a review: what a model is made of, and the two versions of a change, in a registry that is thrown away."""

from __future__ import annotations

from typing import Any

from windvane.errors import SpecError, UnknownSnapshot, WindvaneError
from windvane.results import Run, Version
from windvane.results.ci import Described, Trained, Verdicts
from windvane.spec import Estimator, Model
from windvane.steps.carrying import spec_of
from windvane.steps.data import is_broken, register
from windvane.steps.judging import gate
from windvane.steps.making import environment_of
from windvane.steps.training import evaluate, train
from windvane.steps.trying import missing_parameters
from windvane.stores import Stores
from windvane.windows import Window

_REASON = "the base of a change"
_NORMAL = 1.959964
"""97.5 % of the normal distribution lie below."""


def described(model: Model) -> Described:
    """Return what a model is made of, in digests of what it says; no data is read.

    Raises:
        SpecError: A path that it names cannot be imported.
    """
    from windvane.stores.code import code_paths, files_of, meaning

    def digests(paths: set[str]) -> dict[str, str]:
        return {name: meaning(name, content) for name, content in files_of(paths).items()}

    branches = [branch.estimator.code for branch in model.tune.branches.values()] if model.tune else []
    own = {path for path in branches if path and path.partition(".")[0] != "sklearn"}
    return Described(
        model=model.name,
        spec=model.digest,
        training=model.training_digest,
        files=digests(code_paths(model) | own),
        expectations=digests({model.expect}) if model.expect else {},
        libraries=environment_of(model),
        declared=model.model_dump(mode="json"),
    )


def newest_window(model: Model, stores: Stores) -> Window | None:
    """Return the newest window of which a mature snapshot was recorded; None where there is none."""
    return next(reversed(recorded_windows(model, stores)), None)


def recorded_windows(model: Model, stores: Stores) -> list[Window]:
    """Return the windows of which a mature snapshot was recorded, the oldest first."""
    found = []
    for key in stores.registry.snapshots.windows(model.name):
        try:
            window = model.cadence.window(key)
        except WindvaneError:  # of another cadence
            continue
        if stores.registry.snapshots.latest(model.name, key, mature_only=True) is not None:
            found.append(window)
    return sorted(found, key=lambda window: window.end)


def lend(model: Model, window: Window, stores: Stores, scratch: Stores, run: Run) -> str:
    """Copy what was recorded of a window and its history to a registry that is thrown away.

    Returns:
        Digest of the window's snapshot; empty where none was recorded.
    """
    register(model, scratch, run)
    digest = ""
    for earlier in model.history_of(window):
        taken = stores.registry.snapshots.latest(model.name, earlier.key, mature_only=True)
        if taken is None or is_broken(model, earlier, stores):
            continue
        for part in taken.parts:
            scratch.artifacts.put(stores.artifacts.get(part.digest, part.bytes))
        scratch.registry.snapshots.add(taken, True, run)
        digest = taken.digest if earlier == window else ""
    return digest


def champion_estimator(model: Model, stores: Stores) -> dict[str, Any] | None:
    """Return the parameters of a searched model's champion, which both sides are trained with; None where none are."""
    standing = stores.registry.champions.current(model.name)
    if model.tune is None or standing is None:
        return None
    version = stores.registry.versions.get(model.name, standing.version)
    try:
        return spec_of(version, stores).estimator.model_dump(mode="json")
    except WindvaneError:  # its spec was not kept
        return None


def champion_libraries(model: str, stores: Stores) -> dict[str, str] | None:
    """Return the libraries of a model's champion; None where there is none."""
    standing = stores.registry.champions.current(model)
    return stores.registry.versions.get(model, standing.version).environment if standing else None


def fixed(model: Model, estimator: dict[str, Any] | None) -> Model:
    """Return a searched model without its search: with the champion's parameters, where they are in its space."""
    if model.tune is None:
        return model
    chosen = Estimator(**estimator) if estimator else model.estimator
    own = model.tune.parameters(chosen, model.estimator)
    parameters = own if own is not None else model.tune.declared(model.estimator)[0]
    return model.model_copy(update={"estimator": model.tune.estimator(model.estimator, parameters), "tune": None})


def train_base(model: Model, window: Window, digest: str, scratch: Stores, run: Run) -> Trained:
    """Train the version of the code of before, and make it the champion that the other one is judged beside."""
    made = _kept(model, window, digest, scratch, run)
    evaluate(model, made.version, scratch, run, 0)
    scratch.registry.champions.promote(model.name, made.version, 0, run, _REASON)
    return _trained(model, made, scratch)


def train_head(model: Model, window: Window, digest: str, scratch: Stores, run: Run) -> Verdicts:
    """Train the version of the code of now, and judge it by its own gate, beside that of before."""
    made = _kept(model, window, digest, scratch, run)
    standing = scratch.registry.champions.current(model.name)
    found = evaluate(model, made.version, scratch, run)
    result = gate(model, made.version, scratch, run)
    other = f"v{standing.version}" if standing else ""
    same = (item for item in found.comparisons if (item.metric, item.other, item.slice) == (model.metric, other, None))
    beside = next(same, None)
    said: dict[str, Any] = {}
    if standing is not None and beside is not None and beside.difference is not None:
        error = beside.std_error
        ends = (beside.difference - _NORMAL * error, beside.difference + _NORMAL * error) if error else (None, None)
        said = {"difference": beside.difference, "low": ends[0], "high": ends[1]}
    return Verdicts(
        trained=_trained(model, made, scratch),
        rows=found.rows,
        rules=tuple((verdict.rule, verdict.outcome, verdict.headline) for verdict in result.verdicts),
        **said,
    )


def tried_beside(
    model: Model, changes: dict[str, Any], window: Window, stores: Stores, scratch: Stores, run: Run
) -> tuple[Trained, Verdicts]:
    """Train a model as it is declared and with other parameters, on what was recorded, in a scratch registry.

    Args:
        model: The spec; one with a search is tried beside its champion's parameters.
        changes: Parameters of the estimator.
        window: The window.
        stores: Where the snapshots are; nothing is written there.
        scratch: Where both versions are made.
        run: Who asks.

    Raises:
        SpecError: The estimator has no such parameter.
        UnknownSnapshot: The window was not recorded, or its outcomes are not known.
    """
    own = fixed(model, champion_estimator(model, stores))
    changed = own.model_copy(update={"estimator": own.estimator.revised(params={**own.estimator.params, **changes})})
    problems = missing_parameters(own, changes)
    if problems:
        raise SpecError(model.name, problems)
    digest = lend(own, window, stores, scratch, run)
    if not digest:
        cause = f"{model.name} {window}: no snapshot with outcomes was recorded"
        raise UnknownSnapshot(cause, f"run `windvane run train {model.name} --window {window}` first")
    before = train_base(own, window, digest, scratch, run)
    return before, train_head(changed, window, digest, scratch, run)


def _kept(model: Model, window: Window, digest: str, scratch: Stores, run: Run) -> Version:
    from windvane.spec import canonical_json

    register(model, scratch, run)
    scratch.artifacts.put(canonical_json(model.model_dump(mode="json")).encode())
    return train(model, window, digest, scratch, run)


def _trained(model: Model, made: Version, scratch: Stores) -> Trained:
    from windvane.results import Evaluation

    version = scratch.registry.versions.get(model.name, made.version)
    found = Evaluation.from_json(scratch.artifacts.get(version.evaluation)) if version.evaluation else None
    loss = next((item.value for item in found.metrics if item.metric == model.metric), None) if found else None
    known = {"artifact": version.artifact, "fingerprint": version.fingerprint}
    return Trained(version=version.version, metric=model.metric, loss=loss, **known)
