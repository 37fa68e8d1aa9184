"""Artifacts: immutable bytes, each named by its own SHA-256."""

from __future__ import annotations

import hashlib
import json
import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, Protocol
from urllib.parse import urlsplit

from windvane.errors import CorruptArtifact, MissingArtifact, StorageFailed, nearest
from windvane.open_list import OpenList
from windvane.stores.pointers import checked_pointer

if TYPE_CHECKING:
    from windvane.stores.s3_client import S3Settings

ID_NAME = "identity.json"
"""The name under which the id of their registry stands beside artifacts."""

MOST_BYTES = 8 * 2**30
"""More bytes than any artifact has; what is longer is not read."""

PLACES = "give a folder, such as /srv/windvane/artifacts or file:///srv/windvane/artifacts, or s3://bucket/prefix"
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


class Entry(NamedTuple):
    """One stored artifact."""

    digest: str
    bytes: int
    put_at: datetime
    """No `put` of it ended later than this, by the store's clock (UTC)."""


@dataclass(frozen=True)
class Leftover:
    """What an interrupted write left behind: no artifact, and never read.

    Args:
        name: What the store calls it.
        bytes: How much of the store it takes, as far as the store tells.
        begun_at: When it was last written to, by the store's clock (UTC).
    """

    name: str
    bytes: int
    begun_at: datetime


class Artifacts(Protocol):
    """A content-addressed store. A digest is `sha256:<64 hex>` of the bytes.

    Writers and a sweep may work beside each other: once `put` has returned, `remove` takes nothing away whose age
    since that moment is younger than it was asked for, whether `put` wrote the bytes or found them there.
    """

    url: str
    """Where it is, without credentials."""

    def identity(self, patience: float | None = None) -> str | None:
        """Return the id of the registry whose artifacts these are; None as long as they have none.

        Args:
            patience: Seconds after which a store that does not answer is given up; None: as with anything else.

        Raises:
            CorruptArtifact: What is stored in its place is no id.
            StorageRefused, StorageFailed: The store cannot be read.
        """
        ...

    def identify(self, wanted: str) -> str:
        """Keep an id unless there is one, and return the one there is: of several writers at once, one succeeds.

        Raises:
            StorageFull, StorageRefused, StorageFailed: The store cannot be written.
        """
        ...

    def put(self, data: bytes) -> str:
        """Keep bytes and return their digest; keeping them again renews when they were last put.

        They become visible whole or not at all. Damaged bytes of the same digest are replaced.

        Raises:
            StorageFull: No space is left.
            StorageRefused: The store does not accept the credentials, or does not allow it.
            StorageFailed: The store cannot write.
        """
        ...

    def get(self, digest: str, at_most: int = MOST_BYTES) -> bytes:
        """Return the bytes of a digest, once they are shown to have it.

        Raises:
            MissingArtifact: Nothing is stored under it.
            CorruptArtifact: What is stored under it has another digest, or is longer than `at_most`.
            StorageRefused: The store does not accept the credentials, or does not allow it.
            StorageFailed: The store cannot read.
        """
        ...

    def has(self, digest: str) -> bool:
        """True when something is stored under a digest."""
        ...

    def digests(self) -> Iterator[str]:
        """Yield every digest, sorted."""
        ...

    def entries(self) -> Iterator[Entry]:
        """Yield every artifact, each once, in no order."""
        ...

    def remove(self, digest: str, before: datetime) -> bool:
        """Remove an artifact that was last put before a moment; return whether it was removed.

        Safe beside writers: an artifact that is put again at the same time stays.
        """
        ...

    def leftovers(self) -> Iterator[Leftover]:
        """Yield what interrupted writes left, and what writers that are still at work have begun."""
        ...

    def discard(self, leftover: Leftover) -> None:
        """Remove a leftover; of one that is gone already, nothing is said. A writer still at work on it fails."""
        ...


def digest_of(data: bytes) -> str:
    """Return the digest of bytes."""
    return "sha256:" + hashlib.sha256(data).hexdigest()


class MemoryArtifacts:
    """Artifacts that live as long as the process: for tests and notebooks."""

    def __init__(self) -> None:
        self.url = "memory://"
        self._kept: dict[str, tuple[bytes, datetime]] = {}
        self._pointers: dict[str, bytes] = {}
        self._id: dict[str, str] = {}

    def identity(self, patience: float | None = None) -> str | None:  # noqa: ARG002 (memory answers at once)
        """Return the id; see `Artifacts.identity`."""
        return self._id.get(ID_NAME)

    def identify(self, wanted: str) -> str:
        """Keep an id; see `Artifacts.identify`."""
        return self._id.setdefault(ID_NAME, wanted)

    def put(self, data: bytes) -> str:
        """Keep bytes; see `Artifacts.put`."""
        digest = digest_of(data)
        self._kept[digest] = bytes(data), datetime.now(UTC)
        return digest

    def get(self, digest: str, at_most: int = MOST_BYTES) -> bytes:
        """Return bytes; see `Artifacts.get`."""
        if digest not in self._kept:
            raise missing(digest, self.url)
        data = self._kept[digest][0]
        refuse_long(len(data), at_most, digest, self.url)
        return verified(data, digest, self.url)

    def has(self, digest: str) -> bool:
        """True when something is stored under a digest."""
        return digest in self._kept

    def digests(self) -> Iterator[str]:
        """Yield every digest, sorted."""
        yield from sorted(self._kept)

    def entries(self) -> Iterator[Entry]:
        """Yield every artifact; see `Artifacts.entries`."""
        for digest, (data, put_at) in list(self._kept.items()):
            yield Entry(digest, len(data), put_at)

    def remove(self, digest: str, before: datetime) -> bool:
        """Remove an artifact last put before a moment; see `Artifacts.remove`."""
        if digest not in self._kept or self._kept[digest][1] >= before:
            return False
        del self._kept[digest]
        return True

    def leftovers(self) -> Iterator[Leftover]:
        """Yield nothing: memory forgets what was not finished."""
        yield from ()

    def discard(self, leftover: Leftover) -> None:
        """Refuse: there are none; see `leftovers`."""
        raise no_leftover(leftover, self.url)

    def point(self, name: str, data: bytes) -> None:
        """Write a pointer; see `windvane.stores.pointers.Pointers`."""
        self._pointers[checked_pointer(name, self.url)] = bytes(data)

    def pointer(self, name: str) -> bytes | None:
        """Return the bytes of a pointer, None where there is none."""
        return self._pointers.get(checked_pointer(name, self.url))

    def pointers(self) -> Iterator[str]:
        """Yield the name of every pointer."""
        yield from list(self._pointers)


class ArtifactStore(ABC):
    """A kind of place for artifacts: a subclass in a module that an entry point of `windvane.artifact_stores` names."""

    scheme: ClassVar[str] = ""
    """How its URLs begin, without `://`."""

    @classmethod
    @abstractmethod
    def open(cls, url: str, settings: Any = None) -> Artifacts:
        """Open the artifacts at a URL of this scheme.

        Args:
            url: Where they are; never with credentials.
            settings: Gives endpoint, region and credentials, and is asked again when they are refused; None takes
                the usual settings of the environment.

        Raises:
            StorageFailed: The URL has another form.
        """


def _scheme_of(item: object) -> str | None:
    return (item.scheme or None) if isinstance(item, type) and issubclass(item, ArtifactStore) else None


ARTIFACT_STORES: OpenList[type[ArtifactStore]] = OpenList(
    "windvane.artifact_stores", "artifact store", _scheme_of, "windvane.artifact_stores"
)
"""Every kind of place for artifacts that an installed package brings, by its scheme."""


def open_artifacts(url: str, s3: Callable[[], S3Settings] | None = None) -> Artifacts:
    """Open the artifacts at a folder path (`~` is the home folder), its `file://` URL, `s3://bucket/prefix`, ….

    Args:
        url: Where they are; never with credentials.
        s3: Endpoint, region and credentials, asked for again when they are refused; None takes the standard AWS
            settings of the environment.

    Raises:
        StorageFailed: When the URL has another form, or no installed package brings its scheme.
    """
    scheme = urlsplit(url).scheme if "://" in url else "file"
    if not url.strip():
        raise StorageFailed(f"artifacts at {url!r} cannot be opened", PLACES)
    if scheme not in ARTIFACT_STORES:
        known = ", ".join(ARTIFACT_STORES)
        cause = f"artifacts at {scheme}://… cannot be opened{nearest(scheme, ARTIFACT_STORES)}; known schemes: {known}"
        raise StorageFailed(cause, PLACES)
    return ARTIFACT_STORES.get(scheme).open(url, s3)


def id_bytes(wanted: str) -> bytes:
    """Return what is kept of an id."""
    return json.dumps({"registry": wanted}).encode() + b"\n"


def id_of(data: bytes, url: str) -> str:
    """Return the id that was kept.

    Raises:
        CorruptArtifact: These bytes hold none.
    """
    try:
        found = json.loads(data)["registry"]
        if isinstance(found, str) and 0 < len(found) <= 36:
            return found
    except (ValueError, KeyError, TypeError):
        pass
    cause = f"{ID_NAME} in {url} holds no id of a registry: {data[:40]!r}"
    raise CorruptArtifact(
        cause, "restore it from a backup, or remove it: the registry whose artifacts these are writes it again"
    )


def is_digest(text: str) -> bool:
    """True for `sha256:<64 hex>`: nothing else ever becomes part of a path or a key."""
    return _DIGEST.fullmatch(text) is not None


def verified(data: bytes, digest: str, url: str) -> bytes:
    """Return bytes that have the digest.

    Raises:
        CorruptArtifact: They have another.
    """
    found = digest_of(data)
    if found != digest:
        cause = f"artifact {digest} in {url} holds other bytes, {found}"
        raise CorruptArtifact(cause, "restore it from a backup, or run again the step that made it")
    return data


def missing(digest: str, url: str) -> MissingArtifact:
    """Return the error that nothing is stored under a digest."""
    cause = f"no artifact {digest!r:.90} in {url}"
    return MissingArtifact(cause, "check that this is the store it was written to, or restore it from a backup")


def refuse_long(length: int, at_most: int, digest: str, url: str) -> None:
    """Refuse, before it is read, what is longer than the artifact can be.

    Raises:
        CorruptArtifact: It is.
    """
    if length > at_most:
        cause = f"artifact {digest} in {url} has {length:,} bytes, more than the {at_most:,} it may have"
        raise CorruptArtifact(cause, "restore it from a backup, or run again the step that made it")


def no_leftover(leftover: Leftover, url: str) -> StorageFailed:
    """Return the error that something is not what `leftovers` would name."""
    cause = f"{leftover.name!r:.120} is no leftover of the artifacts in {url}"
    return StorageFailed(cause, "discard only what `leftovers` names")
