"""Steps on data: take a window's snapshot, and validate it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from windvane.errors import (
    EmptyWindow,
    ErasedRows,
    ExpectationsFailed,
    FutureWindow,
    ImmatureOutcomes,
    InvalidWindow,
    VersionMismatch,
)
from windvane.results import Run, Snapshot, Validation
from windvane.spec import Model, canonical_json
from windvane.stores import Stores
from windvane.windows import Window

if TYPE_CHECKING:
    from windvane.lifecycle.evolution import Difference


def snapshot(model: Model, window: Window, stores: Stores, run: Run) -> Snapshot:
    """Read a window's rows, check their structure, and keep them as an immutable snapshot.

    Raises:
        FutureWindow: The window has not ended at `run.as_of`.
        InvalidWindow: The window lies outside the model's start and end.
        VersionMismatch: The model has versions, and was declared so that nothing bridges the two.
        ErasedRows: The source still has rows that were erased.
        DataError: The rows cannot be used; the subclass says why.
    """
    from windvane.lifecycle.frames import check_chunks
    from windvane.stores.categories import limited
    from windvane.stores.datasets import read_chunks, write_snapshot

    refuse_unusable(model, window, run)
    refuse_another_model(model, stores)
    read = read_chunks(model, window, base=stores.base, connections=stores.connections, as_of=run.as_of)
    chunks = limited(check_chunks(read, model, window), model, window)
    taken = write_snapshot(chunks, model, window, stores.artifacts)
    stores.artifacts.put(canonical_json(model.model_dump(mode="json")).encode())  # its digest is the spec's
    register(model, stores, run)
    try:
        stores.registry.snapshots.add(taken, is_mature(model, window, run), run)
    except ErasedRows:
        _take_away(model, taken, stores)
        raise
    return taken


def _take_away(model: Model, taken: Snapshot, stores: Stores) -> None:
    """Remove files that were erased before, and that a source which still has the rows brought back."""
    for part in taken.parts:
        gone = stores.registry.erasures.find(part.digest)
        if gone is not None and gone.model == model.name:
            stores.artifacts.remove(part.digest, datetime.now(UTC) + timedelta(days=1))


def validate(model: Model, window: Window, digest: str, stores: Stores, run: Run) -> Validation:
    """Hold a snapshot to the declared expectations; Great Expectations' own result document is kept as an artifact.

    A critical one about the table, or about columns that scoring needs, stops everything. One about the target stops
    training (see `refuse_unlearnable`). The others are told.

    Raises:
        ExpectationsFailed: When one does not hold that stops everything. The document is kept all the same.
    """
    found = examine(model, window, digest, stores, run)
    _refuse_failed(model, window, found, "scoring")
    return found


def examine(model: Model, window: Window, digest: str, stores: Stores, run: Run) -> Validation:
    """Hold a snapshot to the declared expectations, and return what came of it."""
    from windvane.lifecycle.expectations import run_expectations
    from windvane.steps.expecting import declared_suite, snapshot_columns

    taken = stores.registry.snapshots.get(model.name, digest)
    expectations = declared_suite(model)
    with snapshot_columns(taken, stores.artifacts) as rows:
        found, document = run_expectations(rows, expectations, model, window, digest)
    found = found.model_copy(update={"document": stores.artifacts.put(document)})
    stores.registry.snapshots.add_validation(model.name, found, run)
    return found


def refuse_unlearnable(model: Model, window: Window, digest: str, stores: Stores, run: Run) -> None:
    """Refuse to learn from a snapshot whose target is not what was expected.

    Raises:
        ExpectationsFailed: A critical expectation about the target, or about the weights, does not hold.
    """
    found = stores.registry.snapshots.validations(model.name, digest)
    if len(found) > 1:  # the expectations changed, and may have changed back: only they can tell
        found = [examine(model, window, digest, stores, run)]
    for one in found:
        _refuse_failed(model, window, one, "scoring", "training")


def _refuse_failed(model: Model, window: Window, found: Validation, *stops: str) -> None:
    failed = found.failed(*stops)
    if failed:
        message = "; ".join(item.told for item in failed[:5])
        more = f" and {len(failed) - 5} more" if len(failed) > 5 else ""
        cause = f"{model.name} {window}: {len(failed)} of {len(found.results)} expectations failed: {message}{more}"
        remedy = f"mend the source, or the expectations in {model.expect or 'the spec'};"
        raise ExpectationsFailed(cause, f"{remedy} one with severity='warning' is told and stops nothing")


def refuse_unusable(model: Model, window: Window, run: Run) -> None:
    """Refuse a window that has not ended, or that lies outside the source's span."""
    if window.end > run.as_of:
        cause = f"{model.name}: window {window} ends {window.end:%Y-%m-%d %H:%M} UTC, after {run.as_of:%Y-%m-%d %H:%M}"
        raise FutureWindow(cause, "choose a window that has ended")
    first = model.first_moment
    if first is not None and window.end <= first:
        cause = f"{model.name}: window {window} ends before the source starts ({model.start})"
        raise InvalidWindow(cause, f"choose {model.cadence.window_at(first)} or later, or correct start in the spec")


def changes(model: Model, stores: Stores) -> list[Difference]:
    """Return what a declaration says otherwise than the one that its last run registered, and what each means.

    Nothing where the model has no version yet: anything may change then.
    """
    from windvane.lifecycle.evolution import differences

    registered = next((item for item in stores.registry.models.all() if item.name == model.name), None)
    if registered is None or registered.spec_digest == model.digest:
        return []
    if not stores.registry.versions.all(model.name, limit=1):
        return []
    return differences(Model.from_stored(registered.spec), model, stores.registry.snapshots.windows(model.name))


def refuse_another_model(model: Model, stores: Stores) -> None:
    """Refuse a declaration that is another model's than the one registered under its name.

    Raises:
        VersionMismatch: What differs, and why nothing bridges it.
    """
    _refused(model, changes(model, stores))


def _refused(model: Model, found: list[Difference]) -> None:
    another = [item for item in found if item.meaning == "another model"]
    if another:
        said = "; ".join(f"{item.field} was {item.then}, and is now {item.now}: {item.says}" for item in another)
        raise VersionMismatch(f"{model.name} was declared as another model: {said}", another[0].remedy)


def register(model: Model, stores: Stores, run: Run) -> None:
    """Make a model known, or note what is declared otherwise than before.

    Raises:
        VersionMismatch: Nothing bridges the two declarations.
    """
    found = changes(model, stores)
    _refused(model, found)
    told = [f"{item.field}: {item.then} -> {item.now}: {item.says}" for item in found]
    stores.registry.models.register(model.name, model.digest, model.model_dump(mode="json"), run, told)


def is_mature(model: Model, window: Window, run: Run) -> bool:
    """True when the window's outcomes are due at `run.as_of`."""
    return run.as_of >= window.end + model.maturity


def refuse_immature(model: Model, window: Window, run: Run) -> None:
    """Refuse to learn from outcomes that are not due yet."""
    refuse_unusable(model, window, run)
    if not is_mature(model, window, run):
        due = window.end + model.maturity
        due_at, now = f"{due:%Y-%m-%d %H:%M} UTC", f"{run.as_of:%Y-%m-%d %H:%M}"
        cause = f"{model.name}: the outcomes of window {window} are due {due_at}, after {now}"
        raise ImmatureOutcomes(cause, f"run again after {due_at}, or choose an earlier window")


def history(
    model: Model, window: Window, digest: str, stores: Stores, run: Run, keys: Sequence[str] = ()
) -> list[Snapshot]:
    """Return the mature snapshots a version of `window` is trained on, oldest first, the given one last.

    They are those of the spec's history, or of the windows that the monitor's request names when this run answers
    one. Earlier windows that were never recorded as mature are taken now, and so are those that were recorded for
    another declaration, with other columns. Those without rows do not count, nor do those whose data the monitor found
    broken, until they are monitored again and found in order.

    Args:
        model: The spec.
        window: The window.
        digest: Its snapshot.
        stores: Registry and artifacts.
        run: Who asks, and as of when.
        keys: Keys of the windows, oldest first, where somebody knows them already.
    """
    found = []
    windows = [model.cadence.window(key) for key in keys] or _windows(model, window, stores, run)
    for earlier in windows[:-1]:
        recorded = stores.registry.snapshots.latest(model.name, earlier.key, mature_only=True)
        if recorded is None or not _holds(recorded, model):
            try:
                recorded = snapshot(model, earlier, stores, run)
            except EmptyWindow:
                continue
        if not is_broken(model, earlier, stores):
            found.append(recorded)
    return [*found, stores.registry.snapshots.get(model.name, digest)]


def _holds(recorded: Snapshot, model: Model) -> bool:
    """True when a snapshot has the columns that are declared now, of the kinds that are declared now."""
    if not {*model.columns} <= {*recorded.columns}:
        return False
    features = model.features
    return all(("string" in recorded.columns[name]) == (name in features.categories) for name in features.from_source)


def is_broken(model: Model, window: Window, stores: Stores) -> bool:
    """True when the monitor's latest word on a window is that its data is broken."""
    said = stores.registry.monitoring.results(model.name, window.key, limit=1)
    return bool(said) and any(item.check == "quality" and item.outcome == "finding" for item in said[0].checks)


def _windows(model: Model, window: Window, stores: Stores, run: Run) -> list[Window]:
    """Return the windows to train on: what the request that this run answers says, else what the spec says."""
    answered = run.dag_run
    for request in stores.registry.monitoring.requests(model.name) if answered else []:
        if request.run_id == answered and request.window == window.key and request.history:
            return [model.cadence.window(key) for key in request.history]
    return model.history_of(window)
