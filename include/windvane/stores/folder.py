"""Artifacts in a folder of a local or shared file system."""

from __future__ import annotations

import contextlib
import fcntl
import os
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import NoReturn

from windvane.errors import CorruptArtifact, StorageFailed, StorageFull
from windvane.stores.artifacts import (
    ID_NAME,
    MOST_BYTES,
    Entry,
    Leftover,
    digest_of,
    id_bytes,
    id_of,
    is_digest,
    missing,
    no_leftover,
    refuse_long,
    verified,
)
from windvane.stores.modes import file_mode, make_folders, open_regular
from windvane.stores.pointers import ROOT, checked_pointer, is_pointer
from windvane.stores.temporary import FULL

_PARTIAL = ".partial-"
_BLOCK = 2**20


class FolderArtifacts:
    """Artifacts as read-only-by-convention files `<root>/sha256/<2 hex>/<62 hex>`.

    A file is written under a temporary name in its final folder, synced, renamed, and the folder synced: a reader
    sees all of it or nothing, after a crash too. Its modification time says when it was last put. The last act of a
    `put` holds the file `<root>/.lock` shared, and `remove` holds it alone, so that neither can come between the
    other's look and its act; the system lets go of the lock of a process that dies. Pointers are the files
    `<root>/models/…/current.json` (see `pointers.py`).

    Args:
        root: The folder; made with the first artifact.
    """

    def __init__(self, root: Path) -> None:
        self._root = root.absolute()
        self._synced: set[Path] = set()
        self.url = str(self._root)

    def identity(self, patience: float | None = None) -> str | None:  # noqa: ARG002 (a folder answers at once)
        """Return the id that the file `<root>/identity.json` holds; see `Artifacts.identity`."""
        try:
            with open_regular(self._root / ID_NAME, self.url) as file:
                return id_of(file.read(_BLOCK), self.url)
        except FileNotFoundError:
            return None
        except OSError as error:
            self._refuse("read", ID_NAME, error)

    def identify(self, wanted: str) -> str:
        """Keep an id, alone with the lock; see `Artifacts.identify`."""
        path, begun = self._root / ID_NAME, self._root / f"{_PARTIAL}{ID_NAME}"
        try:
            self._make_folder(self._root)
            with self._locked(fcntl.LOCK_EX):
                if not path.exists():
                    with begun.open("wb") as file:
                        file.write(id_bytes(wanted))
                        file.flush()
                        os.fchmod(file.fileno(), file_mode())
                        os.fsync(file.fileno())
                    begun.replace(path)
            _sync(self._root)
        except OSError as error:
            self._refuse("write", ID_NAME, error)
        return self.identity() or wanted

    def put(self, data: bytes) -> str:
        """Keep bytes; see `Artifacts.put`."""
        digest = digest_of(data)
        path = self._path(digest)
        try:
            self._make_folder(path.parent)
            if not self._renewed(path, data):
                self._write(path, data)
            _sync(path.parent)  # of bytes found there too: who wrote them may not have come to it
        except OSError as error:
            self._refuse("write", digest, error)
        return digest

    def get(self, digest: str, at_most: int = MOST_BYTES) -> bytes:
        """Return bytes; see `Artifacts.get`."""
        if not is_digest(digest):
            raise missing(digest, self.url)
        try:
            with open_regular(self._path(digest), self.url) as file:
                refuse_long(os.fstat(file.fileno()).st_size, at_most, digest, self.url)
                data = file.read(at_most + 1)
        except FileNotFoundError:
            raise missing(digest, self.url) from None
        except OSError as error:
            self._refuse("read", digest, error)
        return verified(data, digest, self.url)

    def has(self, digest: str) -> bool:
        """True when something is stored under a digest."""
        try:
            return is_digest(digest) and self._path(digest).is_file()
        except OSError as error:
            self._refuse("read", digest, error)

    def digests(self) -> Iterator[str]:
        """Yield every digest, sorted; temporary files of an interrupted write do not count."""
        yield from sorted(entry.digest for entry in self.entries())

    def entries(self) -> Iterator[Entry]:
        """Yield every artifact; see `Artifacts.entries`."""
        for file in self._files():
            digest = f"sha256:{Path(file.path).parent.name}{file.name}"
            stat = _stat(file)
            if is_digest(digest) and stat is not None:
                yield Entry(digest, stat.st_size, _moment(stat))

    def remove(self, digest: str, before: datetime) -> bool:
        """Remove an artifact last put before a moment; see `Artifacts.remove`."""
        if not self.has(digest):
            return False
        path = self._path(digest)
        try:
            with self._locked(fcntl.LOCK_EX):
                if _moment(path.stat()) >= before:
                    return False
                path.unlink()
        except FileNotFoundError:  # another sweep was faster
            return False
        except OSError as error:
            self._refuse("remove", digest, error)
        return True

    def leftovers(self) -> Iterator[Leftover]:
        """Yield the temporary files that are there; see `Artifacts.leftovers`."""
        for file in self._files():
            stat = _stat(file)
            if file.name.startswith(_PARTIAL) and stat is not None:
                yield Leftover(str(Path(file.path).relative_to(self._root)), stat.st_size, _moment(stat))

    def discard(self, leftover: Leftover) -> None:
        """Remove a temporary file; see `Artifacts.discard`."""
        path = self._root / leftover.name
        shard = path.parent
        if not path.name.startswith(_PARTIAL) or shard.parent != self._root / "sha256" or len(shard.name) != 2:
            raise no_leftover(leftover, self.url)
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            self._refuse("remove", leftover.name, error)

    def point(self, name: str, data: bytes) -> None:
        """Write a pointer; see `Pointers.point`. Its temporary file is among those of the artifacts, for sweeps."""
        path, shard = self._pointer(name), self._path(digest_of(data)).parent
        try:
            self._make_folder(shard)
            self._make_folder(path.parent)
            self._write(path, data, shard)
            _sync(path.parent)
        except OSError as error:
            self._refuse("write", name, error)

    def pointer(self, name: str) -> bytes | None:
        """Return the bytes of a pointer; see `Pointers.pointer`."""
        try:
            with open_regular(self._pointer(name), self.url) as file:
                return file.read(_BLOCK)
        except FileNotFoundError:
            return None
        except OSError as error:
            self._refuse("read", name, error)

    def pointers(self) -> Iterator[str]:
        """Yield the name of every pointer."""
        for path in sorted(self._root.glob(f"{ROOT}*/scores/*/current.json")):
            name = path.relative_to(self._root).as_posix()
            if is_pointer(name):
                yield name

    def _pointer(self, name: str) -> Path:
        return self._root / checked_pointer(name, self.url)

    def _path(self, digest: str) -> Path:
        name = digest.removeprefix("sha256:")
        return self._root / "sha256" / name[:2] / name[2:]

    def _files(self) -> Iterator[os.DirEntry[str]]:
        """Yield the files of all shards; a shard is read whole before its first file is yielded."""
        try:
            shards = sorted(self._root.glob("sha256/??"))
            for shard in shards:
                with os.scandir(shard) as found:
                    yield from [file for file in found if file.is_file(follow_symlinks=False)]
        except OSError as error:
            self._refuse("list", "files", error)

    def _make_folder(self, folder: Path) -> None:
        """Make a folder and its parents, each entry synced, so that a rename into it outlives a crash.

        Folders that are there are synced too, once: who made them may not have come to it.
        """
        if folder in self._synced:
            if folder.is_dir():
                return
            self._synced.clear()  # somebody removed it, and perhaps more
        above = folder.parent
        if folder != self._root:
            self._make_folder(above)
        make_folders(folder)
        _sync(above)
        self._synced.add(folder)

    def _renewed(self, path: Path, data: bytes) -> bool:
        """True when the very bytes are there, and were marked as put just now."""
        if not _holds(path, data):
            return False
        with self._locked(fcntl.LOCK_SH), contextlib.suppress(FileNotFoundError):
            os.utime(path)
            return True
        return False

    def _write(self, path: Path, data: bytes, beside: Path | None = None) -> None:
        """Write a whole file atomically; on any failure the temporary file, in its folder or another, is gone."""
        descriptor, name = tempfile.mkstemp(prefix=_PARTIAL, dir=beside or path.parent)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(data)
                file.flush()
                os.fchmod(file.fileno(), file_mode())
                os.fsync(file.fileno())
            with self._locked(fcntl.LOCK_SH):
                os.utime(name)
                Path(name).replace(path)
        except BaseException:
            with contextlib.suppress(OSError):
                Path(name).unlink(missing_ok=True)
            raise

    @contextlib.contextmanager
    def _locked(self, how: int) -> Iterator[None]:
        descriptor = os.open(self._root / ".lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, file_mode())
        try:
            fcntl.flock(descriptor, how)
            yield
        finally:
            os.close(descriptor)

    def _refuse(self, verb: str, what: str, error: OSError) -> NoReturn:
        named = f"artifact {what}" if is_digest(what) else what
        message = f"cannot {verb} {named} in {self.url}: {error.strerror or error}"
        if error.errno in FULL:
            raise StorageFull(message, "free some space, then run the same again; nothing was half-written") from error
        remedy = "check the folder's permissions and its disk, then run the same again; nothing was half-written"
        raise StorageFailed(message, remedy) from error


def _holds(path: Path, data: bytes) -> bool:
    """True when a file holds exactly these bytes; it is read a block at a time."""
    view = memoryview(data)
    try:
        with open_regular(path, "") as file:
            if os.fstat(file.fileno()).st_size != len(data):
                return False
            return all(file.read(_BLOCK) == view[at : at + _BLOCK] for at in range(0, len(data), _BLOCK))
    except (FileNotFoundError, CorruptArtifact):
        return False


def _stat(file: os.DirEntry[str]) -> os.stat_result | None:
    """Return what the system knows of a file; None when it is gone since it was listed."""
    try:
        return file.stat(follow_symlinks=False)
    except FileNotFoundError:
        return None


def _moment(stat: os.stat_result) -> datetime:
    return datetime.fromtimestamp(stat.st_mtime, UTC)


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
