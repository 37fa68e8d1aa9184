"""Whether a model's windows are ones that its gate can judge, told before anything is trained."""

from __future__ import annotations

from typing import TYPE_CHECKING

from windvane.errors import InvalidWindow, WindvaneError
from windvane.spec import Model
from windvane.stores import Stores
from windvane.windows import Window

if TYPE_CHECKING:
    from windvane.lifecycle.reach import Reach


def reaching(model: Model, stores: Stores) -> Reach | None:
    """Return how far back the next version's holdout reaches, by the windows that were recorded; None without any.

    Args:
        model: The spec.
        stores: Registry and artifacts.
    """
    from windvane.lifecycle.reach import reach

    registry = stores.registry
    if all(item.name != model.name for item in registry.models.all()):
        return None
    window = _newest(model, stores)
    if window is None:
        return None
    taken = registry.snapshots.latest(model.name, window.key, mature_only=True)
    recorded = [registry.snapshots.latest(model.name, item.key, mature_only=True) for item in model.history_of(window)]
    if taken is None or not taken.outcomes:
        return None
    needed = model.gate.holdout_rows
    if model.gate.min_each_class is not None:
        from windvane.lifecycle.split import needed_rows
        from windvane.stores.datasets import read_snapshot

        try:
            frame = read_snapshot(taken, stores.artifacts, columns=[model.target])
        except WindvaneError:  # the rows were erased: what is known is told
            return None
        needed = needed_rows([frame[frame[model.target].notna()]], model)
    return reach([item.outcomes if item else 0 for item in recorded], needed, model)


def _newest(model: Model, stores: Stores) -> Window | None:
    """Return the newest window whose outcomes were due when it was recorded."""
    found = []
    for key in stores.registry.snapshots.windows(model.name):
        try:
            found.append(model.cadence.window(key))
        except InvalidWindow:  # of another cadence, which `changes` tells
            continue
    mature = (
        item
        for item in sorted(found, reverse=True)
        if stores.registry.snapshots.latest(model.name, item.key, mature_only=True)
    )
    return next(mature, None)
