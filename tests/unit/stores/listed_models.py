"""One small fitted estimator for each that is loaded from a file, and what it is asked for."""

from __future__ import annotations

import importlib
import warnings
from typing import Any

import numpy as np
from sklearn.base import is_regressor
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.utils._test_common.instance_generator import _construct_instances

from windvane.stores.listed import LISTED

INNER: tuple[str, ...] = ("_BinMapper", "_BinaryGaussianProcessClassifierLaplace", "_ConstantPredictor")
INNER += ("_SigmoidCalibration", "_TemperatureScaling")
"""What stands in others alone."""
RANDOM = np.random.default_rng(3)
ROWS = np.abs(RANDOM.normal(size=(60, 4)))
LABELS = (ROWS[:, 0] + RANDOM.normal(size=60) > ROWS[:, 1]).astype(int)
TEXTS = ["one two", "two three", "three four five"] * 20
ASKED = ("predict_proba", "predict", "transform", "score_samples", "mahalanobis", "kneighbors_graph")
SEVERAL = ("CCA", "ClassifierChain", "MultiOutput", "MultiTask", "PLS", "RegressorChain")
"""Names begin so of those that learn several targets."""
SETTINGS: dict[str, dict[str, Any]] = {
    "DummyClassifier": {"strategy": "prior"},
    "FeatureHasher": {"n_features": 16},
    "HashingVectorizer": {"n_features": 16},
    "LocalOutlierFactor": {"novelty": True},
    "SparseCoder": {"dictionary": ROWS[:3]},
}
Rows = Any


def names() -> list[str]:
    """Return the short names of all that stand alone."""
    return sorted(name.rpartition(".")[2] for name in LISTED if not name.endswith(INNER))


def kind(name: str) -> type:
    """Return the class of a short name."""
    full = next(full for full in LISTED if full.endswith(f".{name}"))
    if name == "IterativeImputer":
        importlib.import_module("sklearn.experimental.enable_iterative_imputer")
    found: type = getattr(importlib.import_module(full.rpartition(".")[0]), name)
    return found


def rows_for(name: str) -> Rows:
    """Return what an estimator is fitted on, and asked about."""
    if name in ("CountVectorizer", "HashingVectorizer", "TfidfVectorizer"):
        return TEXTS
    if name in ("DictVectorizer", "FeatureHasher"):
        return [{"a": 1.0, "b": 2.0}, {"a": 3.0}] * 30
    if name in ("LabelBinarizer", "LabelEncoder"):
        return LABELS
    special = {
        "MultiLabelBinarizer": [("a", "b"), ("a",)] * 30,
        "KernelCenterer": ROWS @ ROWS.T,
        "CategoricalNB": (ROWS * 2).astype(int) % 3,
        "IsotonicRegression": ROWS[:, 0],
        "BernoulliRBM": ROWS / ROWS.max(),
        "AdditiveChi2Sampler": ROWS / 10,
    }
    return special.get(name, ROWS)


def fitted(name: str) -> Any:
    """Return a fitted estimator of a kind, small and with few rounds."""
    found = kind(name)
    frozen = found is FrozenEstimator
    made = FrozenEstimator(LogisticRegression()) if frozen else next(iter(_construct_instances(found)))
    made.set_params(**SETTINGS.get(name, {}))
    given = rows_for(name)
    target: Any = ROWS[:, 0] if is_regressor(made) else LABELS
    if name.startswith(SEVERAL):
        target = np.column_stack([LABELS, 1 - LABELS]) if "Classif" in name else ROWS[:, :2]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if frozen:
            made.estimator.fit(given, LABELS)
        elif name in ("LabelBinarizer", "LabelEncoder", "MultiLabelBinarizer"):
            made.fit(given)
        else:
            made.fit(given, target)
    return made


def answers(estimator: Any, rows: Rows) -> Any:
    """Return what an estimator says of rows, by the first way of asking that it has."""
    for how in ASKED:
        if hasattr(estimator, how):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                found = getattr(estimator, how)(rows)
            return found.toarray() if hasattr(found, "toarray") else np.asarray(found)
    return None
