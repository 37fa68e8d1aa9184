"""The table of bounds, row by row: a stored model with a field that lies is refused before it is asked for anything."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_matrix
from sklearn.cluster import KMeans
from sklearn.compose import make_column_selector
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import GradientBoostingClassifier, HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.feature_extraction import DictVectorizer, FeatureHasher
from sklearn.feature_extraction.text import CountVectorizer, HashingVectorizer, TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.preprocessing import OneHotEncoder, PolynomialFeatures, SplineTransformer
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier

from windvane.errors import CorruptArtifact, UntrustedModel
from windvane.stores.bounds import BOUNDS, _is_plain
from windvane.stores.models import dump_model, load_model

RANDOM = np.random.default_rng(0)
ROWS = RANDOM.normal(size=(60, 3))
TARGET = (ROWS[:, 0] > 0).astype(int)
KINDS = pd.DataFrame({"kind": list("abc") * 20})
TEXTS = ["one two", "two three"] * 30


def holding(part: Any) -> Any:
    """An estimator that holds a part."""
    found = DummyClassifier().fit(ROWS, TARGET)
    found.part_ = part
    return found


def state_of(change: Callable[[list[Any]], None]) -> Callable[[Any], None]:
    def lie(fitted: Any) -> None:
        state = list(fitted._tree.__getstate__())
        change(state)
        fitted._tree.__setstate__(tuple(state))

    return lie


def no_leaves(state: list[Any]) -> None:
    for place, part in enumerate(state):
        names = np.asarray(part).dtype.names if not isinstance(part, int | float) and part is not None else None
        if names and "is_leaf" in names:
            state[place] = np.array(part)
            state[place]["is_leaf"] = 0


def other_distance(state: list[Any]) -> None:
    small = KNeighborsClassifier(algorithm="ball_tree", metric="mahalanobis", metric_params={"VI": np.eye(1)})
    others = small.fit(ROWS[:, :1], TARGET)._tree.__getstate__()
    place = next(place for place, part in enumerate(state) if "Distance" in type(part).__name__)
    state[place] = next(part for part in others if "Distance" in type(part).__name__)


def beyond(mt: Any) -> None:
    kind, words, _, *rest = mt.part_.get_state()
    mt.part_.set_state((kind, words, 10**6, *rest))


def put(name: str, value: Any) -> Callable[[Any], None]:
    return lambda fitted: setattr(fitted, name, value)


def in_part(name: str, value: Any) -> Callable[[Any], None]:
    return lambda fitted: fitted.part_.__dict__.update({name: value})


def kernel() -> SVC:
    return SVC(kernel="precomputed").fit(ROWS @ ROWS.T, TARGET)


def near(**more: Any) -> KNeighborsClassifier:
    return KNeighborsClassifier(**{"leaf_size": 5, **more}).fit(ROWS, TARGET)


SPLINE: Callable[[], Any] = lambda: holding(SplineTransformer().fit(ROWS).bsplines_[0])  # noqa: E731 (a row of a table)
MAHALANOBIS = {"metric": "mahalanobis", "metric_params": {"VI": np.eye(3)}}
LIES: dict[str, tuple[Callable[[], Any], Callable[[Any], None]]] = {
    "boosting: columns": (
        lambda: GradientBoostingClassifier(n_estimators=1).fit(ROWS, TARGET),
        lambda fitted: put("estimators_", np.repeat(fitted.estimators_, 50, axis=1))(fitted),
    ),
    "boosting: first guess": (
        lambda: GradientBoostingClassifier(n_estimators=1).fit(ROWS, np.arange(60) % 3),
        lambda fitted: put("class_prior_", np.ones(2))(fitted.init_),
    ),
    "boosting: trees": (
        lambda: GradientBoostingClassifier(n_estimators=1).fit(ROWS, TARGET),
        put("n_trees_per_iteration_", 10**7),
    ),
    "histogram: trees": (
        lambda: HistGradientBoostingClassifier(max_iter=2).fit(ROWS, TARGET),
        put("n_trees_per_iteration_", 10**7),
    ),
    "forest: classes": (lambda: RandomForestClassifier(2).fit(ROWS, TARGET), put("n_classes_", 10**9)),
    "tree: classes": (lambda: DecisionTreeClassifier().fit(ROWS, TARGET), put("n_classes_", 10**9)),
    "neighbours: leaves": (lambda: near(algorithm="kd_tree"), state_of(no_leaves)),
    "ball tree: leaves": (lambda: near(algorithm="ball_tree"), state_of(no_leaves)),
    "ball tree: distance": (lambda: near(algorithm="ball_tree", **MAHALANOBIS), state_of(other_distance)),
    "neighbours: labels": (lambda: near(algorithm="brute"), lambda fitted: fitted._y.__setitem__(0, 2**40)),
    "neighbours: rows": (lambda: near(algorithm="brute"), put("_y", np.zeros(3, dtype=int))),
    "vectors: rows of a kernel": (kernel, lambda fitted: fitted.support_.__setitem__(0, 2**30)),
    "vectors: negative": (kernel, lambda fitted: fitted.support_.__setitem__(0, -1)),
    "vectors: sparse": (lambda: SVC().fit(ROWS, TARGET), put("_sparse", True)),
    "spline: degree": (SPLINE, in_part("k", 10**6)),
    "spline: negative degree": (SPLINE, in_part("k", -1)),
    "spline: knots": (SPLINE, lambda fitted: fitted.part_.__dict__.update(dict.fromkeys(("t", "_t"), np.zeros(2)))),
    "splines: columns": (lambda: SplineTransformer().fit(ROWS), put("bsplines_", [])),
    "polynomials: columns": (lambda: PolynomialFeatures().fit(ROWS), put("_n_out_full", 10**8)),
    "polynomials: degree": (lambda: PolynomialFeatures().fit(ROWS), put("_max_degree", 10**6)),
    "words: files": (lambda: CountVectorizer().fit(TEXTS), put("input", "filename")),
    "words: pattern": (lambda: TfidfVectorizer().fit(TEXTS), put("token_pattern", "^(?:a+)+$")),
    "words: places": (
        lambda: CountVectorizer().fit(TEXTS),
        put("vocabulary_", {"one": 0, "two": 2**30, "three": 2}),
    ),
    "words: n-grams": (lambda: HashingVectorizer().fit(TEXTS), put("ngram_range", (1, 10**9))),
    "names: places": (lambda: DictVectorizer().fit([{"a": 1}]), put("vocabulary_", {"a": 7})),
    "one-hot: columns": (lambda: OneHotEncoder().fit(KINDS), put("_n_features_outs", [1])),
    "one-hot: rare": (
        lambda: OneHotEncoder(min_frequency=25).fit(pd.DataFrame({"kind": list("aab") * 20})),
        lambda fitted: put("_default_to_infrequent_mappings", [np.array([0, 2**30])])(fitted),
    ),
    "columns: pattern": (lambda: holding(make_column_selector(pattern="a")), in_part("pattern", "(a|aa)+$")),
    "random: position": (lambda: holding(np.random.RandomState(0)), beyond),
    "sparse: indices": (
        lambda: holding(csr_matrix(np.eye(3))),
        lambda fitted: fitted.part_.indices.__setitem__(0, 2**30),
    ),
}


@pytest.mark.parametrize("name", LIES)
def test_a_field_that_lies_is_refused(name: str) -> None:
    make, lie = LIES[name]
    fitted = make()
    load_model(dump_model(fitted))
    lie(fitted)
    with pytest.raises(CorruptArtifact, match=r"not sound|points? outside"):
        load_model(dump_model(fitted))


def test_every_row_of_the_table_is_about_a_type_that_there_is() -> None:
    parts = [make() for make, _ in LIES.values()] + [np.random.default_rng(0), csr_matrix(np.eye(2)).tocsc()]
    parts += [KMeans(), FeatureHasher()]  # `test_listed.py` has their lies
    parts += [part.part_ for part in parts if hasattr(part, "part_")]
    known = {kind.__name__ for part in parts for kind in type(part).__mro__}
    assert BOUNDS.keys() <= known


@pytest.mark.parametrize(
    ("pattern", "plain"),
    [
        (r"(?u)\b\w\w+\b", True),
        (r"\w+|[^\w\s]", True),
        (r"[a-z]+(?:-[a-z]+)*", True),
        (r"#?[a-z]{1,3}", True),
        (r"^(?:a+)+$", False),
        (r"(aa*)+", False),
        (r"(a|aa)*b", False),
        (r"\w*\w*\w*!", False),
        (r"(?=a)(a)\1+", False),
        (r"(a?){30}", False),
        (r"(-a*a*)*", False),
        ("[", False),
        (None, False),
    ],
)
def test_a_pattern_that_may_never_end_is_told_from_others(pattern: Any, plain: bool) -> None:
    assert _is_plain(pattern) is plain


def nodes(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
        value = list(value.values())
    for item in value if isinstance(value, list) else ():
        yield from nodes(item)


def patched(estimator: Any, change: Callable[[dict[str, Any]], None]) -> bytes:
    """The stored estimator with its attribute `extra` as something else."""
    estimator.extra = [0]
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(dump_model(estimator))) as archive, zipfile.ZipFile(out, "w") as changed:
        for name in archive.namelist():
            content = archive.read(name)
            if name == "schema.json":
                schema = json.loads(content)
                held = next(node["content"] for node in nodes(schema) if "extra" in (node.get("content") or ()))
                change(held)
                content = json.dumps(schema).encode()
            changed.writestr(name, content)
    return out.getvalue()


def fitted() -> Any:
    return LogisticRegression().fit(ROWS, TARGET)


def node(loader: str, name: str, content: Any) -> dict[str, Any]:
    module, _, kind = name.rpartition(".")
    return {"__class__": kind, "__module__": module, "__loader__": loader, "content": content}


FUNCTION = "sklearn.feature_selection._mutual_info.mutual_info_regression"
CALLS: dict[str, dict[str, Any]] = {
    "constructor": node("ConstructorFromReduceNode", FUNCTION, node("TupleNode", "builtins.tuple", [])),
    "a compiled type": node(
        "ConstructorFromReduceNode", "sklearn.tree._tree.Tree", node("TupleNode", "builtins.tuple", [])
    ),
    "list": node("ListNode", FUNCTION, []),
    "set": node("SetNode", FUNCTION, []),
    "object": node("ObjectNode", FUNCTION, None),
    "mapping": {**node("DictNode", FUNCTION, {}), "key_types": node("ListNode", "builtins.list", [])},
    "keys": {
        **node("DictNode", "builtins.dict", {"a": node("JsonNode", "builtins.str", "1")}),
        "key_types": node("ListNode", "builtins.list", [node("TypeNode", FUNCTION, None)]),
    },
    "loss": {**node("LossNode", FUNCTION, {}), "__reduce__": {"args": node("TupleNode", "builtins.tuple", [])}},
    "method": node("MethodNode", FUNCTION, {"func": "__call__", "obj": node("FunctionNode", FUNCTION, None)}),
    "a class as a function": node("FunctionNode", "sklearn.tree._tree.Tree", None),
}


@pytest.mark.parametrize("name", CALLS)
def test_no_node_calls_a_name_of_the_list(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    called: list[object] = []
    monkeypatch.setattr(
        FUNCTION.rpartition(".")[0] + "." + FUNCTION.rpartition(".")[2], lambda *a, **_: called.append(a)
    )
    with pytest.raises((CorruptArtifact, UntrustedModel), match=r"may not|whose keys are|not allowed"):
        load_model(patched(fitted(), lambda held: held.update(extra=CALLS[name])))
    assert called == []


@pytest.mark.parametrize("depth", [3, 40])
def test_lists_that_hold_each_other_twice_are_refused_in_no_time(depth: int) -> None:
    inner = {**node("ListNode", "builtins.list", [node("JsonNode", "builtins.str", "1")]), "__id__": 1}
    for number in range(depth):
        again = {**node("ListNode", "builtins.list", []), "__id__": inner["__id__"]}
        inner = {**node("ListNode", "builtins.list", [inner, again]), "__id__": number + 2}
    with pytest.raises(CorruptArtifact, match="twice, with different contents"):
        load_model(patched(fitted(), lambda held: held.update(extra=inner)))
