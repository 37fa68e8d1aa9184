"""Steps on one version that another registry made: it comes with its evidence, and the gate judges it anew here."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from windvane.errors import IllegalMove, StorageFailed, UnknownSnapshot, UntrustedModel, VersionMismatch
from windvane.results import Elsewhere, Event, GateResult, Received, Run, ToldElsewhere, Version, VersionDraft
from windvane.spec import Model, sha256_of
from windvane.steps.approving import ask_approval
from windvane.steps.data import is_broken, refuse_immature, refuse_unlearnable, register
from windvane.steps.judging import gate, reject, settle
from windvane.steps.moving import Progress, look_at, refuse_incomplete
from windvane.steps.reviewing import newest_window
from windvane.steps.training import evaluate, may_score
from windvane.stores import Stores
from windvane.stores.archive_reading import ExportReader
from windvane.stores.references import References
from windvane.stores.registry import Registry
from windvane.stores.signed_files import signer_of
from windvane.stores.signing import Keys
from windvane.stores.temporary import temporary_folder
from windvane.windows import Window

_SAME = ("task", "target", "key", "event_time", "window", "timezone")
"""What the version's declaration and the one here must have in common, so that it can be judged on rows of here."""
_SAID = ("reason", "decision", "headline")
"""Where events of an audit log say in words what was decided."""
_TRAIL = 50
"""Events of a version's past that are kept with it, the newest ones."""


class _Brought(NamedTuple):
    """What a file holds of one version."""

    version: Version
    artifacts: dict[str, bytes]
    elsewhere: Elsewhere


def receive_version(
    model: Model,
    path: Path,
    number: int,
    window: Window | None,
    stores: Stores,
    run: Run,
    *,
    trust_types: bool = False,
    keys: Keys | None = None,
    unsigned: bool = False,
    progress: Progress | None = None,
) -> Received:
    """Take one version out of another registry's export, and have the gate judge it on a window of this one.

    The version is a new one here. Its stored model, profile, code and declaration are those of there, to the last
    byte. Its window is the one that it is judged on: rows that were recorded here, and that it never saw. The audit
    log here tells who let it through there. Rows of there do not come along. Doing it again changes nothing.

    Args:
        model: The spec here, whose gate decides.
        path: A file that `export_model` wrote.
        number: The version's number there.
        window: The window to judge it on; None takes the newest one that was recorded here with its outcomes.
        stores: Registry and artifacts here.
        run: Who asks.
        trust_types: Trust the file's author; see `import_model`.
        keys: Whose signatures count; None where nobody said.
        unsigned: Take it from a file that nobody signed whose signature counts.
        progress: Told what is being done.

    Raises:
        UnknownSigner, DamagedExport, AuditLogBroken, SchemaTooNew: See `import_model`.
        VersionMismatch: The file is of another model, or the version was declared with another task, target, key,
            event time, window or time zone than the model here.
        UnknownVersion: The file has no such version.
        IllegalMove: It was not let through there, or it has seen the window's rows, or the window's data are broken.
        UnknownSnapshot: Nothing was recorded here to judge it on.
        UntrustedModel, ModelMisbehaved, CorruptArtifact: Its stored model cannot be loaded.
    """
    say = progress or (lambda _: None)
    signer = signer_of(path, keys, allowed=trust_types or unsigned)
    try:
        with path.open("rb") as file:
            brought = _read(ExportReader(file, path.name), model, number, signer, trust_types or bool(signer), say)
    except OSError as error:
        raise StorageFailed(f"{path} cannot be read: {error.strerror or error}", "name a file that is there") from error
    chosen = window or _newest(model, stores)
    draft = _draft(model, chosen, brought, stores, run)
    for data in brought.artifacts.values():
        stores.artifacts.put(data)
    register(model, stores, run)
    made = stores.registry.versions.add(draft, run)
    say(f"judging v{made.version} on {chosen}")
    result = _judged(model, made, stores, run)
    champion = stores.registry.champions.current(model.name)
    return Received(
        model=model.name,
        version=made.version,
        number=number,
        trained=brought.version.window,
        window=chosen.key,
        digest=made.artifact,
        decision=result.decision,
        reasons=result.reasons,
        champion=champion.version if champion else None,
        epoch=champion.epoch if champion else 0,
        signer=signer,
    )


def _judged(model: Model, made: Version, stores: Stores, run: Run) -> GateResult:
    """Judge the version here, and carry out what the gate says."""
    evaluate(model, made.version, stores, run)
    result = gate(model, made.version, stores, run)
    if result.decision == "promote":
        settle(model, made.version, stores, run, result.expected_epoch)
    elif result.decision == "reject":
        reject(model, made.version, stores, run)
    elif not _asked(model, made.version, stores):
        ask_approval(model, made.version, stores, run)
    return result


def _asked(model: Model, number: int, stores: Stores) -> bool:
    """Tell whether a question about a version waits for its answer, or the version for none any more."""
    waits = stores.registry.versions.get(model.name, number).waits
    return not waits or any(item.state == "open" for item in stores.registry.people.approvals(model.name, number))


def _read(reader: ExportReader, model: Model, number: int, signer: str, trusted: bool, say: Progress) -> _Brought:
    """Read a file whole, and return what it holds of one version once all of it is shown to be as written."""
    from windvane.stores.importing import staged

    named_there = reader.header.model
    if named_there != model.name:
        cause = f"the file holds {named_there}, and the model here is recorded as {model.name}"
        raise VersionMismatch(cause, "a version keeps the name of its model: declare the model by that name here")
    say("reading the file")
    with References() as named, temporary_folder() as folder:
        named.note_stored(reader.check())
        say("verifying its rows")
        with closing(staged(folder, reader.header.revision, model.name, reader.rows)) as staging:
            staging.audit.verify(model.name)
            refuse_incomplete(named, staging, model.name)
            version = staging.versions.get(model.name, number)
            _refuse_not_let_through(version)
            own = dict(reader.some_artifacts(_digests(version)))
            _refuse_other(model, version, own)
            if not trusted:
                _refuse_untrusted(version, own)
            elsewhere = _elsewhere(version, staging, signer, trusted)
    return _Brought(version, own, elsewhere)


def _digests(version: Version) -> set[str]:
    """Return what a version consists of: all that it needs to score and to be watched, and no rows."""
    named = {version.artifact, version.profile, version.spec_digest, version.code, version.environment_lock}
    return (named | {version.refit.judged} if version.refit else named) - {""}


def _refuse_not_let_through(version: Version) -> None:
    if version.eligible is None:
        cause = f"{version.model} v{version.version} was not let through where it was made: it is {version.state} there"
        raise IllegalMove(cause, "let it through there and export again, or name a version that was; nothing was taken")


def _refuse_other(model: Model, version: Version, own: dict[str, bytes]) -> None:
    """Refuse a version whose declaration cannot be judged on rows of here."""
    named = f"{version.model} v{version.version}"
    if version.spec_digest not in own:
        raise VersionMismatch(f"{named}: the declaration it was made by was not kept", "train a new version there")
    then = Model.from_stored(json.loads(own[version.spec_digest]))
    for name in _SAME:
        said, now = getattr(then, name), getattr(model, name)
        if said != now:
            cause = f"{named} was made for {name}={said!r}, and the model here says {name}={now!r}"
            raise VersionMismatch(cause, "declare both alike, and train a new version there; nothing was taken")


def _refuse_untrusted(version: Version, own: dict[str, bytes]) -> None:
    """Refuse types of its own, and a stored model that cannot be loaded in the box."""
    named = f"{version.model} v{version.version}"
    types = json.loads(own[version.spec_digest]).get("estimator", {}).get("trusted", ())
    if types:
        cause = f"{named}: its spec lets stored estimators hold types of its own: {', '.join(map(str, types))}"
        raise UntrustedModel(cause, "if you trust the file's author, import it with --trust-types")
    look_at(own[version.artifact], version.format, f"{named} model")
    if version.refit:
        look_at(own[version.refit.judged], version.refit.judged_format, f"{named} judged model")


def _elsewhere(version: Version, there: Registry, signer: str, trusted: bool) -> Elsewhere:
    past = there.audit.events_of(version.model, version.version)
    return Elsewhere(
        version=version.version,
        window=version.window,
        fingerprint=version.fingerprint,
        snapshots=version.snapshots,
        trained_until=version.trained_until,
        log=there.audit.events(version.model, limit=1)[0].hash,
        signer=signer,
        trusted=trusted,
        trail=tuple(_told(past))[-_TRAIL:],
    )


def _told(past: list[Event]) -> Iterator[ToldElsewhere]:
    for event in past:
        said = next((str(event.payload[name]) for name in _SAID if event.payload.get(name)), "")
        yield ToldElsewhere(seq=event.seq, at=event.at, kind=event.kind, actor=event.actor, said=said)


def _newest(model: Model, stores: Stores) -> Window:
    known = any(row.name == model.name for row in stores.registry.models.all())
    found = newest_window(model, stores) if known else None
    if found is None:
        cause = f"{model.name}: no window was recorded here with its outcomes, and there is nothing to judge it on"
        raise UnknownSnapshot(cause, f"run `windvane run train {model.name} --window KEY` here first")
    return found


def _draft(model: Model, window: Window, brought: _Brought, stores: Stores, run: Run) -> VersionDraft:
    """Return the version as it is to be here: judged on the window's rows that it never saw."""
    version = brought.version
    named = f"{version.model} v{version.version} of the file"
    if window.end <= version.trained_until:
        cause = (
            f"{named} learned from rows until {version.trained_until:%Y-%m-%d %H:%M} UTC, all of {window} among them"
        )
        raise IllegalMove(cause, "judge it on a later window: --window KEY")
    if is_broken(model, window, stores):
        cause = f"{model.name} {window}: the monitor found its data broken, and no version is judged on that"
        raise IllegalMove(cause, "judge it on another window: --window KEY")
    refuse_immature(model, window, run)
    cut = max(version.trained_until, window.start)
    snapshots = _recorded(model, window, cut, stores)
    refuse_unlearnable(model, window, snapshots[-1], stores, run)
    before = may_score(model, window, stores)
    return VersionDraft(
        **{name: getattr(version, name) for name in VersionDraft.model_fields if name not in _ANEW},
        window=window.key,
        window_start=window.start,
        window_end=window.end,
        trained_until=cut,
        fingerprint=sha256_of({"received": version.fingerprint, "window": window.key, "snapshots": snapshots}),
        snapshots=tuple(snapshots),
        parents=(before.version,) if before else (),
        elsewhere=brought.elsewhere,
    )


_ANEW = (
    *("window", "window_start", "window_end", "trained_until", "fingerprint", "snapshots", "parents", "elsewhere"),
    *("study", "trial"),
)
"""What a version that came has otherwise here than there; its study stayed there."""


def _recorded(model: Model, window: Window, cut: datetime, stores: Stores) -> list[str]:
    """Return the snapshots of here: that of the window, after those before it that the baseline is made of.

    Raises:
        UnknownSnapshot: The window was not recorded; or nothing before the holdout was.
    """
    latest = stores.registry.snapshots.latest
    remedy = f"run `windvane run train {model.name} --window KEY` here first"
    taken = latest(model.name, window.key, mature_only=True)
    if taken is None:
        raise UnknownSnapshot(f"{model.name} {window}: no snapshot with outcomes was recorded here", remedy)
    before = [
        found.digest
        for earlier in model.history_of(window)
        if earlier.end <= cut and not is_broken(model, earlier, stores)
        if (found := latest(model.name, earlier.key, mature_only=True)) is not None
    ]
    if not before and cut <= window.start:
        cause = f"{model.name}: nothing before window {window} was recorded here, and the baseline is made of that"
        raise UnknownSnapshot(cause, remedy)
    return [*before, taken.digest]
