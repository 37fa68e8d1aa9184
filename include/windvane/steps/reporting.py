"""What is kept to be looked at: Evidently's report of a window, and what a replay came to."""

from __future__ import annotations

from windvane.errors import Erased, MissingReport
from windvane.results import Replay, Run
from windvane.spec import Model
from windvane.steps.collecting import Collected
from windvane.stores import Stores
from windvane.windows import Window


def report(model: Model, window: Window, collected: Collected, stores: Stores, run: Run) -> str:
    """Keep an Evidently report of the window beside the version's newest training window; return its digest.

    The audit log notes it, so that people find it, and no sweep takes it. Where the spec says that reports are drawn
    when somebody asks, nothing is drawn, and the digest is empty.
    """
    if model.monitor.report == "when_asked":
        return ""
    message = "The window has no rows." if collected.empty else "None of the window's rows could be read."
    page = f"<p>{message}</p>".encode()
    if collected.snapshot:
        page = _page(model, window, collected.snapshot, collected.version, stores)
    return _keep(model, window, page, stores, run)


def keep_replay(found: Replay, stores: Stores, run: Run) -> str:
    """Keep a replay for the model's page, and return its digest; the audit log notes who asked for it.

    Raises:
        UnknownModel: The model was never registered.
    """
    model = stores.registry.models.recorded(found.model)
    stores.registry.models.get(model)
    digest = stores.artifacts.put(found.to_json().encode())
    stores.registry.monitoring.add_replay(model, digest, run)
    return digest


def asked_report(model: Model, window: Window, stores: Stores, run: Run) -> bytes:
    """Return the report of a monitored window: the one that is kept, or one that is drawn and kept now.

    Raises:
        MissingReport: The window was not monitored, or no rows of it could be read then.
    """
    kept = stores.registry.monitoring.reports(model.name, window.key).get(window.key)
    if kept is not None:
        try:
            return stores.artifacts.get(kept)
        except Erased:
            pass  # drawn again below, of what is left
    known = stores.registry.monitoring.results(model.name, window.key, limit=1)
    if not known or not known[0].snapshot:
        raise MissingReport(model.name, window.key)
    page = _page(model, window, known[0].snapshot, known[0].version, stores)
    _keep(model, window, page, stores, run)
    return page


def _keep(model: Model, window: Window, page: bytes, stores: Stores, run: Run) -> str:
    digest = stores.artifacts.put(page)
    stores.registry.monitoring.add_report(model.name, window.key, digest, run)
    return digest


def _page(model: Model, window: Window, snapshot: str, number: int | None, stores: Stores) -> bytes:
    from windvane.lifecycle.features import design
    from windvane.lifecycle.report import evidently_report
    from windvane.steps.carrying import carried, common
    from windvane.steps.making import make_of
    from windvane.stores.datasets import read_snapshot

    version = stores.registry.versions.get(model.name, number) if number else None
    then = stores.registry.snapshots.get(model.name, version.snapshots[-1] if version else snapshot)
    now = stores.registry.snapshots.get(model.name, snapshot)
    rows = [read_snapshot(item, stores.artifacts) for item in (then, now)]
    make = make_of(model)
    if version is not None:
        own = carried(model, version, stores)
        model, make = common(own.model, rows[1]), own.make
        make = make if model.features.make else None
    before, after = (design(frame, model, make) for frame in rows)
    return evidently_report(before, after, model, window, model.seed)
