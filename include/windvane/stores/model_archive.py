"""The archive of a stored model, looked at before anything of it is built: its entries, its schema and its arrays."""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from windvane.errors import CorruptArtifact

MAX_BYTES = 4 * 2**30
"""Longest stored model."""
MAX_ENTRIES = 50_000
"""Most arrays a stored model may hold."""
MAX_SCHEMA = 256 * 2**20
"""Longest schema, in bytes."""
MAX_NODES = 2_000_000
"""Most objects a schema may describe."""
MAX_DEPTH = 200
"""Deepest nesting of a schema; skops needs a few levels of Python's stack for each."""
SCHEMA = "schema.json"

_PLAIN_NAME = re.compile(r"\w[\w.-]*", re.ASCII)
_PARTS = {"csr": 0, "csc": 1}
"""The sparse matrices that are read, and which of their two lengths is cut by `indptr`."""


def checked_schema(data: bytes) -> dict[str, Any]:
    """Return the schema of an archive that holds exactly what it refers to, uncompressed, and no more than its size.

    Raises:
        CorruptArtifact: It holds something else, or more than a model may; the message says what.
    """
    if len(data) > MAX_BYTES:
        raise damaged(f"has {len(data):,} bytes, more than {MAX_BYTES:,}")
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        entries = archive.infolist()
        if len(entries) > MAX_ENTRIES:
            raise damaged(f"holds {len(entries):,} entries, more than {MAX_ENTRIES:,}")
        paths = [entry.filename for entry in entries if not _PLAIN_NAME.fullmatch(entry.filename)]
        if paths:
            raise damaged(f"holds an entry named {paths[0]!r:.90}; Windvane names none after a path")
        _refuse_inflated(entries, data)
        schema = _schema(archive.read(SCHEMA))
        referred = {SCHEMA, *(node["file"] for node in nodes(schema) if "file" in node)}
        if Counter(entry.filename for entry in entries) != Counter(referred):
            raise damaged("holds entries that it does not refer to, or lacks some")
        for entry in entries:
            _check_entry(entry.filename, archive.read(entry))
    return schema


def nodes(value: Any) -> Iterator[dict[str, Any]]:
    """Yield every node of a schema, parents first, in the order of the file."""
    if isinstance(value, dict):
        if isinstance(value.get("__loader__"), str):
            yield value
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from nodes(item)


def damaged(what: str) -> CorruptArtifact:
    """Return the error about a stored model."""
    return CorruptArtifact(f"a stored model {what}", "restore it from a backup, or train the version again")


def _schema(text: bytes) -> dict[str, Any]:
    if len(text) > MAX_SCHEMA:
        raise damaged(f"has a schema of {len(text):,} bytes, more than {MAX_SCHEMA:,}")
    schema = json.loads(text)
    if not isinstance(schema, dict):
        raise damaged(f"has a schema that is a {type(schema).__name__}")
    level: list[Any] = [schema]
    count = 0
    for _ in range(MAX_DEPTH):
        level = [item for value in level for item in (value.values() if isinstance(value, dict) else value)]
        level = [item for item in level if isinstance(item, dict | list)]
        count += len(level)
        if count > MAX_NODES:
            raise damaged(f"has a schema of more than {MAX_NODES:,} parts")
        if not level:
            _refuse_two_faced(schema)
            return schema
    raise damaged(f"has a schema nested deeper than {MAX_DEPTH} levels")


def _refuse_two_faced(schema: dict[str, Any]) -> None:
    """Refuse a number that stands for two objects.

    The writer shows a shared object in full wherever it stands. So what is read is as large as what is written, and no
    list of lists of the same lists grows twofold with each level. Each part is looked at once.
    """
    shown: dict[Any, int] = {}

    def seal(value: Any) -> int:
        if isinstance(value, list):
            return hash(("list", *map(seal, value)))
        if not isinstance(value, dict):
            return hash((type(value), value))
        sealed = hash(("dict", *((name, seal(item)) for name, item in value.items())))
        if "__id__" in value and "__loader__" in value:
            identity = value["__id__"]
            if type(identity) is not int:
                raise damaged(f"numbers an object {identity!r:.60}")
            if shown.setdefault(identity, sealed) != sealed:
                raise damaged(f"shows object {identity} twice, with different contents")
        return sealed

    seal(schema)


def _refuse_inflated(entries: Sequence[zipfile.ZipInfo], data: bytes) -> None:
    if any(entry.compress_type != zipfile.ZIP_STORED for entry in entries):
        raise damaged("holds compressed entries, which Windvane never writes")
    if sum(entry.file_size for entry in entries) > len(data):
        raise damaged("says it is larger than it is")


def _check_entry(name: str, content: bytes) -> None:
    if name.endswith(".npy"):
        _array(content)
    elif name.endswith(".npz"):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = archive.infolist()
            _refuse_inflated(entries, content)
            names = [entry.filename for entry in entries]
            if len(set(names)) != len(names) or not all(name.endswith(".npy") for name in names):
                raise damaged("holds a sparse matrix with entries that are no arrays, or come twice")
            _check_sparse({name.removesuffix(".npy"): _array(archive.read(name)) for name in names})


def _array(content: bytes) -> Any:
    """Return an array whose header tells of exactly the bytes that follow it, none of them Python's objects."""
    file = io.BytesIO(content)
    read = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}
    version = np.lib.format.read_magic(file)
    if version not in read:
        raise damaged(f"holds an array of format {version}")
    shape, _, dtype = read[version](file)
    if dtype.hasobject:
        raise damaged("holds an array of Python's objects, which only allow_pickle reads")
    length, follows = dtype.itemsize, len(content) - file.tell()
    for size in shape:
        length *= size
    if len(shape) > 16 or min(shape, default=0) < 0 or not dtype.itemsize or length != follows:
        raise damaged(
            f"holds an array that cannot be loaded: shape {shape!s:.60} of {dtype!s:.60} is not {follows:,} bytes"
        )
    file.seek(0)
    return np.load(file, allow_pickle=False)


def _check_sparse(parts: dict[str, Any]) -> None:
    """Refuse a sparse matrix whose indices point outside it: native code follows them unchecked."""
    form = parts["format"].item() if "format" in parts else b""
    kind = form.decode() if isinstance(form, bytes) else str(form)
    if kind not in _PARTS or set(parts) != {"format", "shape", "data", "indices", "indptr"}:
        raise damaged(f"holds a sparse matrix of the form {kind!r:.20}, neither csr nor csc")
    shape, indices, indptr = (parts[name] for name in ("shape", "indices", "indptr"))
    if shape.shape != (2,) or any(parts[name].ndim != 1 for name in ("data", "indices", "indptr")):
        raise damaged("holds a sparse matrix of impossible shape")
    if any(parts[name].dtype.kind not in "iu" for name in ("shape", "indices", "indptr")):
        raise damaged("holds a sparse matrix whose indices are no integers")
    major, minor = (int(shape[_PARTS[kind]]), int(shape[1 - _PARTS[kind]]))
    sound = len(indptr) == major + 1 and indptr[0] == 0 and indptr[-1] == len(indices) == len(parts["data"])
    if not sound or (np.diff(indptr) < 0).any() or not _within(indices, minor):
        raise damaged("holds a sparse matrix whose indices point outside it")


def _within(numbers: Any, length: int) -> bool:
    return not len(numbers) or bool(numbers.min() >= 0 and numbers.max() < length)
