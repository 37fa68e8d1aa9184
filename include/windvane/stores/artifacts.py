"""Artifacts: immutable bytes, each named by its own SHA-256."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn, Protocol
from urllib.parse import unquote, urlsplit

from windvane.errors import CorruptArtifact, MissingArtifact, StorageFailed, StorageFull

_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class Artifacts(Protocol):
    """A content-addressed store. A digest is `sha256:<64 hex>` of the bytes."""

    url: str
    """Where it is, without credentials."""

    def put(self, data: bytes) -> str:
        """Keep bytes and return their digest; keeping them again changes nothing.

        They become visible whole or not at all.

        Raises:
            StorageFull: No space is left.
            StorageFailed: The store refuses to write.
        """
        ...

    def get(self, digest: str) -> bytes:
        """Return the bytes of a digest, once they are shown to have it.

        Raises:
            MissingArtifact: Nothing is stored under it.
            CorruptArtifact: What is stored under it has another digest.
            StorageFailed: The store refuses to read.
        """
        ...

    def has(self, digest: str) -> bool:
        """True when something is stored under a digest."""
        ...

    def digests(self) -> Iterator[str]:
        """Yield every digest, sorted."""
        ...


def digest_of(data: bytes) -> str:
    """Return the digest of bytes."""
    return "sha256:" + hashlib.sha256(data).hexdigest()


class MemoryArtifacts:
    """Artifacts that live as long as the process: for tests and notebooks."""

    def __init__(self) -> None:
        self.url = "memory://"
        self._kept: dict[str, bytes] = {}

    def put(self, data: bytes) -> str:
        """Keep bytes; see `Artifacts.put`."""
        digest = digest_of(data)
        self._kept[digest] = bytes(data)
        return digest

    def get(self, digest: str) -> bytes:
        """Return bytes; see `Artifacts.get`."""
        if digest not in self._kept:
            raise _missing(digest, self.url)
        return _verified(self._kept[digest], digest, self.url)

    def has(self, digest: str) -> bool:
        """True when something is stored under a digest."""
        return digest in self._kept

    def digests(self) -> Iterator[str]:
        """Yield every digest, sorted."""
        yield from sorted(self._kept)


class FolderArtifacts:
    """Artifacts as read-only-by-convention files `<root>/sha256/<2 hex>/<62 hex>`.

    A file is written under a temporary name in its final folder, synced, renamed, and the folder synced: a reader
    sees all of it or nothing, after a crash too.

    Args:
        root: The folder; made with the first artifact.
    """

    def __init__(self, root: Path) -> None:
        self._root = root.absolute()
        self.url = str(self._root)

    def put(self, data: bytes) -> str:
        """Keep bytes; see `Artifacts.put`. A damaged file of the same digest is replaced."""
        digest = digest_of(data)
        path = self._path(digest)
        try:
            if not path.exists() or path.read_bytes() != data:
                self._make_folder(path.parent)
                _write(path, data)
        except OSError as error:
            self._refuse("write", digest, error)
        return digest

    def get(self, digest: str) -> bytes:
        """Return bytes; see `Artifacts.get`."""
        if not _DIGEST.fullmatch(digest):
            raise _missing(digest, self.url)
        try:
            data = self._path(digest).read_bytes()
        except FileNotFoundError:
            raise _missing(digest, self.url) from None
        except OSError as error:
            self._refuse("read", digest, error)
        return _verified(data, digest, self.url)

    def has(self, digest: str) -> bool:
        """True when something is stored under a digest."""
        try:
            return _DIGEST.fullmatch(digest) is not None and self._path(digest).is_file()
        except OSError as error:
            self._refuse("read", digest, error)

    def digests(self) -> Iterator[str]:
        """Yield every digest, sorted; temporary files of an interrupted write do not count."""
        for path in sorted(self._root.glob("sha256/??/*")):
            digest = f"sha256:{path.parent.name}{path.name}"
            if _DIGEST.fullmatch(digest):
                yield digest

    def _path(self, digest: str) -> Path:
        name = digest.removeprefix("sha256:")
        return self._root / "sha256" / name[:2] / name[2:]

    def _make_folder(self, folder: Path) -> None:
        """Make a folder and its parents, each entry synced, so that a rename into it outlives a crash."""
        if folder.is_dir():
            return
        self._make_folder(folder.parent)
        folder.mkdir(exist_ok=True)
        _sync(folder.parent)

    def _refuse(self, verb: str, digest: str, error: OSError) -> NoReturn:
        told = f"cannot {verb} artifact {digest} in {self.url}: {error.strerror or error}"
        if error.errno in _FULL:
            raise StorageFull(told, "free some space, then run the same again; nothing was written") from error
        raise StorageFailed(told, "check the folder's permissions and its disk; nothing was changed") from error


def open_artifacts(url: str) -> Artifacts:
    """Open the artifacts at a folder path (`~` is the home folder) or its `file://` URL.

    Raises:
        StorageFailed: When the URL has another form.
    """
    scheme = urlsplit(url).scheme if "://" in url else ""
    if scheme == "file" and urlsplit(url).netloc in ("", "localhost"):
        return FolderArtifacts(Path(unquote(urlsplit(url).path)))
    if scheme or not url.strip():
        told = f"artifacts at {scheme + '://…' if scheme else repr(url)} cannot be opened"
        raise StorageFailed(told, "give a folder, such as /srv/windvane/artifacts or file:///srv/windvane/artifacts")
    return FolderArtifacts(Path(url).expanduser())


def _write(path: Path, data: bytes) -> None:
    """Write a whole file atomically; on any failure the temporary file is gone."""
    descriptor, name = tempfile.mkstemp(prefix=".partial-", dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fchmod(file.fileno(), 0o644)
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            Path(name).unlink(missing_ok=True)
        raise
    _sync(path.parent)


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _verified(data: bytes, digest: str, url: str) -> bytes:
    found = digest_of(data)
    if found != digest:
        cause = f"artifact {digest} in {url} holds other bytes, {found}"
        raise CorruptArtifact(cause, "restore it from a backup, or run again the step that made it")
    return data


def _missing(digest: str, url: str) -> MissingArtifact:
    cause = f"no artifact {digest!r:.90} in {url}"
    return MissingArtifact(cause, "check that this is the store it was written to, or restore it from a backup")
