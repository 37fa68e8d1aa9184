"""Reading a model's export: every entry is held to be hostile until it is shown to be what was written."""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import tarfile
from collections.abc import Container, Iterator
from pathlib import Path
from typing import IO, Any, NamedTuple, NoReturn

from windvane.errors import DamagedExport, StorageFailed
from windvane.stores.archive import BLOCK, CHUNK, END, FORMAT, HEAD, End, Header
from windvane.stores.registry import Row

_LONGEST_ROWS = 64 * 2**20
_LONGEST_NOTE = 2**16
_ARTIFACT = re.compile(r"artifacts/([0-9a-f]{64})")


class Entry(NamedTuple):
    """One entry of a file: where its bytes are."""

    name: str
    start: int
    size: int


class ExportReader:
    """Reads an export from beginning to end, as often as needed, and believes nothing in it.

    Args:
        file: A seekable file, opened for reading.
        where: Its name, for errors.

    Raises:
        DamagedExport: It is no export, or one of a later format.
    """

    def __init__(self, file: IO[bytes], where: str) -> None:
        self._file = file
        self._where = where
        self.length = file.seek(0, os.SEEK_END)
        self.count = 0
        """Rows; known once it was checked."""
        self.header = self._header()

    def check(self) -> Iterator[str]:
        """Read the whole file, and yield the digest of each artifact that has it; the seal holds when this ends well.

        Raises:
            DamagedExport: Something is not what was written.
        """
        rows = artifacts = 0
        end: End | None = None
        for entry in self._entries():
            artifact = _ARTIFACT.fullmatch(entry.name)
            if artifact:
                artifacts += 1
                digest = f"sha256:{artifact[1]}"
                if self._hash_of(entry.start, entry.size) != digest:
                    self._refuse(f"artifact {digest} holds other bytes")
                yield digest
            elif entry.name.startswith("rows/"):
                rows += self._read(entry, _LONGEST_ROWS).count(b"\n")
            elif entry.name == END:
                end = _record(End, self._read(entry, _LONGEST_NOTE))
                if end is None or end.seal != self._hash_of(0, entry.start - BLOCK):
                    self._refuse("the hash of its bytes is not the one it ends with")
        if end is None or (end.rows, end.artifacts) != (rows, artifacts):
            self._refuse(f"it holds {rows} rows and {artifacts} artifacts, and ends with other numbers")
        self.count = rows

    def rows(self) -> Iterator[Row]:
        """Yield all rows.

        Raises:
            DamagedExport: A line is none.
        """
        for entry in self._entries():
            if entry.name.startswith("rows/"):
                for line in io.BytesIO(self._read(entry, _LONGEST_ROWS)):
                    yield self._row(line)

    def artifacts(self) -> Iterator[bytes]:
        """Yield the bytes of each artifact."""
        for entry in self._entries():
            if _ARTIFACT.fullmatch(entry.name):
                yield self._read(entry, self.length)

    def some_artifacts(self, digests: Container[str]) -> Iterator[tuple[str, bytes]]:
        """Yield those of some digests, each with its bytes."""
        for entry in self._entries():
            found = _ARTIFACT.fullmatch(entry.name)
            if found and f"sha256:{found[1]}" in digests:
                yield f"sha256:{found[1]}", self._read(entry, self.length)

    def _header(self) -> Header:
        first = next(self._entries(), None)
        if first is None or first.name != HEAD:
            self._refuse("it is no export of Windvane")
        header: Header | None = _record(Header, self._read(first, _LONGEST_NOTE))
        if header is None:
            self._refuse("its first entry is no record")
        if header.format != FORMAT:
            self._refuse(f"it has format {header.format}; this Windvane reads {FORMAT}")
        return header

    def _entries(self) -> Iterator[Entry]:
        """Yield the entries, each once it is what may stand there."""
        at, last = 0, ""
        while last != END:
            block = self._bytes(at, BLOCK)
            try:
                info = tarfile.TarInfo.frombuf(block, "ascii", "strict")
            except (tarfile.HeaderError, ValueError):
                self._refuse("its end is missing: it was cut short" if at else "it is no export of Windvane")
            name, start = info.name, at + BLOCK
            if info.type != tarfile.REGTYPE or info.linkname or not _may_follow(last, name):
                self._refuse(f"entry {name!r:.90} may not stand after {last!r:.90}")
            if not 0 <= info.size <= self.length - start:
                self._refuse(f"entry {name!r:.90} says it is longer than the file")
            yield Entry(name, start, info.size)
            at, last = start + info.size + -info.size % BLOCK, name
        if self.length != at + 2 * BLOCK or self._bytes(at, 2 * BLOCK).strip(b"\0"):
            self._refuse("something stands after its end")

    def _read(self, entry: Entry, longest: int) -> bytes:
        if entry.size > longest:
            self._refuse(f"entry {entry.name!r:.90} has {entry.size:,} bytes, more than the {longest:,} it may have")
        return self._bytes(entry.start, entry.size)

    def _bytes(self, start: int, size: int) -> bytes:
        self._file.seek(start)
        return self._file.read(size)

    def _hash_of(self, start: int, size: int) -> str:
        found = hashlib.sha256()
        self._file.seek(start)
        while size > 0 and (data := self._file.read(min(size, CHUNK))):
            found.update(data)
            size -= len(data)
        return f"sha256:{found.hexdigest()}"

    def _row(self, line: bytes) -> Row:
        try:
            table, values = json.loads(line)
        except (ValueError, RecursionError):
            table, values = None, None
        if not isinstance(table, str) or not isinstance(values, dict):
            self._refuse(f"a line of its rows is none: {line[:60]!r}")
        return Row(table, values)

    def _refuse(self, why: str) -> NoReturn:
        raise DamagedExport(f"{self._where}: {why}", "export the model again; nothing was imported")


def model_of(path: Path) -> str:
    """Return whose history a file holds.

    Raises:
        DamagedExport: It is no export, or one of a later format.
        StorageFailed: It cannot be read.
    """
    try:
        with path.open("rb") as file:
            return ExportReader(file, path.name).header.model
    except OSError as error:
        raise StorageFailed(f"{path} cannot be read: {error.strerror or error}", "name a file that is there") from error


def _may_follow(last: str, name: str) -> bool:
    """True when an entry may stand after another one: the order of the format, numbers without a gap, no name twice."""
    if not last:
        return name == HEAD
    rows = int(last[5:13]) if last.startswith("rows/") else 0
    if name == f"rows/{rows + 1:08}.jsonl":
        return last == HEAD or rows > 0
    return name == END or (_ARTIFACT.fullmatch(name) is not None and (not _ARTIFACT.fullmatch(last) or name > last))


def _record(kind: type[Any], data: bytes) -> Any:
    try:
        return kind.from_json(data)
    except ValueError:
        return None
