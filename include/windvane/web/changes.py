"""What changed from one version to another: declaration, data, code, libraries and columns, where they differ."""

from __future__ import annotations

import base64
import binascii
import difflib
import json
from collections.abc import Mapping

from windvane.results import Record, Version
from windvane.web.side_by_side import Line, lines_of, side_of
from windvane.web.visit import Visit

_TOLD = ("spec", "data", "columns", "environment")
"""Subjects of the lines; digests and names of runs differ between any two versions, and say nothing."""

_UNTOLD = frozenset({"window start", "window end"})
"""Beside the window's key they are the same thing twice."""

_MOST_LINES = 400
"""Lines of a file's difference that are shown."""

_LONGEST = 400_000
"""Bytes of a file that is compared line by line."""


class CodeFile(Record):
    """A file of the model's own code that differs."""

    name: str
    how: str
    """`added`, `removed` or `changed`."""
    lines: tuple[str, ...] = ()
    """As `diff -u` writes them, without its head; none where the file is no text or too long."""
    cut: bool = False
    """True when there are more lines than are shown."""


class Changed(Record):
    """What a version has that another one has not."""

    other: int
    """The version before."""
    lines: tuple[Line, ...]
    """What differs; `one` is this version's."""
    code: tuple[CodeFile, ...] = ()
    note: str = ""
    """Why the code could not be compared; empty when it was."""


def changed_since(visit: Visit, version: Version, other: Version) -> Changed:
    """Return what changed from the other version to this one."""
    (one, _), (beside, _) = side_of(visit, version), side_of(visit, other)
    found = [line for line in lines_of(one, beside) if not line.same and line.about in _TOLD]
    snapshots = [line for line in found if line.about == "data" and line.name.startswith("snapshot ")]
    kept = [line for line in found if line not in snapshots and line.name not in _UNTOLD]
    if version.snapshots != other.snapshots:
        kept.append(_windows(version, other))
    order = {about: place for place, about in enumerate(_TOLD)}
    kept.sort(key=lambda line: order[line.about])
    code, note = _code(visit, version, other)
    return Changed(other=other.version, lines=tuple(kept), code=code, note=note)


def _windows(version: Version, other: Version) -> Line:
    """Return how the trained windows differ: their number, and how many of them both have."""
    shared = len(set(version.snapshots) & set(other.snapshots))
    one, beside = (f"{len(item.snapshots)}, {shared} of them in both" for item in (version, other))
    return Line(about="data", name="windows trained on", one=one, other=beside, same=False)


def _code(visit: Visit, version: Version, other: Version) -> tuple[tuple[CodeFile, ...], str]:
    if version.code_digest == other.code_digest:
        return (), ""
    sides = []
    for item in (version, other):
        files = _files(visit, item.code)
        if files is None:
            return (), f"The code differs, and that of v{item.version} is not kept: it cannot be shown."
        sides.append(files)
    one, beside = sides
    names = [name for name in sorted({*one, *beside}) if one.get(name) != beside.get(name)]
    note = "" if names else "The digests of the code differ, and its kept files are the same: its environment differs."
    return tuple(_file(name, one.get(name), beside.get(name)) for name in names), note


def _files(visit: Visit, digest: str) -> Mapping[str, bytes] | None:
    """Return the files of kept code; None where it is not to be had."""
    kept, _ = visit.artifact(digest)
    try:
        packed = json.loads(kept)["files"] if kept else None
        return {str(name): base64.b64decode(text) for name, text in packed.items()} if packed is not None else None
    except (ValueError, KeyError, TypeError, AttributeError, binascii.Error):
        return None


def _file(name: str, now: bytes | None, then: bytes | None) -> CodeFile:
    how = "added" if then is None else "removed" if now is None else "changed"
    texts = [_text(side) for side in (then or b"", now or b"")]
    if None in texts:
        return CodeFile(name=name, how=how)
    before, after = (text or "" for text in texts)
    found = list(difflib.unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=2))[2:]
    return CodeFile(name=name, how=how, lines=tuple(found[:_MOST_LINES]), cut=len(found) > _MOST_LINES)


def _text(content: bytes) -> str | None:
    if len(content) > _LONGEST or b"\0" in content:
        return None
    try:
        return content.decode()
    except UnicodeDecodeError:
        return None
