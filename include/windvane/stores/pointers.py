"""Pointers: named objects beside the artifacts, each replaced whole; where consumers find what is current.

    models/MODEL/scores/WINDOW/current.json

The registry decides; a pointer repeats what it says, for those who read a path. Its bytes follow from the registry
alone, so whoever writes it writes the same.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, Protocol, runtime_checkable

from windvane.errors import StorageFailed
from windvane.results import Publication
from windvane.spec import canonical_json

ROOT = "models/"
_EXAMPLE = "models/flights/scores/2013-02/current.json"
_NAME = re.compile(r"models/[a-z][a-z0-9_]{0,62}/scores/[0-9][0-9T:-]{0,31}/current\.json")


@runtime_checkable
class Pointers(Protocol):
    """A place for artifacts that keeps pointers too; one that does not has no stable paths."""

    def point(self, name: str, data: bytes) -> None:
        """Write a pointer: who reads it sees the old bytes or the new ones, never parts of them.

        Raises:
            StorageFull, StorageRefused, StorageFailed: It cannot be written; the old one stays.
        """
        ...

    def pointer(self, name: str) -> bytes | None:
        """Return the bytes of a pointer, None where there is none."""
        ...

    def pointers(self) -> Iterator[str]:
        """Yield the name of every pointer, in no order."""
        ...


def scores_pointer(model: str, window_key: str) -> str:
    """Return the name of the pointer to a window's current publication."""
    return f"models/{model}/scores/{window_key}/current.json"


def is_pointer(name: str) -> bool:
    """True for the name of a pointer: nothing else ever becomes part of a path or a key."""
    return _NAME.fullmatch(name) is not None


def checked_pointer(name: str, url: str) -> str:
    """Return the name of a pointer.

    Raises:
        StorageFailed: It is none.
    """
    if not is_pointer(name):
        raise StorageFailed(f"{name!r:.120} is no pointer beside the artifacts in {url}", f"write it like {_EXAMPLE}")
    return name


def content(found: Publication) -> bytes:
    """Return what a pointer to a publication says."""
    digest = found.artifact.removeprefix("sha256:")
    said = {name: getattr(found, name) for name in ("model", "window", "publication", "version", "staged", "share")}
    said |= {"artifact": found.artifact, "file": f"sha256/{digest[:2]}/{digest[2:]}", "rows": found.rows}
    said |= {"snapshot": found.snapshot, "at": found.moment.isoformat()}
    return canonical_json(said).encode() + b"\n"


def said_publication(data: bytes | None) -> int | None:
    """Return which publication a pointer names; None for no pointer, and for what is none."""
    try:
        found: Any = json.loads(data or b"null")
    except ValueError:
        return None
    number = found.get("publication") if isinstance(found, dict) else None
    return number if type(number) is int else None
