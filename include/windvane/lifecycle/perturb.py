"""Perturb a version's inputs, as a robustness rule declares it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from windvane.spec import Model
from windvane.spec.rules import Perturbation

if TYPE_CHECKING:
    import pandas as pd

MOST_ROWS = 20_000
"""Rows (sampled under the seed) on which a perturbation is tried."""


def perturbed(frame: pd.DataFrame, change: Perturbation, model: Model) -> pd.DataFrame:
    """Return rows with noise in numbers, or with columns missing; the features are made from these, as in scoring.

    Args:
        frame: Checked rows.
        change: What is done to them.
        model: The spec; its seed draws the noise.
    """
    changed = frame.copy()
    for name in change.missing:
        changed[name] = None if name in model.features.categories else np.nan
    if change.noise is not None:
        random = np.random.default_rng(model.seed)
        known = [name for name in model.features.from_source if name in model.features.numbers]
        for name in change.columns or known:
            values = frame[name].to_numpy(dtype=float, na_value=np.nan)
            scale = float(np.nanstd(values)) if np.isfinite(values).any() else 0.0
            changed[name] = values + change.noise * scale * random.standard_normal(len(values))
    return changed


def part_of(frame: pd.DataFrame, model: Model) -> np.ndarray:
    """Return the positions of the rows that perturbations are tried on, in order."""
    if len(frame) <= MOST_ROWS:
        return np.arange(len(frame))
    return np.sort(np.random.default_rng(model.seed).choice(len(frame), MOST_ROWS, replace=False))
