"""Steps that make a version again, and say whether it is the same."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

from windvane.errors import NotReproduced, UntrustedModel
from windvane.results import Profile, Reproduced, Version
from windvane.spec import Model
from windvane.spec.base import canonical_json
from windvane.steps.carrying import spec_of
from windvane.stores import Stores

_SHOWN = 10


def reproduce(
    model: str, number: int, stores: Stores, roots: Sequence[Path] = (), declared: Model | None = None
) -> Reproduced:
    """Train a version again from its recorded snapshots, spec and seed, and compare digests; nothing is kept.

    The code and the libraries are those of now. Where they are not those of then, the answer names them, whether or
    not they made a difference.

    Args:
        model: Its name.
        number: The version.
        stores: Registry and artifacts.
        roots: Folders of the project's own code.
        declared: The spec that a DAG file declares now, if one does.

    Raises:
        NotReproduced: The spec of that time was not kept, or rows that it was trained on were erased.
        UntrustedModel: It names code that is neither the project's nor declared now: a registry's rows, which may have
            been imported, do not choose what runs here.
        ArtifactError, DataError, ModelError: The snapshots or the estimator cannot be used.
    """
    from windvane.steps.training import fitted, profile_of
    from windvane.stores.artifacts import digest_of
    from windvane.stores.model_formats import dump

    model = stores.registry.models.recorded(model)
    version = stores.registry.versions.get(model, number)
    _refuse_elsewhere(version)
    _refuse_erased(version, stores)
    spec = spec_of(version, stores)
    _refuse_foreign(version, spec, roots, declared)
    window = spec.cadence.window(version.window)
    snapshots = stores.registry.snapshots.get_all(model, version.snapshots)
    trained = fitted(spec, window, snapshots, stores)
    again = digest_of(dump(trained.scoring).data)
    judged = digest_of(dump(trained.estimator).data) if version.refit else ""
    profile = digest_of(_as_then(profile_of(spec, window, trained), version, stores))
    return Reproduced(
        model=model,
        version=number,
        digest=version.artifact,
        again=again,
        same=again == version.artifact and profile == version.profile and judged == _judged(version),
        differs=tuple(_differing(version, spec, again, judged, profile, stores)),
    )


def _judged(version: Version) -> str:
    """Return the digest of the estimator that was judged, where another one scores; else nothing."""
    return version.refit.judged if version.refit else ""


def _as_then(profile: Profile, version: Version, stores: Stores) -> bytes:
    """Return a profile as it was kept then: without what profiles of that release did not have."""
    kept = json.loads(stores.artifacts.get(version.profile)) if stores.artifacts.has(version.profile) else None
    text = json.loads(profile.to_json())
    return canonical_json(text if kept is None else {name: text[name] for name in text if name in kept}).encode()


def _refuse_elsewhere(version: Version) -> None:
    """Refuse a version that another registry made: the rows that taught it are there."""
    made = version.elsewhere
    if made is not None:
        cause = f"{version.model} v{version.version} was made in another registry, as v{made.version} of {made.window}"
        raise NotReproduced(cause, f"reproduce it there: windvane reproduce {version.model} {made.version}")


def _refuse_erased(version: Version, stores: Stores) -> None:
    """Refuse a version that was trained on rows which were erased: nobody can make it again."""
    for digest in version.snapshots:
        gone = stores.registry.erasures.find(digest)
        if gone is not None and gone.model == version.model:
            cause = f"{version.model} v{version.version}: {gone.removed:,} rows of snapshot {digest} were {gone.told}"
            remedy = f"train anew on what is left: windvane run train {version.model} --window {version.window}"
            raise NotReproduced(cause, remedy)


def _refuse_foreign(version: Version, spec: Model, roots: Sequence[Path], declared: Model | None) -> None:
    from windvane.stores.code import code_paths, lies_in

    known = code_paths(declared) if declared else set()
    for path in sorted(code_paths(spec) - known):
        if not lies_in(path, roots):
            cause = f"{version.model} v{version.version}: its spec names {path!r}, which is no code of this project"
            raise UntrustedModel(cause, "run it in the project that declares the model, or declare it here")


def _differing(version: Version, spec: Model, again: str, judged: str, profile: str, stores: Stores) -> Iterator[str]:
    """Yield what is not as it was when the version was made, the causes before their effects."""
    from windvane.steps.making import environment_of
    from windvane.stores.code import code_digest, installed

    code, now = code_digest(spec), environment_of(spec)
    if code != version.code_digest:
        yield f"code: {version.code_digest} then, {code} now"
    for name in sorted(version.environment.keys() | now.keys()):
        then = version.environment.get(name, "absent")
        if then != now.get(name, "absent"):
            yield f"{name}: {then} then, {now.get(name, 'absent')} now"
    if version.environment_lock:
        lines = [set(text.split()) for text in (stores.artifacts.get(version.environment_lock).decode(), installed())]
        others = sorted(line for line in lines[0] - lines[1] if line.partition("==")[0] not in version.environment)
        if others:
            more = f" and {len(others) - _SHOWN} more" if len(others) > _SHOWN else ""
            yield f"other distributions: {', '.join(others[:_SHOWN])}{more} then"
    if profile != version.profile:
        yield f"profile: {version.profile} then, {profile} now"
    if again != version.artifact:
        yield f"model: {version.artifact} then, {again} now"
    if judged != _judged(version):
        yield f"model that was judged: {_judged(version)} then, {judged} now"
