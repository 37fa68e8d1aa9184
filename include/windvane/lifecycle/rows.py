"""From checked rows to the sample that metrics are taken of: weights, and which rows depend on each other."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import numpy as np

from windvane.lifecycle.features import outcomes
from windvane.lifecycle.metrics import Array, Sample
from windvane.spec import Model
from windvane.windows import parse_duration

if TYPE_CHECKING:
    import pandas as pd


def sample_of(frame: pd.DataFrame, model: Model, own: Mapping[str, Callable[[Array, Array], float]]) -> Sample:
    """Return the rows' outcomes, weights and groups, with scores still to come (all 0).

    Args:
        frame: Checked rows with known outcomes.
        model: The spec.
        own: The user's own metrics, by name.
    """
    return Sample(
        task=model.task,
        target=outcomes(frame, model),
        scores=np.zeros(len(frame)),
        weights=frame[model.row_weight].to_numpy(dtype=float, na_value=np.nan) if model.row_weight else None,
        groups=tuple(groups_of(frame, model)),
        threshold=model.threshold,
        costs=model.costs,
        own=own,
        own_rows={metric.label: metric.rows for metric in model.metrics},
        seed=model.seed,
    )


def groups_of(frame: pd.DataFrame, model: Model) -> list[Array]:
    """Return the groups of rows that depend on each other: rows of one entity, and rows within one block of time.

    A row whose entity is not known stands alone. Blocks are counted in the model's time zone, so that `1d` is a
    calendar day.
    """
    import pandas as pd

    found = []
    if model.cluster:
        codes, values = pd.factorize(frame[model.cluster])
        alone = codes < 0
        codes[alone] = len(values) + np.arange(int(alone.sum()))
        found.append(np.asarray(codes))
    if model.block:
        local = frame[model.event_time].dt.tz_convert(model.timezone).dt.tz_localize(None)
        seconds = local.to_numpy().astype("datetime64[s]").astype(np.int64)
        blocks = seconds // int(parse_duration(model.block).total_seconds())
        found.append(np.asarray(np.unique(blocks, return_inverse=True)[1]))
    return found
