"""Stored models whose arrays were changed by a hostile hand: refused before compiled code follows an index."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import (
    BaggingClassifier,
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
    IsolationForest,
    RandomForestClassifier,
    VotingClassifier,
)
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC, SVR
from sklearn.tree import DecisionTreeClassifier

from windvane.errors import CorruptArtifact
from windvane.stores.models import dump_model, load_model

RANDOM = np.random.default_rng(5)
ROWS = RANDOM.normal(size=(120, 3))
TARGET = (ROWS[:, 0] + RANDOM.normal(size=120) > 0).astype(int)
KINDS = pd.DataFrame({"x": ROWS[:, 0], "kind": pd.Categorical(RANDOM.choice(list("abcd"), 120))})


@cache
def stored(name: str) -> bytes:
    """A fitted estimator's bytes."""
    made: dict[str, Callable[[], Any]] = {
        "tree": lambda: DecisionTreeClassifier(max_depth=3).fit(ROWS, TARGET),
        "pipeline": lambda: make_pipeline(StandardScaler(), DecisionTreeClassifier(max_depth=3)).fit(ROWS, TARGET),
        "forest": lambda: RandomForestClassifier(3, max_depth=3).fit(ROWS, TARGET),
        "boosting": lambda: GradientBoostingClassifier(n_estimators=3).fit(ROWS, TARGET),
        "bagging": lambda: BaggingClassifier(DecisionTreeClassifier(), 3, max_features=2).fit(ROWS, TARGET),
        "histogram": lambda: HistGradientBoostingClassifier(max_iter=3).fit(ROWS, TARGET),
        "categories": lambda: HistGradientBoostingClassifier(
            max_iter=3, min_samples_leaf=2, categorical_features="from_dtype"
        ).fit(KINDS[["kind", "x"]], KINDS["kind"].isin(["a", "c"])),
        "neighbours": lambda: KNeighborsClassifier(algorithm="kd_tree", leaf_size=5).fit(ROWS, TARGET),
        "ball": lambda: KNeighborsClassifier(algorithm="ball_tree", leaf_size=5).fit(ROWS, TARGET),
        "vectors": lambda: SVC().fit(ROWS, TARGET),
        "several_vectors": lambda: SVC().fit(ROWS, np.arange(120) % 3),
        "precomputed": lambda: SVC(kernel="precomputed").fit(ROWS @ ROWS.T, TARGET),
        "isolation": lambda: IsolationForest(n_estimators=3, max_features=2).fit(ROWS),
        "vote": lambda: VotingClassifier([("a", DecisionTreeClassifier()), ("b", SVC())]).fit(ROWS, TARGET),
        "regression": lambda: SVR().fit(ROWS, ROWS[:, 0]),
    }
    return dump_model(made[name]())


def edited(data: bytes, field: str, change: Callable[[Any], Any]) -> bytes:
    """The same archive with every array that has a field (or all arrays of a name) changed."""
    out = io.BytesIO()
    touched = 0
    with zipfile.ZipFile(io.BytesIO(data)) as archive, zipfile.ZipFile(out, "w") as changed:
        for name in archive.namelist():
            content = archive.read(name)
            if name.endswith(".npy"):
                array = np.load(io.BytesIO(content))
                if field in (array.dtype.names or ()):
                    touched += 1
                    buffer = io.BytesIO()
                    np.save(buffer, change(array.copy()))
                    content = buffer.getvalue()
            changed.writestr(name, content)
    assert touched, f"no array has {field!r}"
    return out.getvalue()


def message(data: bytes, path: tuple[str, ...], change: Callable[[Any], Any]) -> bytes:
    """The same archive with one JSON value, or one array, of an attribute of the outermost estimator changed."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as archive, zipfile.ZipFile(out, "w") as changed:
        schema = json.loads(archive.read("schema.json"))
        node: Any = schema
        for step in path:
            node = node["__reduce__"]["args"]["content"][0] if step == "width" else node["content"]["content"][step]
        name = node.get("file")
        if name is None:
            node["content"] = json.dumps(change(json.loads(node["content"])))
        for entry in archive.namelist():
            content = archive.read(entry)
            if entry == "schema.json":
                content = json.dumps(schema).encode()
            elif entry == name:
                buffer = io.BytesIO()
                np.save(buffer, change(np.load(io.BytesIO(content))))
                content = buffer.getvalue()
            changed.writestr(entry, content)
    return out.getvalue()


def put(field: str, value: int, where: int = 0) -> Callable[[Any], Any]:
    def change(array: Any) -> Any:
        array[field][..., where] = value
        return array

    return change


NAMES = (
    *("tree", "pipeline", "forest", "boosting", "bagging", "isolation", "vote", "histogram", "categories"),
    *("neighbours", "ball", "vectors", "several_vectors", "precomputed", "regression"),
)


@pytest.mark.parametrize("name", NAMES)
def test_what_was_not_touched_is_sound(name: str) -> None:
    load_model(stored(name))


@pytest.mark.parametrize("name", ["tree", "pipeline", "forest", "boosting", "bagging"])
@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("left_child", 10**9),
        ("left_child", 0),
        ("left_child", -7),
        ("right_child", 2**62),
        ("right_child", -1),
        ("feature", 3),
        ("feature", -1),
        ("feature", 2**40),
    ],
)
def test_trees_whose_nodes_point_elsewhere_are_refused(name: str, field: str, value: int) -> None:
    with pytest.raises(CorruptArtifact, match="not sound: a tree"):
        load_model(edited(stored(name), field, put(field, value)))


def test_a_leaf_with_one_child_is_refused() -> None:
    with pytest.raises(CorruptArtifact, match="not sound"):
        load_model(edited(stored("tree"), "right_child", put("right_child", 1, where=-1)))


@pytest.mark.parametrize(
    ("name", "path", "width"),
    [
        ("tree", ("tree_", "width"), 3_000),
        ("tree", ("n_features_in_",), 2),
        ("forest", ("n_features_in_",), 2),
        ("forest", ("n_features_in_",), None),
        ("boosting", ("n_features_in_",), 1),
        ("isolation", ("n_features_in_",), 1),
        ("histogram", ("n_features_in_",), 1),
        ("histogram", ("n_features_in_",), None),
    ],
)
def test_trees_of_another_width_than_their_estimator_are_refused(name: str, path: tuple[str, ...], width: Any) -> None:
    with pytest.raises(CorruptArtifact, match=r"not sound: .* features"):
        load_model(message(stored(name), path, lambda _: width))


@pytest.mark.parametrize(
    ("name", "field", "value"),
    [
        ("histogram", "left", 2**32 - 1),
        ("histogram", "left", 0),
        ("histogram", "right", 10**6),
        ("histogram", "feature_idx", 3),
        ("histogram", "feature_idx", -1),
        ("histogram", "is_categorical", 1),
        ("categories", "bitset_idx", 10**6),
        ("categories", "feature_idx", 1),
        ("categories", "left", 1_000),
    ],
)
def test_boosted_trees_whose_nodes_point_elsewhere_are_refused(name: str, field: str, value: int) -> None:
    with pytest.raises(CorruptArtifact, match="not sound: a boosted tree"):
        load_model(edited(stored(name), field, put(field, value)))


@pytest.mark.parametrize("name", ["neighbours", "ball"])
@pytest.mark.parametrize(
    ("field", "value"), [("idx_end", 10**6), ("idx_start", -1), ("idx_start", 119), ("idx_end", -5)]
)
def test_neighbour_trees_that_point_outside_their_rows_are_refused(name: str, field: str, value: int) -> None:
    where = 1 if value == 119 else 0
    with pytest.raises(CorruptArtifact, match="neighbour tree points outside its rows"):
        load_model(edited(stored(name), field, put(field, value, where)))


@pytest.mark.parametrize("name", ["vectors", "several_vectors", "regression"])
@pytest.mark.parametrize(
    ("attribute", "change"),
    [
        ("_n_support", lambda counts: counts + 1_000),
        ("_n_support", lambda counts: -counts),
        ("support_", lambda rows: rows[:-1]),
        ("_dual_coef_", lambda values: values[:, :-1]),
        ("_intercept_", lambda values: np.tile(values, 9)),
        ("support_vectors_", lambda vectors: vectors[:, :-1]),
    ],
)
def test_vector_machines_with_other_counts_are_refused(name: str, attribute: str, change: Callable[[Any], Any]) -> None:
    with pytest.raises(CorruptArtifact, match="other counts than vectors"):
        load_model(message(stored(name), (attribute,), change))
