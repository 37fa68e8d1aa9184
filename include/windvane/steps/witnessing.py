"""Steps by which an audit log gets witnesses: signed statements in other places, and a registry held against them."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence

from pydantic import ValidationError

from windvane.errors import ArtifactError, AuditLogBroken, UnknownSigner, UnusableKey
from windvane.results import Finding, Run
from windvane.results.checkpoints import Checkpoint, Witnessed
from windvane.stores import Stores
from windvane.stores.signing import Keys, Signer
from windvane.stores.witnesses import Place

_log = logging.getLogger(__name__)

_RESTORE = "find out who, restore the registry from a backup as young as the statement, and verify it again"
_TRAIL = "events that were witnessed are not in this registry: nothing it says from there on can be relied on"
_WITNESS = "the place for statements cannot be relied on, or the key is not one of those that count"


def checkpoint(model: str, places: Sequence[Place], signer: Signer, stores: Stores, run: Run) -> Witnessed:
    """Write a signed statement of where a model's audit log ends, to every place; its chain is walked before.

    Args:
        model: Its name.
        places: Where to.
        signer: Who signs.
        stores: Registry and artifacts.
        run: Who asks; its moment is the statement's.

    Raises:
        AuditLogBroken: The audit log is not what was written: nothing is signed.
        StorageFull, StorageRefused, StorageFailed: A place cannot be written.
    """
    stores.registry.audit.verify(model)
    found = statement(model, signer, stores, run)
    for place in places:
        place.put(found.name, found.to_json().encode() + b"\n")
    return Witnessed(checkpoint=found, places=tuple(place.url for place in places))


def witness_daily(model: str, stores: Stores, run: Run) -> Witnessed | None:
    """Write a statement where the configuration names places and a key, and the newest one is of another day.

    A place that is away, or a key that is none, stops no run: the log says so, and the next run tries again.

    Raises:
        AuditLogBroken: The audit log is not what was written.
    """
    try:
        witness = stores.witness()
        if witness is None:
            return None
        recorded = stores.registry.models.recorded(model)
        due = [place for place in witness.places if _newest_day(place, recorded) != f"{run.as_of:%Y-%m-%d}"]
        return checkpoint(model, due, witness.signer, stores, run) if due else None
    except (ArtifactError, UnusableKey) as error:
        _log.warning("%s: the audit log was not witnessed: %s: %s", model, error.name, error)
        return None


def statement(model: str, signer: Signer, stores: Stores, run: Run, file: str = "") -> Checkpoint:
    """Return a signed statement of where a model's audit log ends; see `Checkpoint`."""
    registry = stores.registry
    last = registry.audit.events(model, limit=1)[0]
    found = Checkpoint(
        registry=registry.identity.get() or "",
        model=last.model,
        seq=last.seq,
        hash=last.hash,
        at=run.as_of,
        file=file,
        signer=signer.id,
    )
    return found.model_copy(update={"signature": signer.sign(found.signed)})


def verify_against(model: str, places: Sequence[Place], keys: Keys, stores: Stores) -> list[Finding]:
    """Hold a model's audit log against statements: one that was cut, put back or written anew is found.

    Args:
        model: Its name.
        places: Where statements are; each must have one about this model.
        keys: Whose signatures count.
        stores: Registry and artifacts.
    """
    recorded = stores.registry.models.recorded(model)
    return [finding for place in places for finding in _against(recorded, place, keys, stores)]


def _against(model: str, place: Place, keys: Keys, stores: Stores) -> Iterator[Finding]:
    names = place.names(model)
    own = stores.registry.identity.get() or ""
    seen = 0
    for name in names:
        said, wrong = _read(place, name, keys)
        if said is None:
            yield _finding(model, UnknownSigner(f"{place.url} {name}: {wrong}", "see who wrote there"), _WITNESS)
        elif said.model == model and said.registry == own:
            seen += 1
            yield from _held(said, name, place, stores)
    if not seen:
        other = f"has {len(names)} of another registry, or none that counts" if names else "has none"
        cause = f"{model}: {place.url} {other}, where statements about this registry ({own}) were to be"
        remedy = "name the place that this registry is witnessed in; if it is this one, the registry was replaced"
        yield _finding(model, AuditLogBroken(cause, remedy), _TRAIL)


def _held(said: Checkpoint, name: str, place: Place, stores: Stores) -> Iterator[Finding]:
    """Yield what is wrong with the event that a statement names."""
    there = stores.registry.audit.events(said.model, limit=1, before=said.seq + 1)
    when = f"{place.url} {name}: on {said.at:%Y-%m-%d %H:%M} UTC event {said.seq} was the last"
    if not there or there[0].seq != said.seq:
        end = f"event {there[0].seq}" if there else "no event"
        cause = f"{said.model}: {when}, and the audit log ends with {end}: it was cut, or an old copy was put back"
        yield _finding(said.model, AuditLogBroken(cause, _RESTORE), _TRAIL)
    elif there[0].hash != said.hash:
        cause = f"{said.model}: {when} with hash {said.hash}, and it has {there[0].hash}: the trail was written anew"
        yield _finding(said.model, AuditLogBroken(cause, _RESTORE), _TRAIL)


def _read(place: Place, name: str, keys: Keys) -> tuple[Checkpoint | None, str]:
    """Return a statement that counts, or why there is none."""
    try:
        said = Checkpoint.from_json(place.get(name))
    except (ValidationError, ValueError):
        return None, "it is no statement"
    if keys.name(said.signer) is None:
        return None, f"it is signed by {said.signer or 'nobody'}, whose signatures do not count here"
    if not keys.vouch(said.signer, said.signature, said.signed):
        return None, f"its signature is not one of {said.signer}"
    return (said, "") if said.name == name else (None, f"it says {said.name}")


def _newest_day(place: Place, model: str) -> str:
    names = place.names(model)
    if not names:
        return ""
    try:
        return f"{Checkpoint.from_json(place.get(names[-1])).at:%Y-%m-%d}"
    except (ValidationError, ValueError):
        return ""


def _finding(model: str, error: AuditLogBroken | UnknownSigner, means: str) -> Finding:
    return Finding(error=error.name, model=model, cause=error.cause, means=means, remedy=error.remedy)
