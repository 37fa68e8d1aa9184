"""Every estimator on the list is stored and loaded, and refused where a field lies that compiled code follows."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.base import BaseEstimator
from sklearn.cluster import DBSCAN
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression

from tests.unit.stores.listed_models import INNER, LABELS, ROWS, answers, fitted, names, rows_for
from windvane.errors import CorruptArtifact, UntrustedModel
from windvane.stores import listed
from windvane.stores.listed import LEFT_OUT, LISTED, page
from windvane.stores.models import dump_model, load_model
from windvane.stores.trusted import TRUSTED

pytestmark = pytest.mark.filterwarnings("ignore")  # deprecated classes, and fits on few rows
ROOT = Path(__file__).resolve().parents[3]
Lie = Callable[[Any], None]


def put(name: str, value: Any) -> Lie:
    return lambda model: setattr(model, name, value)


def in_tree(field: str, value: Any) -> Lie:
    """Another value at the root of the first tree."""

    def lie(model: Any) -> None:
        holder = model if hasattr(model, "tree_") else np.asarray(model.estimators_, dtype=object).ravel()[0]
        state = holder.tree_.__getstate__()
        state["nodes"][field][0] = value
        holder.tree_.__setstate__(state)

    return lie


def in_stage(field: str, value: Any) -> Lie:
    return lambda model: model._predictors[0][0].nodes[field].__setitem__(0, value)


def in_rows(name: str, place: int, change: Callable[[Any], Any]) -> Lie:
    """Another part of the state of a tree of neighbours."""

    def lie(model: Any) -> None:
        tree = getattr(model, name)
        state = list(tree.__getstate__())
        state[place] = change(np.array(state[place]) if state[place] is not None else None)
        tree.__setstate__(tuple(state))

    return lie


def beyond(values: Any) -> Any:
    values.ravel()[0] = 2**40
    return values


def no_leaf(nodes: Any) -> Any:
    nodes["is_leaf"] = 0
    return nodes


def narrower(name: str) -> Lie:
    return lambda model: setattr(model, name, np.asarray(getattr(model, name))[:, :-1].copy())


def wider(name: str, times: int) -> Lie:
    return lambda model: setattr(model, name, np.repeat(getattr(model, name), times, axis=1))


def every(*estimators: str, **lies: Lie) -> dict[str, dict[str, Lie]]:
    return dict.fromkeys(estimators, lies)


TREE = {"children": in_tree("left_child", 2**40), "features": in_tree("feature", 2**40)}
WIDTH = {"width": put("n_features_in_", 3)}
COUNTS = {"counts": lambda model: setattr(model, "_n_support", model._n_support + 1_000)}
VECTORS: dict[str, Lie] = {
    **COUNTS,
    "support": lambda model: setattr(model, "support_", np.full_like(model.support_, 2**30)),
    "vectors": narrower("support_vectors_"),
    "coefficients": narrower("_dual_coef_"),
    "intercepts": lambda model: setattr(model, "_intercept_", np.tile(model._intercept_, 9)),
    "probabilities": put("_probA", np.ones(7)),
    "sparse": put("_sparse", True),
}
NEAR: dict[str, Lie] = {"rows": put("n_samples_fit_", 10**6), "leaves": in_rows("_tree", 2, no_leaf)}
TEXT: dict[str, Lie] = {
    "files": put("input", "filename"),
    "pattern": put("token_pattern", "(a+)+$"),
    "n-grams": put("ngram_range", (1, 10**9)),
}
LIES: dict[str, dict[str, Lie]] = {
    **every("DecisionTreeRegressor", "ExtraTreeRegressor", **TREE, **WIDTH),
    **every("DecisionTreeClassifier", "ExtraTreeClassifier", classes=put("n_classes_", 10**9), **TREE, **WIDTH),
    **every("ExtraTreesRegressor", "RandomForestRegressor", "RandomTreesEmbedding", **TREE, **WIDTH),
    **every("ExtraTreesClassifier", "RandomForestClassifier", classes=put("n_classes_", 10**9), **TREE, **WIDTH),
    **every(
        "BaggingClassifier",
        "BaggingRegressor",
        features=lambda model: model.estimators_features_[0].__setitem__(0, 2**30),
        columns=put("n_features_in_", 1),
    ),
    "IsolationForest": {
        **TREE,
        "features": lambda model: model.estimators_features_[0].__setitem__(0, 2**30),
        "columns": put("n_features_in_", 1),
        "counted": put("_max_features", 3),
    },
    **every(
        "GradientBoostingClassifier",
        "GradientBoostingRegressor",
        columns=wider("estimators_", 50),
        trees=put("n_trees_per_iteration_", 10**7),
        **TREE,
        **WIDTH,
    ),
    **every(
        "HistGradientBoostingClassifier",
        "HistGradientBoostingRegressor",
        children=in_stage("left", 2**31),
        features=in_stage("feature_idx", 2**30),
        trees=put("n_trees_per_iteration_", 10**7),
        bins=lambda model: setattr(model._bin_mapper, "bin_thresholds_", []),
        **WIDTH,
    ),
    **every("SVC", "NuSVC", "SVR", "NuSVR", "OneClassSVM", **VECTORS),
    **every("KNeighborsClassifier", "RadiusNeighborsClassifier", labels=lambda model: beyond(model._y), **NEAR),
    **every(
        *("KNeighborsRegressor", "RadiusNeighborsRegressor", "NearestNeighbors", "KNeighborsTransformer"),
        *("RadiusNeighborsTransformer", "LocalOutlierFactor"),
        **NEAR,
    ),
    "KernelDensity": {
        "leaves": in_rows("tree_", 2, no_leaf),
        "rows": in_rows("tree_", 1, beyond),
        "weights": in_rows("tree_", -1, lambda _: np.ones(3)),
    },
    **every(
        "KMeans",
        "MiniBatchKMeans",
        columns=narrower("cluster_centers_"),
        numbers=lambda model: setattr(model, "cluster_centers_", model.cluster_centers_.astype(int)),
        threads=put("_n_threads", 10**6),
        no_threads=put("_n_threads", 0),
    ),
    "SplineTransformer": {
        "columns": put("bsplines_", []),
        "degree": put("degree", 10**6),
        "degree of one": lambda model: model.bsplines_[0].__dict__.update(k=10**6),
        "knots": lambda model: model.bsplines_[0].__dict__.update(dict.fromkeys(("t", "_t"), np.zeros(2))),
    },
    "PolynomialFeatures": {
        "columns": put("_n_out_full", 10**8),
        "made": put("n_output_features_", 1),
        "degree": put("_max_degree", 10**6),
        "least": put("_min_degree", 99),
    },
    **every(
        "CountVectorizer", "TfidfVectorizer", places=put("vocabulary_", {"one": 0, "two": 2**30, "three": 2}), **TEXT
    ),
    "HashingVectorizer": {**TEXT, "columns": put("n_features", 0), "more columns": put("n_features", 2**40)},
    "FeatureHasher": {"columns": put("n_features", 0), "more columns": put("n_features", 2**40)},
    "DictVectorizer": {"places": put("vocabulary_", {"a": 7})},
    "OneHotEncoder": {
        "columns": put("_n_features_outs", [1, 1, 1, 1]),
        "rare": put("_default_to_infrequent_mappings", [np.array([0, 2**30]), None, None, None]),
    },
}
FOLLOWED = {name.rpartition(".")[2] for row in listed.ROWS if row.fields for name in row.types()}


@pytest.fixture(scope="module")
def stored() -> dict[str, bytes]:
    return {}


@pytest.mark.parametrize("name", names())
def test_each_on_the_list_is_loaded_and_says_the_same(name: str, stored: dict[str, bytes]) -> None:
    made = fitted(name)
    stored[name] = dump_model(made)
    again = load_model(stored[name])
    said, given = answers(made, rows_for(name)), rows_for(name)
    assert said is not None
    assert np.allclose(answers(again, given), said, equal_nan=True)


@pytest.mark.parametrize(("name", "what"), [(name, what) for name, lies in LIES.items() for what in lies])
def test_a_field_that_lies_is_refused_with_the_name_of_what_holds_it(name: str, what: str) -> None:
    made = fitted(name)
    LIES[name][what](made)
    with pytest.raises(CorruptArtifact, match=r"is not sound: .*\(\w+\)") as refused:
        load_model(dump_model(made))
    holders = {name, "Tree", "KDTree", "BallTree", "BSpline", "DecisionTreeClassifier", "DecisionTreeRegressor"}
    holders |= {"ExtraTreeClassifier", "ExtraTreeRegressor", "NearestNeighbors"}
    assert any(f"({holder})" in refused.value.cause for holder in holders)


def test_the_table_has_a_lie_for_each_estimator_with_fields() -> None:
    assert LIES.keys() == FOLLOWED - set(INNER)


def test_the_list_and_the_table_agree() -> None:
    """Each estimator that skops or the list of types knows has a row, or is left out by name."""
    dump_model(LogisticRegression().fit(ROWS, LABELS))
    known = set(sys.modules["skops.io._trusted_types"].SKLEARN_ESTIMATOR_TYPE_NAMES)
    assert known - LISTED == set(LEFT_OUT.types())
    ours = {name for name in TRUSTED if name.startswith("sklearn.") and is_estimator(name)}
    assert ours - LISTED == set()
    assert not LISTED & set(LEFT_OUT.types())
    assert sum(len(row.types()) for row in listed.ROWS) == len(LISTED), "no estimator stands in two rows"
    assert all(is_estimator(name) for name in LISTED), "all of them are there"


def is_estimator(name: str) -> bool:
    if name.endswith("IterativeImputer"):
        importlib.import_module("sklearn.experimental.enable_iterative_imputer")
    module, _, kind = name.rpartition(".")
    found = getattr(importlib.import_module(module), kind, None)  # distances of some widths are there alone
    return isinstance(found, type) and issubclass(found, BaseEstimator)


def test_an_estimator_without_a_row_is_refused_unless_the_spec_lists_it() -> None:
    data = dump_model(DBSCAN().fit(ROWS))
    with pytest.raises(UntrustedModel, match=r"sklearn\.cluster\._dbscan\.DBSCAN.*docs/estimators\.md"):
        load_model(data)
    assert isinstance(load_model(data, ["sklearn.cluster._dbscan.DBSCAN"]), DBSCAN)


def test_a_class_that_only_the_next_scikit_learn_has_is_not_on_the_list(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is one that skops takes for harmless and the table does not have."""
    model = LogisticRegression().fit(ROWS, LABELS)
    data = dump_model(model)
    monkeypatch.setattr(listed, "LISTED", LISTED - {"sklearn.linear_model._logistic.LogisticRegression"})
    with pytest.raises(UntrustedModel, match="LogisticRegression"):
        load_model(data)


def test_an_unlisted_estimator_within_another_is_refused_too() -> None:
    model = HistGradientBoostingClassifier(max_iter=1).fit(ROWS, LABELS)
    model.extra_ = [DBSCAN()]
    with pytest.raises(UntrustedModel, match="DBSCAN"):
        load_model(dump_model(model))


def test_the_page_says_what_the_table_says() -> None:
    assert (ROOT / "docs" / "estimators.md").read_text() == page()
