"""Step of the monitor that measures what a retrain would win, where a window's signs ask for that."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from windvane.errors import DataError, ModelError, SourceFailed
from windvane.results import CheckResult, Run, Version
from windvane.results.watching import answer_to
from windvane.spec import Model
from windvane.steps.data import history
from windvane.steps.evidence import past
from windvane.steps.making import make_of
from windvane.stores import Stores
from windvane.windows import Window

if TYPE_CHECKING:
    import pandas as pd

    from windvane.lifecycle.asking import Asked
    from windvane.lifecycle.checks.case import Evidence


def probed(
    model: Model,
    window: Window,
    known: Evidence,
    checks: tuple[CheckResult, ...],
    snapshot: str,
    stores: Stores,
    run: Run,
) -> tuple[CheckResult, ...]:
    """Return the checks, performance with what a probe measured, or why none was trained, where a sign asks for one.

    It learns from the windows that a retrain would; those that were never read are read now. It is never registered.

    Raises:
        SourceFailed: The source cannot be read.
    """
    from windvane.lifecycle.asking import asked as asks
    from windvane.lifecycle.foreseen import answered_by
    from windvane.lifecycle.probe import waiting

    found = answer_to("performance", checks)
    if found is None or known.scored is None or known.version is None:
        return checks
    decided = replace(past(model, window, stores), version=known.version)
    rows, grown = _grown(model, window, known, stores)
    wanted = asks(checks, model, window=window, past=decided, mature=known.mature, rows=rows, grown=grown)
    if wanted is None:
        return checks
    if wanted.waits:
        again = waiting(found, wanted)
    elif wanted.curve:
        again = answered_by(found, wanted.curve, wanted, model)
    else:
        again = _trained(model, window, known, found, wanted, snapshot, stores, run)
    return tuple(again if item is found else item for item in checks)


def _trained(
    model: Model,
    window: Window,
    known: Evidence,
    found: CheckResult,
    wanted: Asked,
    snapshot: str,
    stores: Stores,
    run: Run,
) -> CheckResult:
    from windvane.lifecycle.foreseen import measured
    from windvane.lifecycle.growth import halved
    from windvane.lifecycle.probe import answered, probe, untrained
    from windvane.lifecycle.scored_rows import ScoredRows
    from windvane.steps.tuning import as_version
    from windvane.stores.code import builder, resolve
    from windvane.stores.datasets import read_snapshot

    assert known.scored is not None
    assert known.version is not None
    version = stores.registry.versions.get(model.name, known.version)
    model = as_version(model, version, stores)
    has = known.scored.rows[model.target].notna().to_numpy()
    own = ScoredRows(known.scored.rows[has].reset_index(drop=True), known.scored.scores[has].reset_index(drop=True))
    needed = set(model.features.from_source)  # a window of before a column was declared cannot judge
    before = known.earlier if wanted.rows else known.earlier[: wanted.windows - 1]
    newest = [own, *(item for item in before if needed <= {*item.rows.columns})]
    weigh = resolve(model.training_weights.path) if model.training_weights and model.training_weights.path else None
    named = f"v{known.version}"
    try:
        if wanted.rows:
            halves = halved(
                _learned(model, version, stores), newest, model, builder(model), make_of(model), weigh, named
            )
            return measured(found, wanted, halves, model, window.key)
        snapshots = history(model, window, snapshot, stores, run, wanted.history)
        frames = [read_snapshot(item, stores.artifacts) for item in snapshots]
        done = probe(frames, newest, model, builder(model), make_of(model), weigh, named, grown=wanted.grown > 0)
    except SourceFailed:
        raise
    except (DataError, ModelError) as error:
        return untrained(found, wanted, f"{error.name}: {error.cause}.")
    return answered(found, wanted, done, model)


def _learned(model: Model, version: Version, stores: Stores) -> pd.DataFrame:
    """Return the rows with outcomes that a version learned from."""
    import pandas as pd

    from windvane.stores.datasets import read_snapshot

    kept = stores.registry.snapshots.get_all(model.name, version.snapshots)
    rows = pd.concat([read_snapshot(item, stores.artifacts) for item in kept], ignore_index=True)
    known = rows[model.target].notna() & (rows[model.event_time] < version.trained_until)
    return rows[known].reset_index(drop=True)


def _grown(model: Model, window: Window, known: Evidence, stores: Stores) -> tuple[int, float]:
    """Return the rows with outcomes of the champion's windows, and times as many that a retrain would learn from."""
    from windvane.lifecycle.history import grown

    assert known.scored is not None
    assert known.version is not None
    version = stores.registry.versions.get(model.name, known.version)
    learned = {item.window: item.outcomes for item in stores.registry.snapshots.get_all(model.name, version.snapshots)}
    outcomes = int(known.scored.rows[model.target].notna().sum())
    return sum(learned.values()), grown(known.past, model, window, learned, outcomes)
