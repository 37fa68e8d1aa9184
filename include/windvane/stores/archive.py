"""One model in one file: a plain tar of JSON lines and artifacts, sealed by the hash of all before its last entry.

    windvane.json           what this is: format, model, schema of the rows, end of the audit log
    rows/00000001.jsonl …   the registry's rows, one `[table, {column: value}]` a line
    artifacts/<64 hex> …    the bytes of each artifact under its digest, ascending
    end.json                how many of both, and the SHA-256 of the file up to here

Nothing in it is executed, and nothing is compressed, so nothing can grow when it is read. Only these entries in this
order are accepted: regular files with these names, none twice, none longer than what follows it in the file.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import tarfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from windvane.errors import StorageFailed, StorageFull, WouldOverwrite
from windvane.results import Record
from windvane.spec import canonical_json
from windvane.stores.modes import file_mode, open_new
from windvane.stores.registry import Row
from windvane.stores.temporary import FULL

FORMAT = 1
BLOCK = tarfile.BLOCKSIZE
CHUNK = 4 * 2**20
"""Bytes of rows after which another entry is begun."""
HEAD, END = "windvane.json", "end.json"


class Header(Record):
    """What a file holds."""

    format: int
    model: str
    windvane: str
    """The release that wrote it."""
    revision: str
    """The revision of its rows' tables."""
    seq: int
    """The number of the audit log's last event."""
    hash: str
    """Its hash."""


class End(Record):
    """What a file held, said at its end."""

    rows: int
    artifacts: int
    seal: str
    """SHA-256 of the file up to this entry."""


class ExportWriter:
    """Writes the entries of an export, in their order.

    Args:
        file: Where to; only written to.
    """

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._hash = hashlib.sha256()
        self.rows = self.artifacts = self.bytes = 0

    def head(self, header: Header) -> None:
        """Write what this is."""
        self._entry(HEAD, header.to_json().encode())

    def write_rows(self, rows: Iterable[Row]) -> None:
        """Write all rows."""
        chunk, number = bytearray(), 0
        for row in rows:
            chunk += canonical_json([row.table, row.values]).encode() + b"\n"
            self.rows += 1
            if len(chunk) >= CHUNK:
                number += 1
                self._entry(f"rows/{number:08}.jsonl", bytes(chunk))
                chunk.clear()
        if chunk:
            self._entry(f"rows/{number + 1:08}.jsonl", bytes(chunk))

    def write_artifact(self, digest: str, data: bytes) -> None:
        """Write one artifact; digests ascend."""
        self.artifacts += 1
        self._entry(f"artifacts/{digest.removeprefix('sha256:')}", data)

    def end(self) -> None:
        """Seal the file."""
        end = End(rows=self.rows, artifacts=self.artifacts, seal=f"sha256:{self._hash.hexdigest()}")
        self._entry(END, end.to_json().encode())
        self._write(b"\0" * 2 * BLOCK)

    def _entry(self, name: str, data: bytes) -> None:
        info = tarfile.TarInfo(name)
        info.size = len(data)
        info.mode = 0o644
        self._write(info.tobuf(tarfile.GNU_FORMAT))  # what is longer than 8 GB has its size in binary
        self._write(data)
        self._write(b"\0" * (-len(data) % BLOCK))

    def _write(self, data: bytes) -> None:
        self._hash.update(data)
        self.bytes += len(data)
        self._file.write(data)


@contextmanager
def new_file(path: Path) -> Iterator[IO[bytes]]:
    """Open a file that is there under its name only once it is whole and synced.

    Raises:
        WouldOverwrite: Something of that name is there.
        StorageFull, StorageFailed: It cannot be written.
    """
    if path.exists():
        raise WouldOverwrite(f"{path} is there already", "name another file, or remove it first")
    partial = path.with_name(f".{path.name}.partial")
    try:
        with open_new(partial, file_mode()) as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    except OSError as error:
        message = f"{path} cannot be written: {error.strerror or error}"
        raise (StorageFull if error.errno in FULL else StorageFailed)(
            message, "free some space, or choose another place"
        ) from error
    finally:
        with contextlib.suppress(OSError):
            partial.unlink(missing_ok=True)
