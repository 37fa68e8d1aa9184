"""Archives of stored models from a hostile hand: arrays, sparse matrices and schemas that are not what they say."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.unit.stores.test_models_hostile import archive_of, array_node, json_of, numpy_bytes
from windvane.errors import CorruptArtifact
from windvane.stores import model_archive
from windvane.stores.models import load_model


def header_of(text: str, follows: bytes = bytes(64), version: bytes = b"\x01\x00") -> bytes:
    """An array file with a header of the file's choice."""
    padded = text + " " * (-(len(text) + 11) % 64) + "\n"
    return b"\x93NUMPY" + version + len(padded).to_bytes(2, "little") + padded.encode() + follows


def plain(shape: str, descr: str = "'<f8'") -> str:
    return f"{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, }}"


ARRAYS: dict[str, bytes] = {
    "nothing": b"",
    "another file": b"not an array at all",
    "unknown version": header_of(plain("(8,)"), version=b"\x09\x00"),
    "more rows than bytes": header_of(plain("(9,)")),
    "fewer rows than bytes": header_of(plain("(7,)")),
    "negative": header_of(plain("(-8,)")),
    "both negative": header_of(plain("(-2, -4)")),
    "huge": header_of(plain(f"({2**40},)")),
    "beyond 64 bits": header_of(plain(f"({2**40}, {2**40})")),
    "of no bytes": header_of(plain(f"({2**62},)", "'|V0'"), b""),
    "too many dimensions": header_of(plain("(" + "1, " * 64 + ")")),
    "objects": header_of(plain("(8,)", "'|O'")),
    "objects in a field": header_of(plain("(4,)", "[('a', '<f8'), ('b', '|O')]")),
    "code": header_of("{'descr': __import__('os').mkdir('ran'), 'fortran_order': False, 'shape': (8,), }"),
    "a long header": header_of(plain("(8,)") + " " * 30_000),
    "a nested header": header_of("(" * 3_000),
    "cut": numpy_bytes(np.zeros(8))[:-1],
    "doubled": numpy_bytes(np.zeros(8)) * 2,
}


@pytest.mark.parametrize("name", ARRAYS)
def test_an_array_that_is_not_what_it_says_is_refused(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(CorruptArtifact):
        load_model(archive_of(array_node("a.npy"), **{"a.npy": ARRAYS[name]}))
    assert list(tmp_path.iterdir()) == []


def sparse(**changed: Any) -> bytes:
    """A file of a 2 x 3 matrix in rows, with some of its arrays changed, and of None left out."""
    parts: dict[str, Any] = {
        "format": np.array(b"csr"),
        "shape": np.array([2, 3]),
        "data": np.ones(3),
        "indices": np.array([0, 2, 1], dtype=np.int32),
        "indptr": np.array([0, 2, 3], dtype=np.int32),
    }
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, value in (parts | changed).items():
            if value is not None:
                content = value if isinstance(value, bytes) else numpy_bytes(np.asarray(value))
                archive.writestr(f"{name}.npy", content)
    return buffer.getvalue()


def matrix(content: bytes) -> bytes:
    node = {"__class__": "csr_matrix", "__module__": "scipy.sparse._csr", "__loader__": "SparseMatrixNode"}
    return archive_of({**node, "type": "scipy", "file": "a.npz"}, **{"a.npz": content})


def test_a_sparse_matrix_in_rows_or_columns_is_read() -> None:
    assert load_model(matrix(sparse())).toarray().tolist() == [[1, 0, 1], [0, 1, 0]]
    assert load_model(matrix(sparse(format=np.array(b"csc"), shape=[3, 2]))).toarray().tolist() == [
        [1, 0],
        [0, 1],
        [1, 0],
    ]


@pytest.mark.parametrize(
    "changed",
    [
        {"indices": [0, 3, 1]},
        {"indices": [0, -1, 1]},
        {"indices": [0, 2**31 - 1, 1]},
        {"indices": [0.0, 2.0, 1.0]},
        {"indices": [[0], [2], [1]]},
        {"indptr": [0, 3, 2]},
        {"indptr": [-1, 2, 3]},
        {"indptr": [0, 2, 3, 9]},
        {"indptr": [0, 2, 300]},
        {"data": np.ones(2)},
        {"shape": [2]},
        {"shape": [2, 2]},
        {"shape": [-2, 3]},
        {"format": np.array(b"bsr")},
        {"format": np.array(b"dia")},
        {"format": None},
        {"extra": [1]},
        {"data": header_of(plain("(3,)", "'|O'"))},
        {"data": header_of(plain(f"({2**40},)"))},
    ],
)
def test_a_sparse_matrix_that_points_outside_itself_is_refused(changed: dict[str, Any]) -> None:
    with pytest.raises(CorruptArtifact):
        load_model(matrix(sparse(**changed)))


def test_a_sparse_matrix_with_other_entries_than_arrays_is_refused() -> None:
    for name in ("../indices.npy", "indices.txt", "data.npy"):
        buffer = io.BytesIO(sparse())
        with zipfile.ZipFile(buffer, "a") as archive:
            if name == "data.npy":
                with pytest.warns(UserWarning, match="Duplicate"):
                    archive.writestr(name, numpy_bytes(np.ones(3)))
            else:
                archive.writestr(name, numpy_bytes(np.ones(3)))
        with pytest.raises(CorruptArtifact):
            load_model(matrix(buffer.getvalue()))


def raw(schema: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("schema.json", schema)
    return buffer.getvalue()


@pytest.mark.parametrize("schema", [b"", b"[]", b"7", b"null", b"{", b'{"__loader__": 1}', b"\xff\xfe", b"NaN"])
def test_a_schema_that_is_none_is_refused(schema: bytes) -> None:
    with pytest.raises(CorruptArtifact):
        load_model(raw(schema))


@pytest.mark.parametrize(
    ("bound", "message", "data"),
    [
        ("MAX_BYTES", "bytes, more than 10", lambda: archive_of(json_of(1))),
        ("MAX_SCHEMA", "schema of .* bytes, more than 10", lambda: archive_of(json_of(1))),
        ("MAX_NODES", "more than 10 parts", lambda: raw(json.dumps({"a": [[]] * 11}).encode())),
        ("MAX_DEPTH", "deeper than 10 levels", lambda: raw(("[" * 12 + "]" * 12).join(['{"a":', "}"]).encode())),
    ],
)
def test_what_is_larger_than_any_model_is_refused(
    bound: str, message: str, data: Callable[[], bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    content = data()
    monkeypatch.setattr(model_archive, bound, 10)
    with pytest.raises(CorruptArtifact, match=message):
        load_model(content)
