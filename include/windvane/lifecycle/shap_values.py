"""SHAP values of a version's scores; needs the extra `explain`."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from windvane.errors import MissingExtra
from windvane.lifecycle.explain import Sample, sampled
from windvane.lifecycle.metrics import Array
from windvane.results import ShapValue

_BACKGROUND, _PERMUTATIONS = 30, 4
_Z = float(stats.norm.ppf(0.975))


def mean_shap_values(sample: Sample, rows: int = 100) -> tuple[ShapValue, ...]:
    """Return the mean absolute SHAP value of each column of the source, with a 95 % interval over rows.

    Permutation SHAP over the columns as the source delivers them, so that it explains any pipeline (Lundberg and Lee
    2017; sampling of permutations, Strumbelj and Kononenko 2014). With several classes, the values of all are added up.

    Args:
        sample: Rows and their version.
        rows: How many are explained, against 30 others; both are drawn under the seed.

    Raises:
        MissingExtra: `shap` is not installed.
    """
    explained, values = shap_values(sample, rows)
    sizes = np.abs(values).reshape(len(explained), len(sample.model.features.from_source), -1).sum(axis=2)
    spread = _Z * sizes.std(axis=0, ddof=1) / np.sqrt(len(sizes)) if len(sizes) > 1 else np.zeros(sizes.shape[1])
    found = [
        ShapValue(feature=name, mean=float(mean), low=max(0.0, float(mean - half)), high=float(mean + half))
        for name, mean, half in zip(sample.model.features.from_source, sizes.mean(axis=0), spread, strict=True)
    ]
    return tuple(sorted(found, key=lambda item: (-item.mean, item.feature)))


def shap_values(sample: Sample, count: int) -> tuple[pd.DataFrame, Array]:
    """Return the explained rows, and their SHAP values, shape n x columns (x classes).

    Raises:
        MissingExtra: `shap` is not installed.
    """
    shap = _shap()
    model = sample.model
    names = list(model.features.from_source)
    rows = sampled(sample.rows, count, model.seed)
    background = sampled(sample.rows, _BACKGROUND, model.seed + 1)
    codes = {name: sorted({str(value) for value in sample.rows[name].dropna()}) for name in model.features.categories}

    def encoded(frame: pd.DataFrame) -> Array:
        columns = [_encoded(frame[name], codes.get(name)) for name in names]
        return np.column_stack(columns)

    def scores(matrix: Array) -> Array:
        changed = rows.iloc[np.zeros(len(matrix), dtype=np.int64)].reset_index(drop=True)  # what is no feature stays
        for place, name in enumerate(names):
            changed[name] = _decoded(matrix[:, place], codes.get(name))
        return sample.scores(changed)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        explainer = shap.PermutationExplainer(scores, shap.maskers.Independent(encoded(background)), seed=model.seed)
        evaluations = _PERMUTATIONS * (2 * len(names) + 1)
        return rows, np.asarray(explainer(encoded(rows), max_evals=evaluations, silent=True).values)


def _shap() -> Any:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import shap
    except ImportError as error:
        raise MissingExtra(
            "SHAP values need the package shap, which is not installed", "pip install 'windvane[explain]'"
        ) from error
    return shap


def _encoded(values: pd.Series[Any], codes: list[str] | None) -> Array:
    if codes is None:
        return values.to_numpy(dtype=float, na_value=np.nan)
    return np.array([codes.index(str(value)) if pd.notna(value) else -1.0 for value in values], dtype=float)


def _decoded(values: Array, codes: list[str] | None) -> Any:
    if codes is None:
        return values
    return np.array([codes[int(value)] if value >= 0 else None for value in values], dtype=object)
