"""Measure what scoring a batch costs, where a gate rule asks for it.

Times differ between two runs, and digests must not. So what is measured here is no part of an evaluation: it is kept
with the gate's result, and a version that was measured once is not measured again.
"""

from __future__ import annotations

import gc
import platform
import time
import tracemalloc
from typing import TYPE_CHECKING

from windvane.results import ScoringCost, Version
from windvane.spec import Model
from windvane.steps.carrying import contender
from windvane.stores import Stores

if TYPE_CHECKING:
    import pandas as pd

    from windvane.lifecycle.evaluate import Contender

_REPEATS = 30
_LOW, _HIGH = 9, 20
"""Positions among 30 sorted repeats between which the median lies with 95.7 % (binomial; David and Nagaraja 2003,
section 7.1)."""


def batches(model: Model) -> list[int]:
    """Return the batch sizes that the gate's rules ask about."""
    return list(model.gate.needs(model.task).batches)


def scoring_costs(model: Model, version: Version, stores: Stores) -> tuple[ScoringCost, ...]:
    """Return what scoring batches of the version's newest snapshot costs; what was measured once is not again."""
    known = {cost.rows: cost for cost in (version.gate.costs if version.gate else ())}
    wanted = batches(model)
    if not set(wanted) - set(known):
        return tuple(known[rows] for rows in wanted)
    from windvane.stores.datasets import read_snapshot

    own = contender(model, version, stores)
    frame = read_snapshot(stores.registry.snapshots.get(model.name, version.snapshots[-1]), stores.artifacts)
    return tuple(known.get(rows) or _measured(own.model or model, own, frame, rows) for rows in wanted)


def _measured(model: Model, own: Contender, frame: pd.DataFrame, rows: int) -> ScoringCost:
    """Score a batch (rows again from the start where the snapshot has fewer) 30 times, then once under tracemalloc."""
    import numpy as np

    from windvane.lifecycle.train import score_rows

    batch = frame.iloc[np.resize(np.arange(len(frame)), rows)].reset_index(drop=True)

    def score() -> None:
        score_rows(own.estimator, own.features(batch, model, None), model)

    score()
    times = []
    for _ in range(_REPEATS):
        begin = time.perf_counter()
        score()
        times.append(1000 * (time.perf_counter() - begin))
    times.sort()
    gc.collect()
    tracemalloc.start()
    try:
        score()
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    return ScoringCost(
        rows=rows,
        repeats=_REPEATS,
        milliseconds=(times[_REPEATS // 2 - 1] + times[_REPEATS // 2]) / 2,
        low=times[_LOW],
        high=times[_HIGH],
        megabytes=peak / 1e6,
        machine=f"{platform.machine()}, Python {platform.python_version()}",
    )
