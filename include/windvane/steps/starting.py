"""Step of the monitor while a model has no champion: what there is to train on, and what was tried."""

from __future__ import annotations

from typing import TYPE_CHECKING

from windvane.results import Comparison, Evaluation, Version
from windvane.spec import Model
from windvane.stores import Stores
from windvane.windows import Window

if TYPE_CHECKING:
    from windvane.lifecycle.decide import Conclusion
    from windvane.lifecycle.first_champion import Tried


def first_champion(model: Model, window: Window, mature: bool, stores: Stores) -> Conclusion | None:
    """Return what a window comes to while a model never had a champion; None where it has one, or trains on schedule.

    It counts the rows that are recorded. A window that nobody read is none yet: the training itself reads it.
    """
    from windvane.lifecycle.first_champion import first_champion as conclude

    registry = stores.registry
    if model.schedule.train is not None or registry.champions.current(model.name) is not None:
        return None
    return conclude(
        _rows(model, window, stores), model, window=window, last=_tried(model, window, stores), mature=mature
    )


def _rows(model: Model, window: Window, stores: Stores) -> list[int]:
    """Return the rows with outcomes of each window that a version of this one would be trained on."""
    found = []
    for item in model.history_of(window):
        taken = stores.registry.snapshots.latest(model.name, item.key, mature_only=False)
        found.append(taken.outcomes if taken else 0)
    return found


def _tried(model: Model, window: Window, stores: Stores) -> Tried | None:
    """Return the last training: a version, or a request that no version came of."""
    from windvane.lifecycle.first_champion import Tried

    registry, cadence = stores.registry, model.cadence
    versions = sorted(registry.versions.all(model.name), key=lambda item: (item.window_end, item.version))
    asked = [item.window_start for item in registry.monitoring.requests(model.name) if item.window != window.key]
    newest = versions[-1] if versions else None
    if newest is None and not asked:
        return None
    start = max([*asked, *([newest.window_start] if newest else [])])
    then = cadence.window_at(start)
    rows = sum(_rows(model, then, stores))
    if newest is None or newest.window_start < start:
        return Tried(then, rows)
    return Tried(then, rows, newest.version, newest.waits, _beside_baseline(model, newest, stores))


def _beside_baseline(model: Model, version: Version, stores: Stores) -> Comparison | None:
    if not version.evaluation:
        return None
    found = Evaluation.from_json(stores.artifacts.get(version.evaluation)).comparisons
    return next((item for item in found if item.other == "baseline" and item.metric == model.metric), None)
