"""What a version carries with it: its own declaration, and the code it was made with."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from windvane.errors import MissingArtifact, NotReproduced, SpecError, VersionMismatch
from windvane.results import Version
from windvane.spec import Model
from windvane.stores import Stores

if TYPE_CHECKING:
    import pandas as pd

    from windvane.lifecycle.evaluate import Contender
    from windvane.stores.kept_code import KeptCode


class Carried(NamedTuple):
    """What a version carries with it.

    Args:
        model: What it was declared as.
        make: Its own resolved `features.make`.
    """

    model: Model
    make: Callable[..., Any] | None


_UNBRIDGED = ("task", "target")
"""What a version and the declaration of now must have in common: with another one it is another model."""


def contender(model: Model, version: Version, stores: Stores, since: datetime | None = None) -> Contender:
    """Return a version as it is scored with: its estimator, its own declaration, and its own `features.make`.

    Args:
        model: The spec.
        version: The version.
        stores: Registry and artifacts.
        since: The first moment of the rows that it is to be judged on. A version that was fitted again on all rows
            is judged as the one that was fitted without the last ones, where the other one may have learned from them.

    Raises:
        VersionMismatch: It was made for another task or target; or by other code than the project's, and that code was
            not kept, or came in a file whose author nobody trusted.
        ModelMisbehaved, CorruptArtifact, MissingArtifact, UntrustedModel: Its model cannot be loaded.
    """
    from windvane.lifecycle.evaluate import Contender

    own = declaration_of(model, version, stores)
    code = _code_of(own, version, stores) if own.features.make or own.estimator.trusted else None
    judged = since is not None and since < version.learned_until and version.refit is not None
    estimator = load_estimator(own, version, stores, code, judged=judged)
    until = version.trained_until if judged else version.learned_until
    return Contender(version, estimator, own, _make_of(own, code), until)


def load_estimator(
    own: Model, version: Version, stores: Stores, code: KeptCode | None = None, *, judged: bool = False
) -> Any:
    """Load a version's estimator: the one door by which a stored model comes to be used.

    Its hash is checked first. A version that came in a file is loaded in the box (see `windvane.stores.box`), and so
    is every one where `stores.isolate` says so; another one in this process.

    Args:
        own: What it was declared as.
        version: The version.
        stores: Registry and artifacts.
        code: The code that was kept with it, where its types are to come from that.
        judged: Load the estimator that was judged, where another one scores.

    Raises:
        ModelMisbehaved: It crashed, hung, or asked for too much in the box.
        CorruptArtifact, MissingArtifact, UntrustedModel: It cannot be loaded.
    """
    from windvane.stores.box import boxed
    from windvane.stores.model_formats import load

    stored = (version.artifact, version.artifact_bytes, version.format)
    if judged and version.refit is not None:
        stored = (version.refit.judged, version.refit.judged_bytes, version.refit.judged_format)
    digest, size, form = stored
    data = stores.artifacts.get(digest, size)
    if is_boxed(version, stores):
        more: dict[str, Any] = {"paths": [str(code.folder)], "tops": sorted(code.tops)} if code else {}
        named = f"{version.model} v{version.version}"
        return boxed(data, form, own.estimator.trusted, named=named, **more)
    standing: AbstractContextManager[None] = code.standing() if code else nullcontext()
    with standing:
        return load(data, form, own.estimator.trusted)


def is_boxed(version: Version, stores: Stores) -> bool:
    """Return whether a version's stored model is to be kept in the box."""
    return stores.isolate or stores.registry.versions.is_foreign(version.model, version.version)


def carried(model: Model, version: Version, stores: Stores) -> Carried:
    """Return a version's own declaration, and its own `features.make`; see `contender`."""
    own = declaration_of(model, version, stores)
    return Carried(own, _make_of(own, _code_of(own, version, stores) if own.features.make else None))


def common(own: Model, rows: pd.DataFrame | None) -> Model:
    """Return a version's declaration, its features left to the columns that some rows have."""
    if rows is None or all(name in rows.columns for name in own.features.from_source):
        return own
    kept = {
        "numbers": tuple(name for name in own.features.numbers if name in rows.columns),
        "categories": tuple(name for name in own.features.categories if name in rows.columns),
    }
    return own.model_copy(update={"features": own.features.model_copy(update={**kept, "make": None, "made": ()})})


def apart(model: Model, own: Model, version: Version, rows: pd.DataFrame | None) -> Iterator[str]:
    """Yield a sentence each for the columns that a version and the declaration of now do not both have.

    Args:
        model: The declaration of now.
        own: The version's own.
        version: The version.
        rows: The window's rows; None when nothing could be read of them.
    """
    now, then, named = set(model.features.from_source), set(own.features.from_source), f"v{version.version}"
    gone = sorted(then - set(rows.columns)) if rows is not None else []
    if gone:
        yield f"{', '.join(gone)}: {named} was trained on it, and the window's rows do not have it."
    if gone and own.features.make:
        yield f"{', '.join(own.features.made)}: made by {own.features.make}, which is not run without them."
    added = sorted(now - then)
    if added:
        yield f"{', '.join(added)}: a feature now, and none when {named} was trained."


def declaration_of(model: Model, version: Version, stores: Stores) -> Model:
    """Return what a version was declared as, with what training does not depend on (gate, monitor, …) as it is now.

    Raises:
        VersionMismatch: It was made for another task or target.
    """
    if version.spec_digest == model.digest or version.training_digest == model.training_digest:
        return model
    try:
        own = spec_of(version, stores)
    except NotReproduced as error:
        cause = f"{error.cause}, and the spec of now is another"
        raise VersionMismatch(
            cause, f"train a new version: `windvane run train {model.name} --window {version.window}`"
        ) from None
    for name in _UNBRIDGED:
        then, now = getattr(own, name), getattr(model, name)
        if then != now:
            cause = (
                f"{model.name} v{version.version} was made for {name}={then!r}, and the spec now says {name}={now!r}"
            )
            raise VersionMismatch(cause, "that is another model: declare it under a name of its own, and train it")
    return own.model_copy(update={name: getattr(model, name) for name in Model.not_trained()})


def spec_of(version: Version, stores: Stores) -> Model:
    """Return the spec that a version was trained by.

    Raises:
        NotReproduced: It was not kept, and the registered one is another.
    """
    try:
        return Model.from_stored(json.loads(stores.artifacts.get(version.spec_digest)))
    except MissingArtifact:
        registered = stores.registry.models.get(version.model)
        if registered.spec_digest == version.spec_digest:
            return Model.from_stored(registered.spec)
        cause = f"{version.model} v{version.version}: its spec {version.spec_digest} was not kept"
        raise NotReproduced(cause, "check out the code of its time, and train the window again there") from None


def _make_of(own: Model, code: KeptCode | None) -> Callable[..., Any] | None:
    from windvane.stores.code import resolve

    if own.features.make is None:
        return None
    made: Callable[..., Any] = (code.resolve if code else resolve)(own.features.make)
    return made


def _code_of(own: Model, version: Version, stores: Stores) -> KeptCode | None:
    """Return the code that was kept with a version; None where the project's is the same."""
    from windvane.stores.code import code_digest
    from windvane.stores.kept_code import KeptCode

    try:
        now = code_digest(own)
    except SpecError:  # a module of then is gone
        now = ""
    if now == version.code_digest:
        return None
    named = f"{version.model} v{version.version}"
    train = f"train a new version: `windvane run train {version.model} --window {version.window}`"
    if not version.code:
        cause = f"{named} was made by other code than the project's ({version.code_digest[:19]}…), which was not kept"
        raise VersionMismatch(cause, f"check out the code of its time, or {train}")
    if stores.registry.versions.is_foreign(version.model, version.version):
        cause = f"{named} came in a file, with code that is not the project's ({version.code_digest[:19]}…)"
        remedy = f"check that code out, or {train}; if you trust the file's author, import it with --trust-types"
        raise VersionMismatch(cause, remedy)
    return KeptCode(stores.artifacts.get(version.code))
