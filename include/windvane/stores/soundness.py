"""What a loaded estimator must satisfy before native code walks it.

scikit-learn's compiled code follows the indices of trees, neighbour trees and support vectors without a look: a file
whose indices point elsewhere could read or write any memory at the first score. Nothing here builds or calls what an
estimator holds.
"""

from __future__ import annotations

import functools
import types
from collections.abc import Iterator
from typing import Any

import numpy as np

from windvane.stores.bounds import Unsound, check_values

_BITS = 256
"""Values of a category in hist gradient boosting: 8 words of 32 bits."""


def refuse_unsound(estimator: Any) -> None:
    """Refuse an estimator whose compiled parts point outside themselves.

    Raises:
        Unsound: One does; the message says which.
    """
    from sklearn.ensemble._hist_gradient_boosting.predictor import TreePredictor
    from sklearn.neighbors import BallTree, KDTree
    from sklearn.svm._base import BaseLibSVM
    from sklearn.tree._tree import Tree

    owned: set[int] = set()
    predictors: list[Any] = []
    for part in parts(estimator):
        try:
            if isinstance(part, Tree):
                _check_tree(part)
            elif isinstance(part, KDTree | BallTree):
                _check_neighbours(part)
            elif isinstance(part, BaseLibSVM):
                _check_vectors(part)
            elif isinstance(part, TreePredictor):
                predictors.append(part)
            fields = _fields(part)
            check_values(part, fields)
            _check_width(part, fields)
            if "_predictors" in fields:
                owned.update(_check_boosting(fields))
        except Unsound as error:
            raise Unsound(f"{error} ({type(part).__name__})") from None
    if any(id(predictor) not in owned for predictor in predictors):
        raise Unsound("a boosted tree belongs to no estimator")


def parts(value: Any) -> Iterator[Any]:
    """Yield an object and everything it is made of, each once."""
    waiting, seen = [value], set[int]()
    held = []  # keeps what is made on the way alive, so that no id comes twice
    while waiting:
        part = waiting.pop()
        if id(part) in seen or isinstance(part, str | bytes | int | float | complex | None):
            continue
        seen.add(id(part))
        held.append(part)
        yield part
        if isinstance(part, dict):
            waiting += [*part.keys(), *part.values()]
        elif isinstance(part, list | tuple | set | frozenset):
            waiting += part
        elif isinstance(part, np.ndarray):
            waiting += part.ravel().tolist() if part.dtype.hasobject else []
        elif isinstance(part, functools.partial):
            waiting += [part.func, part.args, part.keywords]
        elif isinstance(part, types.MethodType):
            waiting.append(part.__self__)
        waiting += _fields(part).values()


def _fields(part: Any) -> dict[str, Any]:
    """Return an object's own attributes; asking a partial for them would give it some, and change its stored form."""
    if isinstance(part, functools.partial | type | types.FunctionType):
        return {}
    found: dict[str, Any] = getattr(part, "__dict__", {})
    return found


def _check_tree(tree: Any) -> None:
    """A child comes after its parent, so that every walk ends; a split looks at a feature that is there."""
    nodes, count = tree.__getstate__()["nodes"], tree.node_count
    left, right = nodes["left_child"], nodes["right_child"]
    inner = left != -1
    if count < 1 or len(nodes) != count or tree.n_features < 1 or tree.n_outputs < 1:
        raise Unsound("a tree has no nodes, features or outputs")
    if (right[~inner] != -1).any() or not _children(left, right, inner, count):
        raise Unsound("a tree has a child that is no later node of it")
    if not _within(nodes["feature"][inner], tree.n_features):
        raise Unsound("a tree splits on a feature that it does not have")


def _check_width(part: Any, fields: dict[str, Any]) -> None:
    """An estimator hands its trees rows as wide as it was fitted on, without another look."""
    from sklearn.ensemble._bagging import BaseBagging
    from sklearn.ensemble._forest import BaseForest
    from sklearn.ensemble._gb import BaseGradientBoosting
    from sklearn.ensemble._iforest import IsolationForest
    from sklearn.neighbors import BallTree, KDTree

    width = fields.get("n_features_in_")
    own = fields.get("tree_")
    trees = [] if own is None or isinstance(own, KDTree | BallTree) else [(own, width)]
    members = np.asarray(fields.get("estimators_", ()), dtype=object).ravel()
    if isinstance(part, BaseForest | BaseGradientBoosting):
        trees += [(_fields(member).get("tree_"), width) for member in members]
    elif isinstance(part, BaseBagging) and len(members):
        columns = [np.asarray(some) for some in fields["estimators_features_"]]
        if not isinstance(width, int) or not all(_within(some, width) for some in columns):
            raise Unsound("an ensemble hands on features that it does not have")
        if isinstance(part, IsolationForest) and any(len(some) != fields.get("_max_features") for some in columns):
            raise Unsound("an ensemble hands on another number of features than it says")
        pairs = zip(members, columns, strict=True)
        trees += [(_fields(member)["tree_"], len(some)) for member, some in pairs if "tree_" in _fields(member)]
    for tree, given in trees:
        if getattr(tree, "n_features", None) != given or given is None:
            raise Unsound("a tree was fitted on another number of features than its estimator")


def _check_boosting(fields: dict[str, Any]) -> Iterator[int]:
    """Yield the ids of the trees of hist gradient boosting, all of which fit the estimator."""
    width = fields.get("n_features_in_")
    if not isinstance(width, int) or "_bin_mapper" not in fields:
        raise Unsound("boosted trees belong to an estimator without features")
    categorical = _categorical(_fields(fields["_bin_mapper"]), width)
    for stage in fields["_predictors"]:
        for predictor in stage:
            _check_boosted(predictor, categorical)
            yield id(predictor)


def _categorical(mapper: dict[str, Any], width: int) -> Any:
    """Return which features are categories; each of their values has a bit."""
    given, thresholds = mapper.get("is_categorical_"), mapper.get("bin_thresholds_", ())
    found = np.zeros(width, dtype=bool) if given is None else np.asarray(given).astype(bool)
    if found.shape != (width,) or len(thresholds) != width:
        raise Unsound("boosted trees have bins of other features than they were fitted on")
    for index in np.flatnonzero(found):
        values = np.asarray(thresholds[index])
        if values.dtype.kind not in "iuf" or not ((values >= 0) & (values < _BITS)).all():
            raise Unsound(f"boosted trees know a category beyond {_BITS - 1}")
    return found


def _check_boosted(predictor: Any, categorical: Any) -> None:
    from sklearn.ensemble._hist_gradient_boosting.common import PREDICTOR_RECORD_DTYPE

    nodes = predictor.nodes
    if not isinstance(nodes, np.ndarray) or nodes.dtype != PREDICTOR_RECORD_DTYPE or nodes.ndim != 1:
        raise Unsound("a boosted tree has nodes of another kind")
    inner = nodes["is_leaf"] == 0
    if not len(nodes) or not _children(nodes["left"].astype(int), nodes["right"].astype(int), inner, len(nodes)):
        raise Unsound("a boosted tree has a child that is no later node of it")
    if not _within(nodes["feature_idx"][inner], len(categorical)):
        raise Unsound("a boosted tree splits on a feature that it does not have")
    split = nodes[inner & (nodes["is_categorical"] != 0)]
    sets = (predictor.raw_left_cat_bitsets, predictor.binned_left_cat_bitsets)
    if any(bits.dtype != np.uint32 or bits.ndim != 2 or bits.shape[1] != _BITS // 32 for bits in sets):
        raise Unsound("a boosted tree has sets of categories of another kind")
    if not categorical[split["feature_idx"]].all() or not all(_within(split["bitset_idx"], len(bits)) for bits in sets):
        raise Unsound("a boosted tree splits on a set of categories that it does not have")


def _check_neighbours(tree: Any) -> None:
    """The nodes of a neighbour tree cover rows that are there, and its distance is one of such rows."""
    from sklearn.metrics import DistanceMetric

    data, index, nodes, bounds = (np.asarray(part) for part in tree.get_arrays())
    rows, count = len(data), len(nodes)
    starts, ends = nodes["idx_start"], nodes["idx_end"]
    full = count + 1 == 1 << (count + 1).bit_length() - 1
    sound = len(index) == rows and _within(index, rows) and full and bounds.shape[1:] == (count, data.shape[1])
    if not rows or not sound or (starts < 0).any() or (starts > ends).any() or (ends > rows).any():
        raise Unsound("a neighbour tree points outside its rows")
    if not (nodes["is_leaf"][2 * np.arange(count) + 1 >= count] == 1).all():  # children stand at 2 i + 1 and 2 i + 2
        raise Unsound("a neighbour tree has a last level that is no leaf")
    *_, metric, weights = tree.__getstate__()
    if weights is not None and np.asarray(weights).shape != (rows,):
        raise Unsound("a neighbour tree has other weights than rows")
    try:
        if not isinstance(metric, DistanceMetric):
            raise ValueError("it has none")
        metric._validate_data(data)  # noqa: SLF001 (what a tree that is made asks of it)
    except ValueError as error:
        raise Unsound(f"a neighbour tree has a distance of other rows than its own: {error}") from None


def _check_vectors(machine: Any) -> None:
    """The counts and coefficients of a support vector machine are those of its vectors."""
    from scipy.sparse import issparse

    fields = vars(machine)
    if "support_" not in fields:
        return
    vectors, counts = fields["support_vectors_"], np.asarray(fields["_n_support"])
    count, classes = len(fields["support_"]), len(counts)
    shape = (0, 0) if fields.get("kernel") == "precomputed" else (count, fields.get("n_features_in_"))
    one = classes == 1 or type(machine).__name__ in ("SVR", "NuSVR", "OneClassSVM")
    pairs = 1 if one else classes * (classes - 1) // 2
    sound = (
        vectors.shape == shape
        and np.asarray(fields["support_"]).shape == (count,)
        and _rows_within(fields["support_"], fields.get("shape_fit_"))
        and issparse(vectors) == (fields.get("_sparse") is True)
        and (counts >= 0).all()
        and (int(counts[0]) if one else int(counts.sum())) == count
        and fields["_dual_coef_"].shape == (1 if one else classes - 1, count)
        and np.asarray(fields["_intercept_"]).shape == (pairs,)
        and all(np.asarray(fields[name]).shape in ((0,), (pairs,)) for name in ("_probA", "_probB") if name in fields)
    )
    if not sound:
        raise Unsound("a support vector machine has other counts than vectors")


def _rows_within(support: Any, shape: Any) -> bool:
    """Return whether support vectors are rows of the fit: a kernel computed before is looked up by them."""
    fitted = shape[0] if isinstance(shape, tuple | list) and shape else None
    return isinstance(fitted, int | np.integer) and _within(np.asarray(support), int(fitted))


def _children(left: Any, right: Any, inner: Any, count: int) -> bool:
    own = np.flatnonzero(inner)
    return all(bool(((side[inner] > own) & (side[inner] < count)).all()) for side in (left, right))


def _within(numbers: Any, length: int) -> bool:
    return not len(numbers) or bool(numbers.min() >= 0 and numbers.max() < length)
