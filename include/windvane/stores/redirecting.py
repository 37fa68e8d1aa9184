"""Artifacts of which some were erased: who asks for one gets what is left of it, or is told who erased it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from windvane.errors import Erased, MissingArtifact
from windvane.stores.artifacts import MOST_BYTES, Artifacts, Entry, Leftover
from windvane.stores.pointers import Pointers
from windvane.stores.registry import Registry


def redirected(artifacts: Artifacts, registry: Registry) -> Artifacts:
    """Return artifacts that give, for the digest of one that was erased, what the registry says is left of it."""
    kind = _WithPointers if isinstance(artifacts, Pointers) else _Redirecting
    return kind(artifacts, registry)


class _Redirecting:
    """Artifacts beside the registry that knows what was erased; it is asked only where something is missing."""

    def __init__(self, artifacts: Artifacts, registry: Registry) -> None:
        self.url = artifacts.url
        self._artifacts, self._registry = artifacts, registry

    def identity(self, patience: float | None = None) -> str | None:
        """See `Artifacts.identity`."""
        return self._artifacts.identity(patience)

    def identify(self, wanted: str) -> str:
        """See `Artifacts.identify`."""
        return self._artifacts.identify(wanted)

    def put(self, data: bytes) -> str:
        """See `Artifacts.put`."""
        return self._artifacts.put(data)

    def get(self, digest: str, at_most: int = MOST_BYTES) -> bytes:
        """Return the bytes of a digest, or of the last of its successors; see `Artifacts.get`.

        Raises:
            Erased: They were erased, and nothing took their place.
        """
        try:
            return self._artifacts.get(digest, at_most)
        except MissingArtifact as error:
            found = self._registry.erasures.find(digest)
            if found is None:
                raise
            if not found.successor or found.how == "retired":
                cause = f"{found.model}: {found.kind} {digest} was {found.told}"
                raise Erased(
                    cause, "nothing brings it back; what can be made anew is made of the rows that are left"
                ) from error
            if found.successor == digest:
                raise
            try:
                return self.get(found.successor)
            except MissingArtifact as lost:
                raise lost from error

    def has(self, digest: str) -> bool:
        """True when something is stored under a digest, or under the last of its successors."""
        if self._artifacts.has(digest):
            return True
        found = self._registry.erasures.find(digest)
        return found is not None and found.successor not in ("", digest) and self.has(found.successor)

    def digests(self) -> Iterator[str]:
        """See `Artifacts.digests`."""
        yield from self._artifacts.digests()

    def entries(self) -> Iterator[Entry]:
        """See `Artifacts.entries`."""
        yield from self._artifacts.entries()

    def remove(self, digest: str, before: datetime) -> bool:
        """See `Artifacts.remove`."""
        return self._artifacts.remove(digest, before)

    def leftovers(self) -> Iterator[Leftover]:
        """See `Artifacts.leftovers`."""
        yield from self._artifacts.leftovers()

    def discard(self, leftover: Leftover) -> None:
        """See `Artifacts.discard`."""
        self._artifacts.discard(leftover)


class _WithPointers(_Redirecting):
    """The same, in a place that keeps pointers too."""

    def point(self, name: str, data: bytes) -> None:
        """See `Pointers.point`."""
        self._pointers.point(name, data)

    def pointer(self, name: str) -> bytes | None:
        """See `Pointers.pointer`."""
        return self._pointers.pointer(name)

    def pointers(self) -> Iterator[str]:
        """See `Pointers.pointers`."""
        yield from self._pointers.pointers()

    @property
    def _pointers(self) -> Pointers:
        assert isinstance(self._artifacts, Pointers)  # `redirected` looked
        return self._artifacts
