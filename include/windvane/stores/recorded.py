"""What is read while a function runs: files, folders and environment variables, and whether they are as they were.

Python tells an audit hook of each file that is opened, each folder that is listed, and each connection and process
that is begun. Looks at a file (`os.stat`) and at variables are heard in their places. What is imported does not count:
a project's modules are part of its code, and libraries of its packages.
"""

from __future__ import annotations

import hashlib
import os
import stat
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import FrameType
from typing import Any, Final, TypeVar

T = TypeVar("T")

_LARGEST: Final = 64_000_000
"""Most bytes of all files together whose digests are taken at each look; with more, nothing is kept."""
_WRITING: Final = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_TRUNC
_HARMLESS: Final = (
    "object.",
    "import",
    "compile",
    "exec",
    "code.",
    "marshal.",
    "sys.",
    "builtins.id",
    "gc.",
    "cpython.",
)
_LISTED: Final = ("os.listdir", "os.scandir")
_TOLD: Final = ("glob.glob", "pathlib.Path.glob", "pathlib.Path.rglob", "os.walk", "os.fwalk")
"""Events that come with the events of each folder they look into."""


class Recording:
    """What was read: `read`, `list` and `look` with a path each, variables by name; and why it cannot be told."""

    def __init__(self) -> None:
        self.places: set[tuple[str, str]] = set()
        self.variables: set[str] = set()
        self.untold = ""

    def state(self, salt: str) -> dict[str, Any] | None:
        """Return what was read as it is now, as JSON; None where it cannot be told.

        Args:
            salt: What the digests of variables begin with, so that equal values do not show.
        """
        if self.untold:
            return None
        found = _state(self.places, self.variables, salt)
        return found if found is None or all(one is not None for one in found["places"].values()) else None


def unchanged(before: Mapping[str, Any], salt: str) -> bool:
    """Return whether all that was read is as it was."""
    places = {(how, path) for how, _, path in (name.partition(" ") for name in before["places"])}
    return _state(places, set(before["variables"]), salt) == before


def recorded(function: Callable[[], T]) -> tuple[T, Recording]:
    """Call a function, and record what this thread reads meanwhile."""
    global _RECORDED, _HEARS  # noqa: PLW0603 (a hook cannot be taken away again: it looks here)
    with _ONE:
        if not _HEARS:
            sys.addaudithook(_heard)
            _HEARS = True
        found, looks, kind = Recording(), {name: getattr(os, name) for name in ("stat", "lstat")}, type(os.environ)
        for name, look in looks.items():
            setattr(os, name, _looking(look))
        os.environ.__class__ = _Environment
        _RECORDED = (threading.get_ident(), found, sys._getframe())  # noqa: SLF001 (the documented way to the frames)
        try:
            return function(), found
        finally:
            _RECORDED = None
            os.environ.__class__ = kind
            for name, look in looks.items():
                setattr(os, name, look)


_ONE = threading.RLock()
_RECORDED: tuple[int, Recording, FrameType] | None = None
_HEARS = False


def _current() -> Recording | None:
    """Return the recording of this thread, where it is not importing just now."""
    if _RECORDED is None or _RECORDED[0] != threading.get_ident():
        return None
    frame: FrameType | None = sys._getframe(1)  # noqa: SLF001 (the documented way to the frames)
    while frame is not None and frame is not _RECORDED[2]:
        if frame.f_code.co_name == "_find_and_load" and frame.f_code.co_filename == "<frozen importlib._bootstrap>":
            return None
        frame = frame.f_back
    return _RECORDED[1]


def _heard(event: str, arguments: tuple[Any, ...]) -> None:
    if _RECORDED is None or event.startswith(_HARMLESS) or event in _TOLD:
        return
    found = _current()
    if found is None:
        return
    if event == "open":
        path, mode, flags = arguments
        if isinstance(path, int):  # it was opened by its path before
            return
        writes = (flags or 0) & _WRITING if mode is None else set(mode) & set("wax+")
        if writes:
            found.untold = found.untold or f"it writes {os.fspath(path)!r:.80}"
        else:
            _add(found, "read", path)
    elif event in _LISTED:
        _add(found, "list", "." if not arguments or arguments[0] is None else arguments[0])
    else:
        found.untold = found.untold or f"it does what Python calls {event}"


def _add(found: Recording, how: str, path: Any) -> None:
    if isinstance(path, int):
        found.untold = found.untold or "it looks at an open file by its number"
        return
    found.places.add((how, os.fsdecode(path)))


def _looking(look: Any) -> Any:
    def looked(path: Any, *args: Any, **more: Any) -> Any:
        found = _current()
        if found is not None and not isinstance(path, int):
            _add(found, "look", path)
        return look(path, *args, **more)

    return looked


class _Environment(os._Environ[str]):  # noqa: SLF001 (the class of `os.environ`, which has no other name)
    """`os.environ` that tells which variables are read."""

    def __getitem__(self, key: str) -> str:
        found = _current()
        if found is not None:
            found.variables.add(key)
        return super().__getitem__(key)

    def __iter__(self) -> Iterator[str]:
        found = _current()
        if found is not None:
            found.untold = found.untold or "it looks through all variables"
        return super().__iter__()


def _state(places: set[tuple[str, str]], variables: set[str], salt: str) -> dict[str, Any] | None:
    left = _LARGEST
    states: dict[str, str | None] = {}
    for how, path in sorted(places):
        said, size = _state_of(how, path, left)
        left -= size
        states[f"{how} {path}"] = said
    return {"places": states, "variables": {name: _digest_of(name, salt) for name in sorted(variables)}}


def _state_of(how: str, path: str, most: int) -> tuple[str | None, int]:
    """Return what is at a path, and how many bytes were read for it; None where that cannot be told."""
    try:
        known = Path(path).stat()
    except (FileNotFoundError, NotADirectoryError):
        return "absent", 0
    except (OSError, ValueError):
        return None, 0
    kind = "folder" if stat.S_ISDIR(known.st_mode) else "file" if stat.S_ISREG(known.st_mode) else None
    if kind is None or (how == "look" and kind):
        return kind if kind is None else f"{kind} {os.path.realpath(path)}", 0
    try:
        if kind == "folder":
            with os.scandir(path) as entries:
                names = sorted(f"{entry.name}/" if entry.is_dir() else entry.name for entry in entries)
            return hashlib.sha256("\0".join(names).encode(errors="surrogateescape")).hexdigest(), 0
        if known.st_size > most:
            return None, 0
        return hashlib.sha256(Path(path).read_bytes()).hexdigest(), known.st_size
    except OSError:
        return None, 0


def _digest_of(variable: str, salt: str) -> str | None:
    value = os.environ.get(variable)
    return None if value is None else hashlib.sha256(f"{salt}\0{value}".encode(errors="surrogateescape")).hexdigest()
