"""Steps that retire: files that are older than their model's spec keeps them, and that nothing needs, go.

Each leaves a tombstone, as an erased one does: the records keep its digest, and say when it went by retention. What a
run writes anew under a digest that went is there again, and goes again once it is old.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import datetime

from windvane.results import Run, Swept, Tombstone
from windvane.spec import Model
from windvane.spec.keeping import Keep
from windvane.steps.erasing import needed_elsewhere
from windvane.stores import Entry, Stores
from windvane.stores.references import ERASED, MENTION, RETIRED, Reference, references
from windvane.windows import parse_duration

Progress = Callable[[str], None]
_KINDS = {
    "validation document": "documents",
    "report": "reports",
    "explanation": "explanations",
}
"""Kind of a file to the field of the declaration that says how long it is kept. Erasing removes each of them where it
is there again, so that none of these comes back with rows that went."""
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
    needed = _needed(model, stores)
    old = list(_old(keep, groups, stores, run.as_of))
    needed |= needed_elsewhere(model, (entry.digest for entry, _ in old), stores)
    buried = {item.digest for item in stores.registry.erasures.all(model)}
    tombstones = [
        Tombstone(model=model, digest=entry.digest, kind=kind, successor=entry.digest)
        for entry, kind in old
        if entry.digest not in needed and entry.digest not in buried
    ]
    told = {"files": len(tombstones), "keep": keep.model_dump(mode="json")}
    recorded = not (remove and tombstones) or stores.registry.erasures.retire(model, seen, tombstones, told, run)
    for entry, kind in old:
        kept = needed.get(entry.digest, "") or ("" if recorded else _CHANGED)
        before = run.as_of - parse_duration(getattr(keep, _KINDS[kind]) or "")
        gone = remove and not kept and stores.artifacts.remove(entry.digest, before)
        yield Swept(
            kind="expired",
            name=entry.digest,
            bytes=entry.bytes,
            since=entry.put_at,
            why=f"{groups[entry.digest][0].where}: {kind}; kept for {getattr(keep, _KINDS[kind])}",
            removed=gone,
            kept=kept if gone or kept or not remove else "it was put again meanwhile",
        )


def _groups(model: str, stores: Stores) -> dict[str, list[Reference]]:
    """Return what rows of a model refer to, by its digest."""
    found: dict[str, list[Reference]] = defaultdict(list)
    for reference in references(stores.registry.audit.rows(model)):
        if reference.kind != MENTION:
            found[reference.digest].append(reference)
    return found


def _old(keep: Keep, groups: dict[str, list[Reference]], stores: Stores, now: datetime) -> Iterator[tuple[Entry, str]]:
    """Yield stored files that are older than each kind that they are is kept, with their kind."""
    entries = {entry.digest: entry for entry in stores.artifacts.entries() if entry.digest in groups}
    for digest, entry in sorted(entries.items()):
        kinds = sorted({item.kind for item in groups[digest]} - {RETIRED})
        said = [getattr(keep, _KINDS[kind]) if kind in _KINDS else None for kind in kinds]
        ages = [parse_duration(age) for age in said if age]
        if ERASED not in kinds and 0 < len(ages) == len(said) and entry.put_at < now - max(ages):
            yield entry, kinds[0]


def _needed(model: str, stores: Stores) -> dict[str, str]:
    """Return what stays whatever its age, each with the reason: explanations of versions that score, or may."""
    registry, found = stores.registry, dict[str, str]()
    champion = registry.champions.current(model)
    for version in registry.versions.all(model):
        digest = registry.versions.explanation(model, version.version)
        if digest and champion is not None and version.version == champion.version:
            found[digest] = f"it explains the champion, v{version.version}"
        elif digest and (version.eligible is not None or version.waits):
            what = "waits for approval" if version.waits else "is eligible"
            found.setdefault(digest, f"it explains v{version.version}, which {what}")
    return found
