"""Fitted estimators as bytes: skops' format made canonical, and loaded by an allow-list of types only.

skops names the entries of its archive after memory addresses and stamps them with the time. Here entries are named
after their content, objects are numbered in the order in which they first appear (and only where one is shared),
sets are sorted, padding between the fields of tree nodes is zeroed, threads and times are forgotten, and nothing is
compressed: the same fitted estimator gives the same bytes in any process, folder and machine.
"""

from __future__ import annotations

import hashlib
import io
import json
import warnings
import zipfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any

from windvane.errors import CorruptArtifact, TrainingFailed, UntrustedModel, VersionMismatch
from windvane.stores.bounds import Unsound
from windvane.stores.listed import unlisted
from windvane.stores.loaders import refuse_calls
from windvane.stores.model_archive import SCHEMA, checked_schema, damaged, nodes
from windvane.stores.skops_names import skops_io
from windvane.stores.soundness import refuse_unsound
from windvane.stores.trusted import TRUSTED

_EPOCH = (1980, 1, 1, 0, 0, 0)
_NULL = {"__class__": "str", "__module__": "builtins", "__loader__": "JsonNode", "content": "null", "is_json": True}
"""How skops writes None."""
_SHARED = ("DictNode", "DefaultDictNode", "ListNode", "MaskedArrayNode", "NdArrayNode", "ObjectNode", "SetNode")
"""Loaders of mutable objects: whether two attributes hold the same one matters. Of numbers and texts it does not,
and depends on how Python happens to share them."""


def dump_model(estimator: Any) -> bytes:
    """Return the canonical bytes of a fitted estimator.

    Raises:
        TrainingFailed: When the estimator holds something that cannot be stored.
    """
    try:
        with _quiet():
            raw = skops_io().dumps(estimator)
    except Exception as error:  # user's own objects may raise anything when asked for their state
        cause = f"a fitted {type(estimator).__name__} cannot be stored: {type(error).__name__}: {error}"
        raise TrainingFailed(cause, "use an estimator that skops can store; see its documentation") from error
    with zipfile.ZipFile(io.BytesIO(raw)) as archive:
        schema = json.loads(archive.read(SCHEMA))
        files = {name: archive.read(name) for name in archive.namelist() if name != SCHEMA}
    return _canonical(schema, files)


def load_model(data: bytes, trusted: Sequence[str] = ()) -> Any:
    """Load an estimator from what `dump_model` returned; no type is constructed before all are known to be allowed.

    Args:
        data: Bytes whose digest was verified.
        trusted: Names of further types that may be contained, `package.module.Type`.

    Raises:
        UntrustedModel: A type is neither on the list (`stores.listed`, `stores.trusted`) nor in `trusted`.
        VersionMismatch: A module that it needs is not here.
        CorruptArtifact: The bytes are not a stored model, one that is larger than it says, or one whose compiled
            parts point outside themselves.
    """
    with _quiet():
        skops = skops_io()
        from skops.io.exceptions import UntrustedTypesFoundException

    try:
        schema = checked_schema(data)
        try:
            refuse_calls(nodes(schema), trusted)
        except CorruptArtifact:
            if _found(data, trusted):  # the better word for it
                raise _untrusted(data, trusted) from None
            raise
        if unlisted(_types(schema), trusted):
            raise _untrusted(data, trusted)
        allowed = [*trusted, *sorted(TRUSTED & set(_types(schema)))]
        with _quiet():
            estimator = skops.loads(data, trusted=allowed)
        refuse_unsound(estimator)
    except UntrustedTypesFoundException:
        raise _untrusted(data, trusted) from None
    except (CorruptArtifact, UntrustedModel):
        raise
    except Unsound as error:
        raise damaged(f"is not sound: {error}") from None
    except ModuleNotFoundError as error:
        cause = f"a stored model holds types of the module {error.name!r}, which cannot be imported here"
        remedy = "run this in the project's folder, or put its include folder on PYTHONPATH"
        raise VersionMismatch(cause, remedy) from error
    except Exception as error:  # whatever a damaged file makes skops, numpy or scikit-learn raise
        cause = f"a stored model cannot be loaded: {type(error).__name__}: {error}"
        raise CorruptArtifact(cause, "load it with the versions it was trained with, or train it again") from error
    return estimator


def _found(data: bytes, trusted: Sequence[str]) -> list[str]:
    with _quiet(), suppress(Exception):  # what is wrong with the file is told by who asks
        found = set(skops_io().get_untrusted_types(data=data)) - TRUSTED - set(trusted)
        return sorted(found.union(unlisted(_types(checked_schema(data)), trusted)))
    return []


def _untrusted(data: bytes, trusted: Sequence[str]) -> UntrustedModel:
    cause = f"a stored model holds types that are not allowed: {', '.join(_found(data, trusted))}"
    remedy = "if they are your own, or you know who made the file, list them under Estimator(trusted=…); else do not."
    return UntrustedModel(cause, f"{remedy} See docs/estimators.md for what is loaded without that")


@contextmanager
def _quiet() -> Iterator[None]:
    """Silence warnings: skops asks every loaded module for its names, and deprecated ones of other packages warn."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _canonical(schema: dict[str, Any], files: Mapping[str, bytes]) -> bytes:
    for node in list(nodes(schema)):
        _forget_machine(node)
    kept = {node["file"] for node in nodes(schema) if "file" in node}
    contents = {name: _plain(name, files[name]) for name in kept}
    names = {name: f"{hashlib.sha256(data).hexdigest()}.{name.rpartition('.')[2]}" for name, data in contents.items()}
    for node in nodes(schema):
        if "file" in node:
            node["file"] = names[node["file"]]
    _sort_sets(schema)
    _number(schema)
    entries = {names[name]: data for name, data in contents.items()}
    entries[SCHEMA] = json.dumps(schema, separators=(",", ":")).encode()
    return _stored(entries)


def _forget_machine(node: dict[str, Any]) -> None:
    """Take out what an estimator notes about the machine it was fitted on: threads, and the times of a search."""
    content = node.get("content")
    if node["__class__"] == "_BinMapper" and isinstance(content, dict):
        content["content"]["n_threads"] = dict(_NULL)  # as many as the machine has that loads it
    if isinstance(content, dict) and "cv_results_" in content:
        for timed in (content, content["cv_results_"]["content"]):
            for name in timed:
                if name.endswith(("_time", "_time_")):
                    timed[name] = dict(_NULL)


def _plain(name: str, content: bytes) -> bytes:
    """Return an entry's bytes without what does not belong to its value."""
    import numpy as np

    if name.endswith(".npz"):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return _stored({inner: archive.read(inner) for inner in archive.namelist()})
    if not name.endswith(".npy"):
        return content
    array = np.load(io.BytesIO(content), allow_pickle=False)
    if array.dtype.names is None:
        return content
    clean = np.zeros(array.shape, array.dtype)
    for field in array.dtype.names:
        clean[field] = array[field]
    buffer = io.BytesIO()
    np.save(buffer, clean, allow_pickle=False)
    return buffer.getvalue()


def _stored(entries: Mapping[str, bytes]) -> bytes:
    """Return an uncompressed archive that depends on the entries alone: compressors differ between machines."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(entries):
            archive.writestr(zipfile.ZipInfo(name, _EPOCH), entries[name])
    return buffer.getvalue()


def _types(schema: dict[str, Any]) -> Iterator[str]:
    for node in nodes(schema):
        yield f"{node.get('__module__')}.{node.get('__class__')}"


def _sort_sets(schema: dict[str, Any]) -> None:
    """Sort the members of sets, which come in the order of their hashes, by their JSON without object numbers."""
    for node in nodes(schema):
        if node["__loader__"] == "SetNode":
            node["content"].sort(key=lambda member: json.dumps(_without_ids(member), sort_keys=True))


def _without_ids(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_ids(item) for key, item in value.items() if key != "__id__"}
    return [_without_ids(item) for item in value] if isinstance(value, list) else value


def _number(schema: dict[str, Any]) -> None:
    """Number shared mutable objects from 1 by first appearance, and take the number from all others."""
    seen = Counter(node.get("__id__") for node in nodes(schema))
    numbers: dict[int, int] = {}
    for node in nodes(schema):
        identity = node.pop("__id__", None)
        shared = seen[identity] > 1 and node["__loader__"] in _SHARED
        if identity is not None and shared:
            node["__id__"] = numbers.setdefault(identity, len(numbers) + 1)
