"""The table of bounds: which fields of which estimators must hold what, before any is asked for scores.

Compiled code indexes with these fields unchecked, or they say how much memory, time or files a prediction takes. What
is not in the table has no such field that is known of; the list is never complete, so a model that came from elsewhere
is kept in the box as well. `tests/unit/stores/test_bounds.py` breaks each row of the table.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from re import _compiler as compiler  # type: ignore[attr-defined]  # what the patterns of the file come to
from re import _parser as parser  # type: ignore[attr-defined]  # the standard library has no public one
from typing import Any

import numpy as np

_TOKENS = r"(?u)\b\w\w+\b"
_LONGEST_NGRAM = 20
_STEEPEST = 25
"""Degrees of splines and polynomials that are computed; the time of one spline grows with the square."""
_MOST_HASHED = 2**31 - 1
_MOST_THREADS = 1024
_TWISTER = 624
"""Words of the state of the Mersenne twister."""


class Unsound(ValueError):
    """An estimator whose parts do not fit together."""


def check_values(part: Any, fields: dict[str, Any]) -> None:
    """Hold one part of an estimator against each row of the table that is about it.

    Raises:
        Unsound: A field holds what it must not; the message says which.
    """
    for kind in type(part).__mro__:
        check = BOUNDS.get(kind.__name__) if kind.__module__.startswith(("sklearn.", "scipy.", "numpy.")) else None
        if check is not None:
            try:
                check(part, fields)
            except Unsound:
                raise
            except Exception as error:  # noqa: BLE001 (whatever a field of another kind makes it raise)
                raise Unsound(f"a {kind.__name__} cannot be looked at: {type(error).__name__}: {error}") from None


def _require(holds: object, what: str) -> None:
    if not holds:
        raise Unsound(what)


def _labels(fields: dict[str, Any]) -> int:
    """Return how many classes an estimator knows; 0 for none, or for several outputs."""
    known = fields.get("classes_")
    return len(known) if isinstance(known, np.ndarray) else 0


def _classes(part: Any, fields: dict[str, Any]) -> None:  # noqa: ARG001 (as every check)
    """The number of classes is that of the labels: so much memory a row is asked for."""
    count = fields.get("n_classes_")
    if isinstance(count, int | np.integer):
        _require(count == _labels(fields), "an estimator counts other classes than it has labels")


def _boosting(part: Any, fields: dict[str, Any]) -> None:  # noqa: ARG001 (as every check)
    """One column of trees for each column of raw predictions, and one value for each leaf."""
    if "estimators_" not in fields:
        return
    trees, classes = fields["estimators_"], _labels(fields)
    width = classes if classes > 2 else 1
    square = isinstance(trees, np.ndarray) and trees.dtype == object and trees.ndim == 2 and trees.shape[1] == width
    _require(square, "gradient boosting has other columns of trees than classes")
    _require(fields.get("n_trees_per_iteration_", width) == width, "gradient boosting says another number of trees")
    loss = fields.get("_loss")
    _require(loss is None or bool(loss.is_multiclass) == (width > 1), "gradient boosting has a loss of other classes")
    for tree in trees.ravel():
        inner = getattr(tree, "__dict__", {}).get("tree_")
        _require(inner is None or inner.value.shape[1:] == (1, 1), "gradient boosting has a tree of several values")
    first = getattr(fields.get("init_"), "__dict__", {})
    prior = first.get("class_prior_")
    _require(classes == 0 or prior is None or len(prior) == classes, "gradient boosting begins with other classes")
    _require(width == 1 or "classes_" not in first or _labels(first) == width, "gradient boosting begins with others")


def _histogram(part: Any, fields: dict[str, Any]) -> None:  # noqa: ARG001 (as every check)
    if "_predictors" in fields:
        classes = _labels(fields)
        width = classes if classes > 2 else 1
        _require(fields.get("n_trees_per_iteration_") == width, "boosted trees say another number of trees")
        _require(all(len(stage) == width for stage in fields["_predictors"]), "a stage has other trees than classes")


def _spline(part: Any, fields: dict[str, Any]) -> None:  # noqa: ARG001 (as every check)
    knots = fields.get("t", fields.get("_t"))
    values = fields.get("c", fields.get("_c"))
    degree: Any = fields.get("k")
    known = isinstance(degree, int | np.integer) and 0 <= degree <= _STEEPEST
    _require(known, f"a spline has a degree that is none from 0 to {_STEEPEST}")
    knots, values = np.asarray(knots), np.asarray(values)
    _require(knots.ndim == 1 and knots.dtype.kind == "f", "a spline has knots that are no numbers")
    fits = values.ndim >= 1 and len(values) >= 1 and len(knots) >= len(values) + int(degree) + 1
    _require(fits and np.isfinite(knots).all() and (np.diff(knots) >= 0).all(), "a spline has other knots than values")


def _splines(part: Any, fields: dict[str, Any]) -> None:
    degree = fields.get("degree")
    _require(isinstance(degree, int) and 0 <= degree <= _STEEPEST, f"splines have the degree {degree!r:.30}")
    if "bsplines_" in fields:
        _require(len(fields["bsplines_"]) == part.n_features_in_, "splines are of other columns than were fitted")


def _polynomial(part: Any, fields: dict[str, Any]) -> None:
    if "_max_degree" not in fields:
        return
    width, degree = fields.get("n_features_in_"), fields["_max_degree"]
    known = isinstance(width, int) and isinstance(degree, int | np.integer) and 0 <= degree <= _STEEPEST
    _require(known, f"polynomials have the degree {degree!r:.30}")
    least: Any = fields.get("_min_degree")
    _require(
        isinstance(least, int | np.integer) and 0 <= least <= degree, "polynomials have a degree below their least"
    )
    more = {"interaction_only": bool(part.interaction_only), "include_bias": bool(part.include_bias)}
    made = part._num_combinations  # noqa: SLF001 (what fit counts with)
    full = made(n_features=width, min_degree=0, max_degree=int(degree), **more)
    some = made(n_features=width, min_degree=int(least), max_degree=int(degree), **more)
    same = fields.get("_n_out_full") == full and fields.get("n_output_features_") == some
    _require(same, "polynomials say another number of columns than they make")


def _words(part: Any, fields: dict[str, Any]) -> None:
    """A vectorizer reads texts, not files; splits them in a time that ends; and numbers each word once."""
    _require(fields.get("input", "content") == "content", "a vectorizer reads files that rows name")
    pattern = fields.get("token_pattern")
    _require(pattern is None or pattern == _TOKENS or _is_plain(pattern), f"the pattern {pattern!r:.60} may never end")
    span = fields.get("ngram_range", (1, 1))
    _require(all(isinstance(one, int) and 0 < one <= _LONGEST_NGRAM for one in span), "a vectorizer has long n-grams")
    _vocabulary(part, fields)


def _hashed_words(part: Any, fields: dict[str, Any]) -> None:
    _words(part, fields)
    _hashed(part, fields)


def _vocabulary(part: Any, fields: dict[str, Any]) -> None:  # noqa: ARG001 (as every check)
    known = fields.get("vocabulary_")
    if known is not None:
        places = sorted(known.values())
        _require(places == list(range(len(known))), "a vectorizer numbers its words otherwise than one by one")


def _is_plain(pattern: Any) -> bool:
    """Return whether a pattern is matched in a time that does not explode.

    A repeat within a repeat takes a time that doubles with each character, unless each round begins with a character
    that the inner one cannot match. Open repeats side by side take a power of the length: two may stand.
    """
    try:
        return _open_repeats(parser.parse(pattern)) <= 2
    except (re.error, TypeError, RecursionError, OverflowError):
        return False


def _open_repeats(parsed: Any) -> int:
    """Return how many repeats have no small end; 99 where a repeat may match the same text in several ways."""
    found = 0
    for kind, value in parsed:
        name = str(kind)
        if name in ("MAX_REPEAT", "MIN_REPEAT"):
            _, most, body = value
            inner = _open_repeats(body)
            if most > 1 and (inner or _chooses(body)):
                if inner >= 99 or not _begins_apart(body):
                    return 99
                inner = 0  # where each round begins is known
            found += max(most > _LONGEST_NGRAM, inner)
        elif name == "SUBPATTERN":
            found += _open_repeats(value[-1])
        elif name == "BRANCH":
            found += max(_open_repeats(branch) for branch in value[1])
        elif name not in ("AT", "LITERAL", "NOT_LITERAL", "IN", "ANY", "CATEGORY"):
            return 99  # look-arounds and references
    return found


def _chooses(body: Any) -> bool:
    """Return whether a text may be matched in more than one way: by a branch, or by a repeat."""
    for kind, value in body:
        if str(kind) in ("BRANCH", "MAX_REPEAT", "MIN_REPEAT") or (str(kind) == "SUBPATTERN" and _chooses(value[-1])):
            return True
    return False


def _begins_apart(body: Any) -> bool:
    """Return whether a repeated text begins with a character that none of the repeats in it matches."""
    items = list(body)
    if len(items) == 1 and str(items[0][0]) == "SUBPATTERN":
        return _begins_apart(items[0][1][-1])
    kind, value = items[0]
    inner = [item[1][2] for item in items[1:] if str(item[0]) in ("MAX_REPEAT", "MIN_REPEAT")]
    flat = all(str(item[0]) in ("LITERAL", "IN", "MAX_REPEAT", "MIN_REPEAT") for item in items)
    return (
        str(kind) == "LITERAL"
        and flat
        and len(inner) < 2
        and not any(compiler.compile(one).match(chr(value)) for one in inner)
    )


def _chosen(part: Any, fields: dict[str, Any]) -> None:  # noqa: ARG001 (as every check)
    pattern = fields.get("pattern")
    _require(pattern is None or _is_plain(pattern), f"the pattern {pattern!r:.60} may never end")


def _one_hot(part: Any, fields: dict[str, Any]) -> None:
    """The columns that codes point at are those that the sparse matrix is made with."""
    if "_n_features_outs" not in fields:
        return
    counts = fields["_n_features_outs"]
    made = part._compute_n_features_outs()  # noqa: SLF001 (what fit counts with)
    _require(list(counts) == list(made), "one-hot codes point beyond their columns")
    for number, mapping in enumerate(fields.get("_default_to_infrequent_mappings") or ()):
        if mapping is not None:
            own = np.asarray(mapping)
            size = int(counts[number]) + (fields.get("_drop_idx_after_grouping") is not None)
            within = own.dtype.kind in "iu" and own.shape == (len(fields["categories_"][number]),)
            _require(within and (own >= 0).all() and (own < size).all(), "rare categories point beyond their columns")


def _neighbours(part: Any, fields: dict[str, Any]) -> None:  # noqa: ARG001 (as every check)
    """Each row of the fit has a label that is one of the classes: votes are counted at its number."""
    if "_fit_X" not in fields and "_tree" not in fields:
        return
    rows: Any = fields.get("n_samples_fit_")
    _require(isinstance(rows, int | np.integer), "neighbours do not say how many rows were fitted")
    fitted = fields.get("_fit_X")
    _require(fitted is None or fitted.shape[0] == rows, "neighbours have other rows than were fitted")
    tree = fields.get("_tree")
    _require(tree is None or len(np.asarray(tree.data)) == rows, "neighbours have a tree of other rows")
    if fields.get("_y") is None:
        return
    labels = np.asarray(fields["_y"])
    _require(len(labels) == rows, "neighbours have other rows than labels")
    if "classes_" in fields and labels.ndim == 1:
        known = labels.dtype.kind in "iu" and (labels >= 0).all() and (labels < _labels(fields)).all()
        _require(known or not isinstance(fields["classes_"], np.ndarray), "neighbours vote for classes beyond theirs")


def _hashed(part: Any, fields: dict[str, Any]) -> None:  # noqa: ARG001 (as every check)
    """A word's hash is divided by the number of columns."""
    count = fields.get("n_features")
    known = isinstance(count, int | np.integer) and 1 <= count <= _MOST_HASHED
    _require(known, f"words are hashed into {count!r:.30} columns")


def _centres(part: Any, fields: dict[str, Any]) -> None:  # noqa: ARG001 (as every check)
    """Rows as wide as the fit are held against each centre, by so many threads."""
    if "cluster_centers_" not in fields:
        return
    centres, width, threads = fields["cluster_centers_"], fields.get("n_features_in_"), fields.get("_n_threads")
    array = isinstance(centres, np.ndarray) and centres.dtype in (np.float32, np.float64) and centres.ndim == 2
    _require(array and centres.shape[1] == width and len(centres) > 0, "centres are of other columns than the fit")
    known = isinstance(threads, int | np.integer) and 1 <= threads <= _MOST_THREADS
    _require(known, f"clusters are asked for by {threads!r:.30} threads")


def _sparse(part: Any, fields: dict[str, Any]) -> None:  # noqa: ARG001 (as every check)
    _require(part.format in ("csr", "csc"), f"a sparse matrix has the form {part.format!r:.20}")
    part.check_format(full_check=True)


def _random(part: Any, fields: dict[str, Any]) -> None:  # noqa: ARG001 (as every check)
    state = part.get_state(legacy=False)
    if state["bit_generator"] == "MT19937":
        _require(0 <= state["state"]["pos"] <= _TWISTER, "a random state stands beyond its end")


def _generator(part: Any, fields: dict[str, Any]) -> None:  # noqa: ARG001 (as every check)
    state = part.bit_generator.state
    at, end = state.get("buffer_pos", 0), len(state.get("buffer", ())) or 4
    _require(0 <= at <= end, "a random state stands beyond its end")
    if state["bit_generator"] == "MT19937":
        _require(0 <= state["state"]["pos"] <= _TWISTER, "a random state stands beyond its end")
    if state["bit_generator"] == "SFC64" or state["bit_generator"].startswith("PCG64"):
        _require(state.get("has_uint32") in (0, 1), "a random state has half a word that is none")


BOUNDS: dict[str, Callable[[Any, dict[str, Any]], None]] = {
    "BSpline": _spline,
    "BaseForest": _classes,
    "BaseDecisionTree": _classes,
    "BaseGradientBoosting": _boosting,
    "BaseHistGradientBoosting": _histogram,
    "CountVectorizer": _words,
    "DictVectorizer": _vocabulary,
    "FeatureHasher": _hashed,
    "Generator": _generator,
    "HashingVectorizer": _hashed_words,
    "NeighborsBase": _neighbours,
    "OneHotEncoder": _one_hot,
    "PolynomialFeatures": _polynomial,
    "RandomState": _random,
    "SplineTransformer": _splines,
    "_BaseKMeans": _centres,
    "_csc_base": _sparse,
    "_csr_base": _sparse,
    "make_column_selector": _chosen,
}
"""Names of types of scikit-learn, scipy and numpy, and what is held against their fields; heirs are looked at too."""
