"""Step of an evaluation that measures how the recipe does a window later, where a rule of the gate asks."""

from __future__ import annotations

from windvane.errors import SpecError
from windvane.results import Backtest, Evaluation, Version
from windvane.spec import Model, sha256_of
from windvane.steps.making import make_of
from windvane.stores import Stores


def backtested(model: Model, version: Version, stores: Stores) -> Backtest | None:
    """Return the backtest of a version, None where no rule asks for it; one that was made once is not made again.

    It costs one fit, on at most the rows that the version learned from.

    Args:
        model: What the version was declared as, with the gate of now.
        version: The version.
        stores: Registry and artifacts.
    """
    asked = model.gate.needs(model.task).backtests
    if not asked:
        return None
    made_of = _made_of(model, version, asked)
    if version.evaluation is not None and stores.artifacts.has(version.evaluation):
        kept = Evaluation.from_json(stores.artifacts.get(version.evaluation)).backtest
        if kept is not None and kept.made_of == made_of:
            return kept
    return _made(model, version, stores).model_copy(update={"made_of": made_of})


def _made(model: Model, version: Version, stores: Stores) -> Backtest:
    from windvane.lifecycle.backtest import backtest
    from windvane.stores.code import builder, code_digest, resolve
    from windvane.stores.datasets import read_snapshot

    taken = stores.registry.snapshots.get_all(model.name, version.snapshots)
    try:
        same = code_digest(model) == version.code_digest
    except SpecError:  # a module of then is gone
        same = False
    if not same:
        other = "The project's code is not what the version was made with, so its recipe cannot be fitted again."
        return Backtest(window=version.window, rows=taken[-1].outcomes, problem=other)
    frames = [read_snapshot(item, stores.artifacts) for item in taken]
    weigh = resolve(model.training_weights.path) if model.training_weights and model.training_weights.path else None
    own = {metric.label: resolve(metric.path) for metric in model.metrics}
    return backtest(frames, model, builder(model), make_of(model), weigh, own, window=version.window)


def _made_of(model: Model, version: Version, metrics: tuple[str, ...]) -> str:
    """Return the digest of all that a backtest depends on: the version's own inputs, and how rows are judged."""
    judging = model.model_dump(mode="json", include={"cluster", "block", "row_weight", "threshold", "costs", "metrics"})
    least = model.gate.min_rows
    return sha256_of({"fingerprint": version.fingerprint, "metrics": list(metrics), "min_rows": least, **judging})
