"""Steps that erase: the rows of a person go from snapshots and scores, and the audit log stays provable."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from windvane.errors import IllegalMove, RegistryLocked, WindvaneError
from windvane.results import Erasure, Redelivery, RetrainRequest, Run, Tombstone
from windvane.spec import Model, sha256_of
from windvane.steps.pointing import point
from windvane.stores import Stores
from windvane.stores.references import references

if TYPE_CHECKING:
    from windvane.steps.erasure_plan import Plan, Rewritten

Progress = Callable[[str], None]

_TRIES = 8
"""How often a plan is made anew because the history went on meanwhile."""
_YOUNG = timedelta(hours=1)
"""What is younger may be the work of a run that has not registered it yet."""
_AGAIN = "run the same erase again then"


class _Removed(NamedTuple):
    """What became of the files that were to go."""

    files: int
    kept: list[str]


def erase(
    model: str,
    keys: Sequence[str],
    stores: Stores,
    run: Run,
    *,
    remove: bool,
    retrain: bool = False,
    progress: Progress | None = None,
) -> Erasure:
    """Erase the rows with some keys from a model's snapshots, scores and explanations.

    New files without the rows take the places of the old ones. In one transaction the registry gets a tombstone for
    each old digest, the new snapshots, and the new publications. Then the old files are removed, the stable paths are
    moved, and what was published elsewhere is delivered again. The keys themselves are recorded nowhere.

    Doing it again changes nothing. Where it was cut short, doing it again completes it.

    Args:
        model: Its name.
        keys: The keys, as text; several columns' as they stand in the snapshot, parted by `|`.
        stores: Registry and artifacts.
        run: Who asks; `run.reason` says why.
        remove: False only looks.
        retrain: Ask for a retrain where the champion was trained on such rows.
        progress: Told what is being done.

    Raises:
        UnknownModel: There is none.
        IllegalMove: No key, or no reason.
        AuditLogBroken: The rows are not what was written, so that nobody knows what they refer to.
        RegistryLocked: The history went on each time that it was looked at.
    """
    say = progress or _silent
    recorded = stores.registry.models.recorded(model)
    spec = Model.from_stored(stores.registry.models.get(recorded).spec).model_copy(update={"name": recorded})
    wanted = sorted({key for key in keys if key})
    if not wanted:
        raise IllegalMove(f"{model}: no key says whose rows are to go", "name keys with --key, or a file with --keys")
    if remove and not run.reason.strip():
        raise IllegalMove(f"{model}: rows are to be erased, and no reason says why", "say why: --reason TEXT")
    say("verifying the rows of the registry")
    stores.registry.audit.verify(recorded)
    plan = _recorded(spec, wanted, stores, run, remove, say)
    if not remove:
        return _told(plan, wanted, done=False)
    request = _ask_again(spec, plan, stores, run) if retrain else ""
    say("removing the old files")
    gone = _removed(spec, plan, stores)
    for window in sorted({item.window for item in stores.registry.scores.publications(recorded)}):
        point(recorded, window, stores)
    found = _told(plan, wanted, done=True)
    delivered = _delivered(spec, plan, stores, say)
    return found.model_copy(
        update={"request": request, "removed": gone.files, "kept": tuple(gone.kept), "deliveries": tuple(delivered)}
    )


def _recorded(spec: Model, keys: Sequence[str], stores: Stores, run: Run, remove: bool, say: Progress) -> Plan:
    """Plan, write what takes the place of the old files, and record it; again where the history went on meanwhile."""
    from windvane.steps.erasure_plan import planned

    known: dict[str, Rewritten | None] = {}
    for _ in range(_TRIES):
        seen = stores.registry.audit.events(spec.name, limit=1)[0].seq
        plan = planned(spec, keys, stores, known, write=remove, say=say)
        if not remove or not plan.tombstones:
            return plan
        said = {
            "keys": len(keys),
            "rows": plan.rows,
            "windows": list(plan.windows),
            "files": len(plan.tombstones),
            "versions": list(plan.versions),
        }
        if stores.registry.erasures.add(spec.name, seen, plan.tombstones, plan.snapshots, plan.scores, said, run):
            return plan
    cause = f"{spec.name}: its history went on each of the {_TRIES} times that it was looked at"
    raise RegistryLocked(cause, "wait until its runs have ended, then run the same again; nothing was erased")


def needed_elsewhere(model: str, digests: Iterable[str], stores: Stores) -> dict[str, str]:
    """Return which of some artifacts other models refer to, each with the first such model."""
    rest, found = set(digests), dict[str, str]()
    for other in stores.registry.models.all():
        if other.name == model or not rest:
            continue
        gone = {item.digest for item in stores.registry.erasures.all(other.name)}
        for reference in references(stores.registry.audit.rows(other.name)):
            if reference.digest in rest and reference.digest not in gone:
                found.setdefault(reference.digest, other.name)
    return found


def _removed(spec: Model, plan: Plan, stores: Stores) -> _Removed:
    """Remove every file of the model that was ever erased and is still there, and those that no row refers to."""
    tombstones = stores.registry.erasures.all(spec.name)
    gone = {item.digest for item in tombstones if item.kind != "snapshot"}
    still = gone & set(stores.artifacts.digests())
    shared = needed_elsewhere(spec.name, still, stores)
    later, young = datetime.now(UTC) + timedelta(days=1), datetime.now(UTC) - _YOUNG
    kept = [f"{digest}: {other} refers to it too; erase there as well" for digest, other in sorted(shared.items())]
    count = sum(stores.artifacts.remove(digest, later) for digest in sorted(still - shared.keys()))
    for digest in plan.unreferenced:
        if stores.artifacts.remove(digest, young):
            count += 1
        else:
            kept.append(f"{digest}: no row refers to it, and a run may be at work on it; {_AGAIN} in an hour")
    for leftover in stores.artifacts.leftovers():
        if leftover.begun_at < young:
            stores.artifacts.discard(leftover)
            count += 1
        else:
            kept.append(f"{leftover.name}: an unfinished write, whose writer may be at work; {_AGAIN} in an hour")
    return _Removed(count, kept)


def _ask_again(spec: Model, plan: Plan, stores: Stores, run: Run) -> str:
    """Ask for a retrain of the champion's window, where it was trained on such rows; return the request's id."""
    champion = stores.registry.champions.current(spec.name)
    if champion is None or champion.version not in plan.versions:
        return ""
    window = spec.cadence.window(champion.window)
    digest = sha256_of({"model": spec.name, "erased": window.key, "snapshots": sorted(plan.present)})
    request = RetrainRequest(
        request=digest,
        model=spec.name,
        window=window.key,
        window_start=window.start,
        reason=f"rows that v{champion.version} was trained on were erased: {run.reason}",
        created_at=run.as_of,
        run_id=f"retrain__{window.key}__{digest.removeprefix('sha256:')[:8]}",
    )
    stores.registry.monitoring.ask(spec.name, request, run)
    return request.request


def _delivered(spec: Model, plan: Plan, stores: Stores, say: Progress) -> list[Redelivery]:
    """Deliver what is current of each window that lost rows, and name what is left to do by hand."""
    from windvane.steps.delivering import deliver

    found = []
    for key in plan.published if spec.publish else ():
        say(f"delivering {key} again")
        done, left = True, ""
        try:
            deliver(spec, spec.cadence.window(key), stores)
        except WindvaneError as error:
            done, left = False, f"{error.cause}: {error.remedy}"
        for place in spec.publish:
            mode = getattr(place, "mode", "")
            rest = "rows of earlier publications stay in it: delete them there" if mode == "append" else ""
            found.append(Redelivery(window=key, place=place.shown, done=done, left=left or rest))
    return found


def _told(plan: Plan, keys: Sequence[str], *, done: bool) -> Erasure:
    tombstones = tuple(Tombstone.model_validate(item.model_dump()) for item in plan.tombstones)
    return Erasure(
        model=plan.model,
        done=done,
        keys=len(keys),
        rows=plan.rows,
        windows=plan.windows,
        tombstones=tombstones,
        versions=plan.versions,
    )


def _silent(message: str) -> None:
    """Say nothing."""
