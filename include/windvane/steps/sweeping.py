"""Steps that clean up: find what nothing refers to any more, and remove what is old enough, beside running writers.

Why nothing that is needed goes. The store keeps `put` and `remove` apart: once a `put` has returned, the bytes are
there and stay until they are older than the sweep's age, whether `put` wrote or found them. A writer puts first, and
registers what it put afterwards. Rows are read again before each batch is removed, so what was registered by then is
known; what is registered later was put within the age, or its writer took longer than the age from one to the other. So
the age must be longer than any run takes; and a step that registers what an earlier task put looks whether it is there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from itertools import islice

from windvane.errors import MissingArtifact, UnknownModel
from windvane.results import Swept
from windvane.steps.pointing import astray, point
from windvane.stores import Entry, Stores
from windvane.stores.references import References, references

Progress = Callable[[str], None]
Heads = dict[str, int]
"""Model to the number of its last event."""

_BATCH = 200
_PROBED = 20


def sweep(stores: Stores, cutoff: datetime, *, remove: bool, progress: Progress | None = None) -> Iterator[Swept]:
    """Yield what nothing refers to, and remove what was last written before a moment.

    That is: artifacts that no row of any model names, and what interrupted writes left. Versions whose building was
    begun and never finished are reported too, but stay: the audit log keeps that they were begun, and the next attempt
    at the same takes them over. A stable path that does not lead to the current publication of its window is written
    anew: its writer was killed between the registry and the path.

    Args:
        stores: Registry and artifacts; no other registry's artifacts may be in the same place.
        cutoff: What was written at this moment or later, by the store's clock, stays.
        remove: False only looks.
        progress: Told what is being done.

    Raises:
        AuditLogBroken: A model's rows are not what was written, so that nobody knows what they refer to.
        UnknownModel, MissingArtifact: These are not the registry's artifacts.
    """
    say = progress or _silent
    with References() as named:
        for row in stores.registry.models.all():
            say(f"verifying the rows of {row.name}")
            stores.registry.audit.verify(row.name)
        heads = _read(stores, named, {})
        _refuse_foreign(stores, named, heads)
        say("looking through the artifacts")
        for batch in _batches(entry for entry in stores.artifacts.entries() if entry.digest not in named):
            heads = _read(stores, named, heads)
            for entry in batch:
                if entry.digest not in named:
                    yield _artifact(entry, stores, cutoff, remove=remove)
    yield from _unfinished_writes(stores, cutoff, remove=remove)
    yield from _unfinished_builds(stores, heads, cutoff)
    yield from _pointers_astray(stores, heads, remove=remove)


def _read(stores: Stores, named: References, before: Heads) -> Heads:
    """Put aside what rows refer to, of the models whose audit log has grown; return where the audit logs end."""
    heads = {row.name: stores.registry.audit.events(row.name, limit=1)[0].seq for row in stores.registry.models.all()}
    for model, seq in heads.items():
        if seq != before.get(model):
            try:
                named.add(references(stores.registry.audit.rows(model)))
            except ValueError as error:
                cause = f"{model}: a row is no record any more: {error}"
                raise MissingArtifact(cause, "nothing more is removed; run `windvane verify`") from error
    return heads


def _refuse_foreign(stores: Stores, named: References, heads: Heads) -> None:
    """Refuse to clean up artifacts that belong to another registry."""
    where = f"the artifacts in {stores.artifacts.url} and the registry {stores.registry.url}"
    remedy = "check WINDVANE_REGISTRY and WINDVANE_ARTIFACTS; nothing was removed"
    if not heads and next(stores.artifacts.entries(), None) is not None:
        raise UnknownModel(f"{where} do not belong together: it knows no model", remedy)
    needed = [digest for digest, _ in islice(named.artifacts(), _PROBED)]
    if needed and not any(stores.artifacts.has(digest) for digest in needed):
        raise MissingArtifact(f"{where} do not belong together: nothing that it refers to is there", remedy)


def _artifact(entry: Entry, stores: Stores, cutoff: datetime, *, remove: bool) -> Swept:
    old = entry.put_at < cutoff
    gone = old and remove and stores.artifacts.remove(entry.digest, cutoff)
    kept = "" if old else "it is too young: a run that is at work may need it"
    return Swept(
        kind="artifact",
        name=entry.digest,
        bytes=entry.bytes,
        since=entry.put_at,
        why="no row of any model refers to it: its run ended early, or needed it only on the way",
        removed=gone,
        kept="it was put again meanwhile" if old and remove and not gone else kept,
    )


def _unfinished_writes(stores: Stores, cutoff: datetime, *, remove: bool) -> Iterator[Swept]:
    for leftover in stores.artifacts.leftovers():
        old = leftover.begun_at < cutoff
        if old and remove:
            stores.artifacts.discard(leftover)
        yield Swept(
            kind="unfinished write",
            name=leftover.name,
            bytes=leftover.bytes,
            since=leftover.begun_at,
            why="its writer was killed before it was done",
            removed=old and remove,
            kept="" if old else "it is too young: its writer may be at work",
        )


def _unfinished_builds(stores: Stores, heads: Heads, cutoff: datetime) -> Iterator[Swept]:
    for model in heads:
        for build in stores.registry.versions.building(model):
            if build.begun_at < cutoff:
                yield Swept(
                    kind="unfinished build",
                    name=f"{model} {build.window}, fingerprint {build.fingerprint}",
                    bytes=None,
                    since=build.begun_at,
                    why=f"attempt {build.attempt} of {build.run_id or build.actor} began to train it, and never ended",
                    kept="the audit log keeps that it was begun; the next attempt takes it over",
                )


def _pointers_astray(stores: Stores, heads: Heads, *, remove: bool) -> Iterator[Swept]:
    for model in heads:
        for item in list(astray(model, stores)):
            if remove:
                point(model, item.current.window, stores)
            yield Swept(
                kind="pointer",
                name=item.name,
                bytes=None,
                since=item.current.moment,
                why=item.cause,
                removed=remove,
            )


def _batches(found: Iterable[Entry]) -> Iterator[list[Entry]]:
    rest = iter(found)
    while batch := list(islice(rest, _BATCH)):
        yield batch


def _silent(message: str) -> None:
    """Say nothing."""
