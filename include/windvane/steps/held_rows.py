"""Which snapshots and scores stay whatever their age: what scores, what may be gone back to, and the next runs need."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from windvane.errors import InvalidWindow
from windvane.results import Snapshot
from windvane.spec import Model
from windvane.stores import Stores


def held_rows(model: str, stores: Stores) -> dict[str, str]:
    """Return the digests of snapshots, of their parts and of scores that stay, each with the reason.

    That is: what the champion, the one before it, and versions that are eligible or wait for approval were trained on;
    what searches and requests that have not ended need; the newest windows, which the next training, the monitor and
    comparisons read; and the last publication. A snapshot that has a part of one that stays, stays too.

    Args:
        model: Its name.
        stores: Registry and artifacts.
    """
    taken = snapshots_of(model, stores)
    whole = dict(_of_versions(model, stores)) | dict(_of_searches(model, stores))
    windows = _windows(model, stores)
    whole |= {one.digest: windows[one.window] for one in taken if one.digest not in whole and one.window in windows}
    found = dict(whole)
    for one in taken:
        if one.digest in whole:
            found |= {part.digest: whole[one.digest] for part in one.parts if part.digest not in found}
    for item in (*stores.registry.scores.publications(model), *stores.registry.staging.shadow(model)):
        if item.window in windows:
            found.setdefault(item.artifact, windows[item.window])
    return found


def snapshots_of(model: str, stores: Stores) -> list[Snapshot]:
    """Return every snapshot of a model that the registry knows, whether or not its rows are still there."""
    rows = stores.registry.audit.rows(model)
    return [Snapshot.from_json(row.values["manifest"]) for row in rows if row.table == "snapshots"]


def _of_versions(model: str, stores: Stores) -> Iterator[tuple[str, str]]:
    """Yield what versions that score, or may, were trained on."""
    champion = stores.registry.champions.current(model)
    moves = stores.registry.champions.promotions(model)
    before = {move.from_version for move in moves if champion is not None and move.version == champion.version}
    for version in stores.registry.versions.all(model):
        why = ""
        if version.waits or version.eligible is not None:
            why = f"v{version.version}, which {'waits for approval' if version.waits else 'is eligible'}"
        if version.version in before:
            why = f"v{version.version}, which a rollback brings back"
        if champion is not None and version.version == champion.version:
            why = f"the champion, v{version.version}"
        for digest in version.snapshots if why else ():
            yield digest, f"{why}, was trained on it"


def _of_searches(model: str, stores: Stores) -> Iterator[tuple[str, str]]:
    """Yield what searches for parameters that have chosen nothing yet go on with."""
    for study in stores.registry.tuning.studies(model):
        for digest in study.snapshots if study.chosen is None else ():
            yield digest, "a search for parameters that has not ended needs it"


def _windows(model: str, stores: Stores) -> dict[str, str]:
    """Return the windows whose newest rows and scores stay, each with the reason; of all, the newest are the last."""
    from windvane.lifecycle.performance import SPANS

    registry, spec = stores.registry, Model.from_stored(stores.registry.models.get(model).spec)
    found: dict[str, str] = {}
    starts: dict[str, datetime] = {}
    for key in {*registry.snapshots.windows(model), *registry.scores.windows(model)}:
        try:
            starts[key] = spec.cadence.window(key).start
        except InvalidWindow:
            found[key] = f"window {key} is none of those that are declared now"
    known = sorted(starts, key=lambda key: starts[key])
    for key in known[-max(SPANS) :]:
        found[key] = f"the monitor looks back as far as window {key}"
    watched = {item.window for item in registry.monitoring.results(model)}
    last = max((starts[key] for key in watched if key in starts), default=None)
    for key in known:
        if last is not None and starts[key] > last:
            found[key] = f"window {key} has not been monitored yet"
    if known:
        following = spec.cadence.next(spec.cadence.window(known[-1]))
        found |= {one.key: f"the next training needs window {one.key}" for one in spec.history_of(following)}
    for request in registry.monitoring.requests(model, pending_only=True):
        found |= dict.fromkeys((*request.history, request.window), "a retrain that was asked for needs it")
    published = registry.scores.publications(model)
    if published:
        found[published[0].window] = "it is the last publication"
    return found
