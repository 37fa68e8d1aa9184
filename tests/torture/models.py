"""Model files from a hostile hand: each is refused by name, in bounded memory and time, and nothing of it runs."""

from __future__ import annotations

import io
import json
import pickle  # noqa: TID251 (a pickle is what must be refused)
import resource
import struct
import sys
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression

from tests.torture.children import Child
from tests.torture.outcome import Outcome, tried
from tests.unit.stores.test_models_hostile import archive_of, array_node, called, json_of, keyed, numpy_bytes, tuple_of
from windvane.stores.models import dump_model, load_model

FAULT = "malicious model files: pickles, calls, bombs, path entries, huge headers"
MUST_HOLD = "refused by a named error; nothing executed, written or unpacked"
_INFLATED = 160_000_000
"""Bytes that a bomb would unpack to."""
_MEMORY = 100_000_000
"""Most bytes that a refusal may need beside what the process has already."""
_REFUSALS = ("UntrustedModel", "CorruptArtifact")

_RUNS = ("os.", "subprocess.", "pickle.", "shutil.", "socket.", "ctypes.", "pty.", "code.", "mmap.", "tempfile.")
"""Audit events (https://docs.python.org/3/library/audit_events.html) that a refused file has no business to raise."""


def run(trials: Sequence[int], seed: int, folder: Path) -> Outcome:
    """Load one file after the other.

    Args:
        trials: Numbers of the files; there are `len(FILES)`.
        seed: Unused: all of them are tried.
        folder: Where what they would write would be.
    """
    honest = dump_model(LogisticRegression().fit([[0.0], [1.0]], [0, 1]))
    load_model(honest)  # what loading imports is imported before anybody listens

    def attempt(trial: int, random: Random, counts: Counter[str]) -> Iterator[str]:
        name, make = list(FILES.items())[trial % len(FILES)]
        canary = folder / f"canary-{trial}"
        data = make(canary)
        reply = Child(lambda: _loaded(data)).reply(60)
        ended, raised, grown = reply.value or ("died", [], 0)
        counts[ended] += 1
        if ended not in _REFUSALS:
            yield f"{name}: {ended} {reply.text}"
        if raised:
            yield f"{name}: while it was refused, {raised}"
        if grown > _MEMORY:
            yield f"{name}: it took {grown:,} bytes to refuse {len(data):,}"
        if canary.exists() or canary.with_suffix(".npy").exists():
            yield f"{name}: it ran"

    return tried(FAULT, MUST_HOLD, trials, seed, attempt)


def _loaded(data: bytes) -> tuple[str, list[str], int]:
    """Load a file in this process; return how that ended, what was heard meanwhile, and how far the memory grew."""
    from windvane.errors import WindvaneError

    heard: list[str] = []
    listening = True

    def hear(event: str, arguments: tuple[Any, ...]) -> None:
        if listening and _is_action(event, arguments):
            heard.append(f"{event}{str(arguments)[:200]}")

    resource.setrlimit(resource.RLIMIT_CPU, (30, 30))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    sys.addaudithook(hear)
    try:
        load_model(data)
        ended = "it was loaded"
    except WindvaneError as error:
        ended = error.name
    except BaseException as error:  # noqa: BLE001 (anything else is what must not happen)
        ended = f"{type(error).__name__}: {error}"
    listening = False
    return ended, heard, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024


def _is_action(event: str, arguments: tuple[Any, ...]) -> bool:
    if event == "open":
        return any(mark in str(arguments[1] or "") for mark in "wax+")
    if event == "exec":  # `compile` alone runs nothing: numpy reads an array's header with it
        return True
    return event.startswith(_RUNS) and event not in ("os.listdir", "os.scandir", "os.fwalk", "os.walk")


class _Calls:
    """What a pickle calls when it is read."""

    def __init__(self, function: Any, *arguments: Any) -> None:
        self._call = (function, arguments)

    def __reduce__(self) -> tuple[Any, ...]:
        return self._call


def _pickled(canary: Path, protocol: int) -> bytes:
    return pickle.dumps(_Calls(Path.touch, canary), protocol)


def _calling(module: str, name: str, make: Callable[..., dict[str, Any]], canary: Path) -> bytes:
    argument = f"touch {canary}"
    if name in ("eval", "exec"):
        argument = f"__import__('pathlib').Path({str(canary)!r}).touch()"
    elif name in ("open", "mkdir", "CDLL", "load", "run_path", "import_module", "__import__"):
        argument = str(canary)
    return archive_of(make(module, name, argument))


def _bound(canary: Path) -> bytes:
    """`functools.partial`, which is allowed, around `os.system`, which is not."""
    system = {"__class__": "system", "__module__": "os", "__loader__": "FunctionNode"}
    node = {"__class__": "partial", "__module__": "functools", "__loader__": "PartialNode"}
    inner = {
        "func": system,
        "args": tuple_of(json_of(f"touch {canary}")),
        "kwds": json_of({}),
        "namespace": json_of(None),
    }
    return archive_of({**node, "content": inner})


def _method(canary: Path) -> bytes:
    node = {"__class__": "PosixPath", "__module__": "pathlib", "__loader__": "MethodNode"}
    return archive_of({**node, "content": {"func": "touch", "obj": json_of(str(canary))}})


def _object(canary: Path) -> bytes:
    node = {"__class__": "Popen", "__module__": "subprocess", "__loader__": "ObjectNode"}
    return archive_of({**node, "content": json_of({"args": f"touch {canary}", "shell": True})})


def _type(canary: Path) -> bytes:
    return archive_of({"__class__": "system", "__module__": "os", "__loader__": "TypeNode"})


def _operator(canary: Path) -> bytes:
    node = {"__class__": "attrgetter", "__module__": "operator", "__loader__": "OperatorFuncNode"}
    return archive_of({**node, "attrs": tuple_of(json_of("__class__.__base__"))})


def _object_array(canary: Path) -> bytes:
    array = np.array([_Calls(Path.touch, canary)], dtype=object)
    return archive_of(array_node("a.npy"), **{"a.npy": numpy_bytes(array, allow_pickle=True)})


def _object_matrix(canary: Path) -> bytes:
    buffer = io.BytesIO()
    np.savez(buffer, data=np.array([_Calls(Path.touch, canary)], dtype=object), allow_pickle=True)
    node = {
        "__class__": "csr_matrix",
        "__module__": "scipy.sparse._csr",
        "__loader__": "SparseMatrixNode",
        "type": "scipy",
    }
    return archive_of({**node, "file": "a.npz"}, **{"a.npz": buffer.getvalue()})


def _polyglot(canary: Path) -> bytes:
    """A pickle with an archive behind it: zip readers look at the end, pickle at the beginning."""
    return _pickled(canary, 4) + archive_of(called("os", "system", f"touch {canary}"))


def _bomb(canary: Path, method: int, name: str = "schema.json") -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        archive.writestr(name, b" " * _INFLATED)
        if name != "schema.json":
            archive.writestr("schema.json", json.dumps(array_node(name)))
    return buffer.getvalue()


def _nested_bomb(canary: Path) -> bytes:
    buffer = io.BytesIO()
    np.savez_compressed(buffer, data=np.zeros(_INFLATED // 8))
    node = {
        "__class__": "csr_matrix",
        "__module__": "scipy.sparse._csr",
        "__loader__": "SparseMatrixNode",
        "type": "scipy",
    }
    return archive_of({**node, "file": "a.npz"}, **{"a.npz": buffer.getvalue()})


def _overlapping(canary: Path) -> bytes:
    """Entries that all point to the same bytes (Fifield, "A better zip bomb", WOOT 2019, without compression)."""
    content = b"\0" * 100_000
    data = bytearray(archive_of(json_of(1), **{f"{index}.npy": content if index == 0 else b"" for index in range(300)}))
    at = data.find(b"PK\x01\x02")
    first = data[at + 20 : at + 28] + data[at + 16 : at + 20]
    while at >= 0:
        if b"schema" not in data[at + 46 : at + 60]:
            data[at + 20 : at + 28], data[at + 16 : at + 20], data[at + 42 : at + 46] = first[:8], first[8:], b"\0" * 4
        at = data.find(b"PK\x01\x02", at + 4)
    return bytes(data)


def _entry(canary: Path, name: str) -> bytes:
    return archive_of(array_node(name), **{name: numpy_bytes(np.zeros(2))})


def _climbing(canary: Path) -> bytes:
    return _entry(canary, "../" * 20 + str(canary.with_suffix(".npy")).lstrip("/"))


def _absolute(canary: Path) -> bytes:
    return _entry(canary, str(canary.with_suffix(".npy")))


def _outside(canary: Path) -> bytes:
    """The schema refers to a file of the machine that is not in the archive."""
    return archive_of(array_node("/etc/passwd"))


def _link(canary: Path) -> bytes:
    entry = zipfile.ZipInfo("a.npy")
    entry.create_system, entry.external_attr = 3, 0o120777 << 16
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(entry, str(canary))
        archive.writestr("schema.json", json.dumps(array_node("a.npy")))
    return buffer.getvalue()


def _huge_shape(canary: Path) -> bytes:
    honest = numpy_bytes(np.zeros(8))
    return archive_of(
        array_node("a.npy"), **{"a.npy": honest.replace(b"(8,), }          ", b"(8000000000000,), }")[: len(honest)]}
    )


def _huge_header(canary: Path) -> bytes:
    """An array whose header says that it is four gigabytes long."""
    return archive_of(
        array_node("a.npy"), **{"a.npy": b"\x93NUMPY\x02\x00" + struct.pack("<I", 2**32 - 1) + b"{" * 100_000}
    )


def _deep_header(canary: Path) -> bytes:
    header = b"(" * 9_000 + b")" * 900
    return archive_of(array_node("a.npy"), **{"a.npy": b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header})


def _coded_header(canary: Path) -> bytes:
    """An array whose header is an expression, not a literal."""
    header = f"__import__('pathlib').Path({str(canary)!r}).touch()\n".encode()
    return archive_of(array_node("a.npy"), **{"a.npy": b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header})


def _huge_entry(canary: Path) -> bytes:
    data = bytearray(archive_of(json_of(1)))
    at = data.rindex(b"PK\x01\x02")
    data[at + 24 : at + 28] = (2**31).to_bytes(4, "little")
    return bytes(data)


def _many_entries(canary: Path) -> bytes:
    return archive_of(json_of(1), **{f"{number}.npy": b"" for number in range(60_000)})


def _deep(canary: Path) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("schema.json", "[" * 200_000 + "]" * 200_000)
    return buffer.getvalue()


def _huge_number(canary: Path) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("schema.json", '{"__loader__": "JsonNode", "content": ' + "9" * 5_000 + "}")
    return buffer.getvalue()


_CALLABLES = (
    *(("builtins", "eval"), ("builtins", "exec"), ("builtins", "open"), ("builtins", "__import__"), ("os", "system")),
    *(("posix", "system"), ("os", "popen"), ("os", "mkdir"), ("subprocess", "Popen"), ("subprocess", "check_output")),
    *(
        ("pickle", "loads"),
        ("importlib", "import_module"),
        ("runpy", "run_path"),
        ("ctypes", "CDLL"),
        ("numpy", "load"),
    ),
)

FILES: dict[str, Callable[[Path], bytes]] = {
    **{f"a call of {module}.{name}": partial(_calling, module, name, called) for module, name in _CALLABLES},
    **{f"a key made by {module}.{name}": partial(_calling, module, name, keyed) for module, name in _CALLABLES[:6]},
    **{f"a pickle of protocol {protocol}": partial(_pickled, protocol=protocol) for protocol in (0, 2, 4, 5)},
    "a partial of os.system": _bound,
    "a method of a path": _method,
    "an object of Popen": _object,
    "a type that is os.system": _type,
    "an operator that climbs": _operator,
    "a pickle in an array": _object_array,
    "a pickle in a sparse matrix": _object_matrix,
    "a pickle with an archive behind it": _polyglot,
    "a deflated bomb": partial(_bomb, method=zipfile.ZIP_DEFLATED),
    "a bzip2 bomb": partial(_bomb, method=zipfile.ZIP_BZIP2),
    "a deflated array": partial(_bomb, method=zipfile.ZIP_DEFLATED, name="a.npy"),
    "a bomb in a sparse matrix": _nested_bomb,
    "entries that overlap": _overlapping,
    "an entry that climbs": _climbing,
    "an absolute entry": _absolute,
    "a file that is not in the archive": _outside,
    "a link": _link,
    "a shape of trillions": _huge_shape,
    "a header of gigabytes": _huge_header,
    "a header without an end": _deep_header,
    "a header that is code": _coded_header,
    "an entry that claims to be huge": _huge_entry,
    "sixty thousand entries": _many_entries,
    "a schema nested without end": _deep,
    "a number without end": _huge_number,
}
