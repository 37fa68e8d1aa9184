"""Stored models of every kind, changed at random where their format has something to say; loaded and asked in the box.

    python -m tests.torture.mutations 200000 [SEED]

Each is refused, gives the scores of what it was made from (or others), or is a `ModelMisbehaved`. This process lives.
"""

from __future__ import annotations

import io
import json
import sys
import warnings
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import FeatureUnion, make_pipeline

from tests.unit.stores import listed_models
from tests.unit.stores.test_models import CLASSIFIERS, REGRESSORS, rows, targets
from windvane.errors import ModelMisbehaved, WindvaneError
from windvane.stores import box
from windvane.stores.box.boxed import Raised
from windvane.stores.models import dump_model

LIMITS = box.Limits(memory=2**30, seconds=2)
_NUMBERS = (-1, 0, 1, 2, 7, 255, 2**15, 2**31 - 1, 2**31, 2**62, -(2**63), 10**9)
_FLOATS = (float("nan"), float("inf"), -1.0, 0.0, 1e308)
Random = np.random.Generator


class Original(NamedTuple):
    """A stored model, and what it scores."""

    name: str
    data: bytes
    frame: pd.DataFrame
    how: str
    scores: Any


def makers() -> list[Callable[[], Original | None]]:
    """Return what makes stored models: pipelines as people have them, and every estimator on the list."""
    frame = rows(60)
    known = targets(frame)
    found: list[Callable[[], Original | None]] = []
    for task, table in (("binary", CLASSIFIERS), ("regression", REGRESSORS)):
        for name, make in table.items():
            how = "predict_proba" if task == "binary" else "predict"
            found.append(partial(_pipeline, f"{name} ({task})", make, frame, known[task], how))
    return found + [partial(listed, name) for name in listed_models.names()]


def _pipeline(name: str, make: Callable[[], Any], frame: pd.DataFrame, target: Any, how: str) -> Original:
    fitted = make().fit(frame, target)
    return Original(name, dump_model(fitted), frame, how, getattr(fitted, how)(frame))


def listed(name: str) -> Original | None:
    """Return an estimator as a model: what only prepares columns stands before one that scores; None for no model."""
    given, fitted = listed_models.rows_for(name), listed_models.fitted(name)
    if given is listed_models.TEXTS:
        frame = pd.DataFrame({"text": given})
        fitted = make_pipeline(ColumnTransformer([("text", fitted, "text")]), LogisticRegression())
        fitted.fit(frame, listed_models.LABELS)
    elif isinstance(given, np.ndarray) and given.ndim == 2 and given.shape[1] == 4:
        frame = pd.DataFrame(given, columns=list("abcd"))
        if not hasattr(fitted, "predict"):
            if not hasattr(fitted, "transform"):
                return None
            beside = FeatureUnion([("as they are", "passthrough"), ("prepared", fitted)])  # it may choose no column
            try:
                fitted = make_pipeline(beside, LogisticRegression()).fit(given, listed_models.LABELS)
            except ValueError:
                return None  # what it makes of rows is no table
    else:
        return None  # made for labels, mappings, or one column
    how = "predict_proba" if hasattr(fitted, "predict_proba") else "predict"
    scores = np.asarray(getattr(fitted, how)(frame))
    if scores.shape != ((60, 2) if how == "predict_proba" else (60,)):
        return None  # several targets
    return Original(name, dump_model(fitted), frame, how, scores)


def mutated(data: bytes, random: Random) -> bytes:
    """Return an archive with one to three changes that its format allows."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        entries = {name: archive.read(name) for name in archive.namelist()}
    schema = json.loads(entries.pop("schema.json"))
    for _ in range(int(random.integers(1, 4))):
        _CHANGES[int(random.integers(len(_CHANGES)))](schema, entries, random)
    entries["schema.json"] = json.dumps(schema).encode()
    named = {node["file"] for node in nodes(schema) if "file" in node} | {"schema.json"}
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(named & entries.keys()):
            archive.writestr(name, entries[name])
    return out.getvalue()


def nodes(value: Any) -> Iterator[dict[str, Any]]:
    """Yield every node of a schema."""
    if isinstance(value, dict):
        if "__loader__" in value:
            yield value
        value = list(value.values())
    for item in value if isinstance(value, list) else ():
        yield from nodes(item)


def _one(found: list[Any], random: Random) -> Any:
    return found[int(random.integers(len(found)))] if found else None


def _value(schema: Any, entries: dict[str, bytes], random: Random) -> None:
    """Another number, text or list in place of a plain value."""
    node = _one([node for node in nodes(schema) if node["__loader__"] == "JsonNode"], random)
    if node is not None:
        other = _one([*_NUMBERS, *_FLOATS, "", "content", "filename", "(a+)+$", None, True, [], {}, [[1] * 3]], random)
        node["content"] = json.dumps(other)


def _array(schema: Any, entries: dict[str, bytes], random: Random) -> None:
    """Other numbers in an array, or another shape or type of it."""
    name = _one([name for name in sorted(entries) if name.endswith(".npy")], random)
    if name is None:
        return
    array = np.load(io.BytesIO(entries[name])).copy()
    how = int(random.integers(6))
    if how == 0:
        array = array[: len(array) // 2] if array.ndim else array
    elif how == 1:
        array = np.repeat(array, 2, axis=0) if array.ndim and array.size < 10_000 else array
    elif how == 2 and array.dtype.names is None:
        array = array.astype(_one(["<i8", "<f8", "<u4", "?"], random)) if array.dtype.kind in "iufb" else array
    elif how == 3 and array.ndim > 1:
        array = array.T.copy()
    elif array.size:
        target = array[_one(list(array.dtype.names), random)] if array.dtype.names else array
        flat = target.reshape(-1)
        places = random.integers(len(flat), size=1 if how == 4 else max(1, len(flat) // 3))
        if flat.dtype.kind == "f":
            flat[places] = _one(list(_FLOATS), random)
        elif flat.dtype.kind in "iub":
            flat[places] = np.array(_one(list(_NUMBERS), random)).astype(flat.dtype)
    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=False)
    entries[name] = buffer.getvalue()


def _swap(schema: Any, entries: dict[str, bytes], random: Random) -> None:
    """One part in place of another."""
    found = [node for node in nodes(schema) if "content" in node or "file" in node]
    one, other = _one(found, random), _one(found, random)
    if one is not None and one is not schema and other is not schema:
        copy = json.loads(json.dumps(other))
        one.clear()
        one.update(copy)


def _name(schema: Any, entries: dict[str, bytes], random: Random) -> None:
    """A part of another type that the file holds, made by another loader."""
    found = list(nodes(schema))
    one, other = _one(found, random), _one(found, random)
    keys = _one([("__class__", "__module__"), ("__loader__",), ("__class__", "__module__", "__loader__")], random)
    one.update({key: other[key] for key in keys if key in other})  # an earlier change may have taken it


def _drop(schema: Any, entries: dict[str, bytes], random: Random) -> None:
    """An attribute less, or a list cut short or twice as long."""
    node = _one([node for node in nodes(schema) if isinstance(node.get("content"), dict | list)], random)
    if node is None or not node["content"]:
        return
    if isinstance(node["content"], dict):
        node["content"].pop(_one(sorted(node["content"]), random))
    elif random.integers(2):
        node["content"] = node["content"][:-1]
    elif len(node["content"]) < 100:
        node["content"] = node["content"] * 2


_CHANGES: tuple[Callable[[Any, dict[str, bytes], Random], None], ...] = (_value, _array, _array, _swap, _name, _drop)


def told(data: bytes, original: Original) -> str:
    """Return what becomes of a stored model: loaded, and asked for scores, in the box."""
    try:
        there = box.boxed(data, "skops", limits=LIMITS)
    except ModelMisbehaved:
        return "ModelMisbehaved"
    except WindvaneError:
        return "refused"
    try:
        again = getattr(there, original.how)(original.frame)
    except ModelMisbehaved:
        return "ModelMisbehaved"
    except (Raised, AttributeError):
        return "raised"
    finally:
        there.close()
    return "equal" if np.array_equal(again, original.scores) else "other scores"


def count(mutations: int, seed: int) -> Counter[str]:
    """Change stored models so often, and count what becomes of them; each kind as often, in an order by the seed.

    A few mutations are of a few kinds: to fit all of them takes longer.
    """
    random = np.random.default_rng(seed)
    found: Counter[str] = Counter()
    waiting = makers()
    waiting = [waiting[place] for place in random.permutation(len(waiting))[: max(30, mutations // 10)]]
    known: list[Original] = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for _ in range(mutations):
            made = None
            while waiting and made is None:
                made = waiting.pop()()
            known = [*known, made] if made else [*known[1:], known[0]]
            original = known[-1]
            found[told(mutated(original.data, random), original)] += 1
    return found


if __name__ == "__main__":
    asked = [int(one) for one in sys.argv[1:]] or [2_000]
    print(dict(count(asked[0], asked[1] if len(asked) > 1 else 0)))
