"""Step of the monitor that keeps an Evidently report of a window."""

from __future__ import annotations

from windvane.results import Run
from windvane.spec import Model
from windvane.steps.collecting import Collected
from windvane.stores import Stores
from windvane.windows import Window


def report(model: Model, window: Window, collected: Collected, stores: Stores, run: Run) -> str:
    """Keep an Evidently report of the window beside the version's newest training window; return its digest.

    The audit log notes it, so that people find it, and no sweep takes it.
    """
    message = "The window has no rows." if collected.empty else "None of the window's rows could be read."
    page = f"<p>{message}</p>".encode()
    if collected.snapshot:
        page = _page(model, window, collected, stores)
    digest = stores.artifacts.put(page)
    stores.registry.monitoring.add_report(model.name, window.key, digest, run)
    return digest


def _page(model: Model, window: Window, collected: Collected, stores: Stores) -> bytes:
    from windvane.lifecycle.features import design
    from windvane.lifecycle.report import evidently_report
    from windvane.steps.carrying import carried, common
    from windvane.steps.training import make_of
    from windvane.stores.datasets import read_snapshot

    version = stores.registry.versions.get(model.name, collected.version) if collected.version else None
    then = stores.registry.snapshots.get(model.name, version.snapshots[-1] if version else collected.snapshot)
    now = stores.registry.snapshots.get(model.name, collected.snapshot)
    rows = [read_snapshot(item, stores.artifacts) for item in (then, now)]
    make = make_of(model)
    if version is not None:
        own = carried(model, version, stores)
        model, make = common(own.model, rows[1]), own.make
        make = make if model.features.make else None
    before, after = (design(frame, model, make) for frame in rows)
    return evidently_report(before, after, model, window, model.seed)
