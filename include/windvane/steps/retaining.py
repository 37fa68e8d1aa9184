"""Steps that retire: files that are older than their model's spec keeps them, and that nothing needs, go.

Each leaves a tombstone, as an erased one does: the records keep its digest, and say when it went by retention. A
document, report or explanation that a run writes anew under a digest that went is there again, and goes again once it
is old. Rows of snapshots and scores are gone for good: what is too old to be kept is not taken again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from windvane.results import Run, Snapshot, Swept, Tombstone
from windvane.spec import Model
from windvane.spec.keeping import Keep
from windvane.steps.erasing import needed_elsewhere
from windvane.steps.held_rows import held_rows, snapshots_of
from windvane.stores import Entry, Stores
from windvane.stores.references import ERASED, MENTION, RETIRED, Reference, references
from windvane.windows import parse_duration

Progress = Callable[[str], None]
_KINDS = {
    "validation document": "documents",
    "report": "reports",
    "explanation": "explanations",
    "snapshot part": "snapshots",
    "scores": "scores",
}
"""Kind of a file to the field of the declaration that says how long it is kept. Erasing removes each of them where it
is there again, so that none of these comes back with rows that went."""
_ROWS = ("snapshot part", "scores")
"""Kinds that are rows: these never come back."""
_CHANGED = "the history went on meanwhile; it goes by the next sweep"


def retire(stores: Stores, run: Run, *, remove: bool, progress: Progress | None = None) -> Iterator[Swept]:
    """Yield the files that are older than their model's recorded spec keeps them; remove those that nothing needs.

    In one transaction a model's registry gets a tombstone for each, then the files go. Doing it again completes what
    was cut short.

    Args:
        stores: Registry and artifacts.
        run: Who asks; ages count back from `run.as_of`.
        remove: False only looks.
        progress: Told what is being done.

    Raises:
        AuditLogBroken: The rows are not what was written, so that nobody knows what they refer to.
    """
    for row in stores.registry.models.all():
        keep = Model.from_stored(row.spec).keep
        if keep is not None:
            if progress is not None:
                progress(f"looking for what {row.name} keeps no longer")
            stores.registry.audit.verify(row.name)
            yield from _of_model(row.name, keep, stores, run, remove=remove)


def _of_model(model: str, keep: Keep, stores: Stores, run: Run, *, remove: bool) -> Iterator[Swept]:
    seen = stores.registry.audit.events(model, limit=1)[0].seq
    groups = _groups(model, stores)
    buried = {item.digest for item in stores.registry.erasures.all(model)}
    needed = _needed(model, stores)
    old = list(_old(keep, groups, buried, stores, run.as_of))
    needed |= needed_elsewhere(model, (entry.digest for entry, _ in old if entry.digest not in buried), stores)
    going = {entry.digest for entry, kind in old if kind == "snapshot part" and entry.digest not in needed}
    gone = _snapshots(model, going, needed, stores)
    tombstones = [
        _tombstone(model, entry.digest, kind, groups[entry.digest])
        for entry, kind in old
        if entry.digest not in needed and entry.digest not in buried
    ] + [
        Tombstone(model=model, digest=one.digest, kind="snapshot", removed=one.rows)
        for one in gone
        if one.digest not in buried
    ]
    told = {"files": sum(item.kind != "snapshot" for item in tombstones), "keep": keep.model_dump(mode="json")}
    recorded = not (remove and tombstones) or stores.registry.erasures.retire(model, seen, tombstones, told, run)
    for entry, kind in old:
        kept = needed.get(entry.digest, "") or ("" if recorded else _CHANGED)
        age = getattr(keep, _KINDS[kind])  # None where it was buried when another was declared
        before = run.as_of - parse_duration(age) if age else entry.put_at + timedelta(microseconds=1)
        removed = remove and not kept and stores.artifacts.remove(entry.digest, before)
        yield Swept(
            kind="expired",
            name=entry.digest,
            bytes=entry.bytes,
            since=entry.put_at,
            why=f"{groups[entry.digest][0].where}: {kind}; kept for {age}",
            removed=removed,
            kept=kept if removed or kept or not remove else "it was put again meanwhile",
        )


def _tombstone(model: str, digest: str, kind: str, group: list[Reference]) -> Tombstone:
    """Return what stands for a file that goes: of rows, how many they were; of another one, that it may come back."""
    if kind not in _ROWS:
        return Tombstone(model=model, digest=digest, kind=kind, successor=digest)
    rows = next((item.claim["rows"] for item in group if item.kind == kind and "rows" in item.claim), 0)
    return Tombstone(model=model, digest=digest, kind=kind, removed=rows)


def _snapshots(model: str, going: set[str], needed: dict[str, str], stores: Stores) -> list[Snapshot]:
    """Return the snapshots that go; take from `going` the parts of those that stay, and say in `needed` why.

    A snapshot goes whole or not at all: only where each of its parts may.
    """
    taken = {one.digest: one for one in snapshots_of(model, stores)}
    there = {part.digest for one in taken.values() for part in one.parts if stores.artifacts.has(part.digest)}
    leave = dict(taken)
    while True:
        stay = {
            digest: one
            for digest, one in leave.items()
            if digest in needed or any(part.digest in there and part.digest not in going for part in one.parts)
        }
        if not stay:
            return [one for one in leave.values() if any(part.digest in going for part in one.parts)]
        for digest, one in stay.items():
            del leave[digest]
            for part in one.parts:
                going.discard(part.digest)
                needed.setdefault(part.digest, needed.get(digest, "another part of its snapshot is not too old"))


def _groups(model: str, stores: Stores) -> dict[str, list[Reference]]:
    """Return what rows of a model refer to, by its digest."""
    found: dict[str, list[Reference]] = defaultdict(list)
    for reference in references(stores.registry.audit.rows(model)):
        if reference.kind != MENTION:
            found[reference.digest].append(reference)
    return found


def _old(
    keep: Keep, groups: dict[str, list[Reference]], buried: set[str], stores: Stores, now: datetime
) -> Iterator[tuple[Entry, str]]:
    """Yield stored files that are older than each kind that they are is kept, with their kind."""
    entries = {entry.digest: entry for entry in stores.artifacts.entries() if entry.digest in groups}
    for digest, entry in sorted(entries.items()):
        kinds = sorted({item.kind for item in groups[digest]} - {RETIRED})
        said = [getattr(keep, _KINDS[kind]) if kind in _KINDS else None for kind in kinds]
        ages = [parse_duration(age) for age in said if age]
        if ERASED in kinds:  # what an earlier sweep that was killed left, or an erasure, which completes its own
            found = stores.registry.erasures.find(digest)
            if found is not None and found.how == "retired" and digest in buried:
                yield entry, found.kind
        elif 0 < len(ages) == len(said) and entry.put_at < now - max(ages):
            yield entry, kinds[0]


def _needed(model: str, stores: Stores) -> dict[str, str]:
    """Return what stays whatever its age, each with the reason: what tells of versions that score, or may, and rows."""
    registry, found = stores.registry, held_rows(model, stores)
    champion = registry.champions.current(model)
    for version in registry.versions.all(model):
        digest = registry.versions.explanation(model, version.version)
        if digest and champion is not None and version.version == champion.version:
            found[digest] = f"it explains the champion, v{version.version}"
        elif digest and (version.eligible is not None or version.waits):
            what = "waits for approval" if version.waits else "is eligible"
            found.setdefault(digest, f"it explains v{version.version}, which {what}")
    return found
