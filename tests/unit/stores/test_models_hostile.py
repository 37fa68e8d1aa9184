"""Stored models from a hostile hand: refused by name before anything runs, is unpacked or fills the memory."""

from __future__ import annotations

import io
import json
import os
import pickle  # noqa: TID251 (a pickle is what must be refused)
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.dummy import DummyClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from windvane.errors import CorruptArtifact, UntrustedModel
from windvane.stores import model_archive
from windvane.stores.models import dump_model, load_model
from windvane.stores.trusted import TRUSTED


class Witness(ClassifierMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """A user's own class, which notes when it is made from a file."""

    made: list[str] = []  # noqa: RUF012 (what the test looks at)

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.made.append("made")
        super().__setstate__(state)


NAME = f"{Witness.__module__}.Witness"


def test_a_type_of_the_users_own_is_refused_by_name_until_it_is_listed() -> None:
    data = dump_model(make_pipeline(StandardScaler(), Witness()))
    Witness.made.clear()
    with pytest.raises(UntrustedModel, match=NAME.replace(".", r"\.")) as caught:
        load_model(data)
    assert "trusted" in caught.value.remedy
    assert Witness.made == []
    assert load_model(data, [NAME]).steps[1][1].__class__ is Witness
    assert Witness.made == ["made"]


def archive_of(schema: dict[str, Any], **entries: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
        archive.writestr("schema.json", json.dumps({"protocol": 2, "_skops_version": "0.16", **schema}))
    return buffer.getvalue()


def json_of(value: Any) -> dict[str, Any]:
    return {"__class__": "str", "__module__": "builtins", "__loader__": "JsonNode", "content": json.dumps(value)}


def tuple_of(*items: dict[str, Any]) -> dict[str, Any]:
    return {"__class__": "tuple", "__module__": "builtins", "__loader__": "TupleNode", "content": list(items)}


def called(module: str, name: str, argument: str) -> dict[str, Any]:
    """A node that would call something with a text of the file's choice."""
    content = tuple_of(json_of(argument))
    return {"__class__": name, "__module__": module, "__loader__": "ConstructorFromReduceNode", "content": content}


def keyed(module: str, name: str, argument: str) -> dict[str, Any]:
    """A dict whose keys would be made by calling something with a text of the file's choice."""
    function = {"__class__": name, "__module__": module, "__loader__": "FunctionNode"}
    types = {"__class__": "list", "__module__": "builtins", "__loader__": "ListNode", "content": [function]}
    body = {"content": {argument: json_of(1)}, "key_types": types}
    return {"__class__": "dict", "__module__": "builtins", "__loader__": "DictNode", **body}


@pytest.mark.parametrize("make", [called, keyed])
@pytest.mark.parametrize(
    ("module", "name"),
    [("builtins", "eval"), ("os", "system"), ("posix", "system"), ("subprocess", "Popen"), ("pickle", "loads")],
)
def test_a_file_that_asks_for_a_call_is_refused_and_nothing_runs(
    make: Callable[[str, str, str], dict[str, Any]], module: str, name: str, tmp_path: Path
) -> None:
    target = tmp_path / "ran"
    argument = f"__import__('pathlib').Path({str(target)!r}).touch()" if name == "eval" else f"touch {target}"
    with pytest.raises(UntrustedModel, match=f"{module}.{name}"):
        load_model(archive_of(make(module, name, argument)))
    assert not target.exists()


OWN = {
    "windvane.lifecycle.native_categories.NativeCategories": "it turns texts into categories",
    "windvane.lifecycle.numbered_labels.NumberedLabels": "it hands on, and turns numbers into labels",
}


def test_nothing_on_the_allow_list_runs_code_or_opens_files() -> None:
    runs = ("builtins.eval", "builtins.exec", "builtins.open", "builtins.compile", "os.", "subprocess.", "importlib.")
    assert not [name for name in TRUSTED if name.startswith((*runs, "operator.", "joblib.", "pickle."))]
    assert {name for name in TRUSTED if name.startswith("windvane.")} == set(OWN)
    packages = {name.partition(".")[0] for name in TRUSTED if name not in OWN}
    assert packages == {"builtins", "functools", "numpy", "scipy", "sklearn"}


def test_a_pickle_by_another_name_is_refused(tmp_path: Path) -> None:
    class Bomb:
        def __reduce__(self) -> tuple[Any, ...]:
            return os.mkdir, (str(tmp_path / "ran"),)

    with pytest.raises(CorruptArtifact, match="not a zip file"):
        load_model(pickle.dumps(Bomb()))
    assert not (tmp_path / "ran").exists()


def numpy_bytes(array: Any, **options: Any) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array, **options)
    return buffer.getvalue()


def array_node(name: str) -> dict[str, Any]:
    return {"__class__": "ndarray", "__module__": "numpy", "__loader__": "NdArrayNode", "type": "numpy", "file": name}


def test_a_pickle_inside_an_array_is_refused(tmp_path: Path) -> None:
    class Bomb:
        def __reduce__(self) -> tuple[Any, ...]:
            return os.mkdir, (str(tmp_path / "ran"),)

    array = np.array([Bomb()], dtype=object)
    with pytest.raises(CorruptArtifact, match="allow_pickle"):
        load_model(archive_of(array_node("a.npy"), **{"a.npy": numpy_bytes(array, allow_pickle=True)}))
    assert not (tmp_path / "ran").exists()


def test_an_array_that_claims_to_be_huge_is_refused() -> None:
    honest = numpy_bytes(np.zeros(8))
    header = honest.replace(b"(8,), }          ", b"(8000000000000,), }")[: len(honest)]
    assert b"8000000000000" in header
    with pytest.raises(CorruptArtifact, match="cannot be loaded"):
        load_model(archive_of(array_node("a.npy"), **{"a.npy": header}))


def test_a_compressed_archive_is_refused_before_it_is_unpacked() -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("schema.json", b" " * 200_000_000)
    assert len(buffer.getvalue()) < 1_000_000
    with pytest.raises(CorruptArtifact, match="compressed"):
        load_model(buffer.getvalue())


def test_a_compressed_sparse_matrix_is_refused_before_it_is_unpacked() -> None:
    buffer = io.BytesIO()
    np.savez_compressed(buffer, data=np.zeros(1_000_000))
    node = {"__class__": "csr_matrix", "__module__": "scipy.sparse._csr", "__loader__": "SparseMatrixNode"}
    data = archive_of({**node, "type": "scipy", "file": "a.npz"}, **{"a.npz": buffer.getvalue()})
    with pytest.raises(CorruptArtifact, match="compressed"):
        load_model(data)


def test_an_archive_whose_entries_claim_more_than_it_holds_is_refused() -> None:
    data = bytearray(archive_of(json_of(1)))
    at = data.rindex(b"PK\x01\x02")
    data[at + 24 : at + 28] = (2**31).to_bytes(4, "little")
    with pytest.raises(CorruptArtifact, match="larger than it is"):
        load_model(bytes(data))


def test_thousands_of_entries_that_nothing_refers_to_are_refused() -> None:
    extra = {f"{number}.npy": b"" for number in range(5_000)}
    with pytest.raises(CorruptArtifact, match="does not refer to"):
        load_model(archive_of(json_of(1), **extra))


def test_more_entries_than_any_model_has_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model_archive, "MAX_ENTRIES", 3)
    entries = {f"{number}.npy": numpy_bytes(np.zeros(1)) for number in range(3)}
    with pytest.raises(CorruptArtifact, match="4 entries, more than 3"):
        load_model(archive_of(json_of(1), **entries))


def test_an_entry_that_is_missing_or_there_twice_is_refused() -> None:
    with pytest.raises(CorruptArtifact, match="lacks some"):
        load_model(archive_of(array_node("a.npy")))
    buffer = io.BytesIO(archive_of(json_of(1)))
    with pytest.warns(UserWarning, match="Duplicate"), zipfile.ZipFile(buffer, "a") as archive:
        archive.writestr("schema.json", "{}")
    with pytest.raises(CorruptArtifact):
        load_model(buffer.getvalue())


@pytest.mark.parametrize("name", ["../a.npy", "/etc/a.npy", "a\\b.npy", "..npy", "a\nb.npy"])
def test_an_entry_named_after_a_path_is_refused(name: str) -> None:
    with pytest.raises(CorruptArtifact, match="after a path"):
        load_model(archive_of(array_node(name), **{name: numpy_bytes(np.zeros(1))}))


@pytest.mark.parametrize(
    "schema",
    [
        {"protocol": 99},
        {"__loader__": "NoSuchNode", "__class__": "x", "__module__": "y"},
        {"__loader__": "ListNode", "__class__": "list", "__module__": "builtins"},
        {"__loader__": "ListNode", "file": ["no", "name"]},
        {"__loader__": "CachedNode", "__class__": "x", "__module__": "y", "__id__": 7},
    ],
)
def test_a_schema_that_makes_no_sense_is_a_corrupt_artifact(schema: dict[str, Any]) -> None:
    with pytest.raises(CorruptArtifact):
        load_model(archive_of(schema))


def test_a_schema_nested_without_end_is_a_corrupt_artifact() -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("schema.json", "[" * 100_000 + "]" * 100_000)
    with pytest.raises(CorruptArtifact, match="RecursionError"):
        load_model(buffer.getvalue())


def test_a_truncated_model_is_a_corrupt_artifact() -> None:
    data = dump_model(DummyClassifier().fit([[0.0], [1.0]], [0, 1]))
    for length in (0, 1, len(data) // 2, len(data) - 1):
        with pytest.raises(CorruptArtifact):
            load_model(data[:length])
