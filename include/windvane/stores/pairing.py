"""A registry and its artifacts know each other: both hold one id, so that neither is taken for another one.

The id is made when an empty registry meets artifacts that are empty too: first in the registry, where one transaction
decides between processes, then beside the artifacts, where only the first writer succeeds. So artifacts never have an
id that no registry has.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import datetime
from typing import TypeVar

from windvane.errors import OtherArtifacts, RegistryLost, StorageFailed, StorageRefused
from windvane.stores.artifacts import MOST_BYTES, Artifacts, Entry, Leftover
from windvane.stores.registry import Registry

T = TypeVar("T")

_PATIENCE = 3.0
"""Seconds that opening waits for artifacts that do not answer; they are looked at again when they are used."""


def paired(registry: Registry, artifacts: Artifacts, start_anew: bool = False) -> Artifacts:
    """Return the artifacts, once they are shown to be the registry's own.

    Where both are empty, both get an id. A registry of a release that knew no ids gets one together with artifacts
    that hold what it refers to. Artifacts that cannot be reached now are looked at before they are first used.

    Args:
        registry: The registry.
        artifacts: The artifacts.
        start_anew: True lets an empty side take the id of the other one, which a person has to decide.

    Raises:
        RegistryLost: The registry is empty, and the artifacts are not.
        OtherArtifacts: The artifacts are another registry's, or hold nothing of what this one refers to.
        ArtifactError: The artifacts cannot be reached, and the registry has no id yet.
    """
    _refuse_nameless(artifacts)
    known = registry.identity.get()
    if known is None:
        _introduce(registry, artifacts, start_anew)
        return artifacts
    try:
        _hold_against(known, registry, artifacts, start_anew, _PATIENCE)
    except (StorageFailed, StorageRefused):
        return _Unproved(known, registry, artifacts)
    return artifacts


def _introduce(registry: Registry, artifacts: Artifacts, start_anew: bool) -> None:
    """Give both an id, where that loses no history."""
    there = artifacts.identity()
    if registry.identity.is_empty():
        holds = there is not None or next(iter(artifacts.entries()), None) is not None
        known = registry.identity.get()  # another process may have come first, and the artifacts are its work
        if known is None and holds and not start_anew:
            raise _lost(registry, artifacts, there)
        known = known or registry.identity.take(there or str(uuid.uuid4()))
    else:
        if not _refers_to(registry, artifacts, unless_any=True) and not start_anew:
            raise _unknown(registry, artifacts)
        known = registry.identity.take(there or str(uuid.uuid4()))
    _refuse_other(known, artifacts.identify(known), registry, artifacts)


def _hold_against(
    known: str, registry: Registry, artifacts: Artifacts, start_anew: bool = False, patience: float | None = None
) -> None:
    """Refuse artifacts that do not hold the registry's id; those of a process that died between the two get it."""
    there = artifacts.identity(patience)
    if there is None:
        empty = next(iter(artifacts.entries()), None) is None
        if not (_refers_to(registry, artifacts, unless_any=empty) or (start_anew and empty)):
            raise _unknown(registry, artifacts)
        there = artifacts.identify(known)
    _refuse_other(known, there, registry, artifacts)


def _refers_to(registry: Registry, artifacts: Artifacts, unless_any: bool) -> bool:
    """Return whether the artifacts hold some of what the registry refers to; `unless_any` where it refers to none."""
    some = registry.identity.some_artifacts()
    return any(artifacts.has(digest) for digest in some) if some else unless_any


def _refuse_nameless(artifacts: Artifacts) -> None:
    if not hasattr(artifacts, "identity") or not hasattr(artifacts, "identify"):
        cause = f"artifacts at {artifacts.url}: this kind of store keeps no id (`identity`, `identify`)"
        raise StorageFailed(cause, "update the package that brings it; docs/plugins.md says what a store has")


def _refuse_other(known: str, there: str, registry: Registry, artifacts: Artifacts) -> None:
    if known != there:
        cause = f"the registry {registry.url} has the id {known}, and the artifacts at {artifacts.url} have {there}"
        raise OtherArtifacts(cause, "set WINDVANE_REGISTRY and WINDVANE_ARTIFACTS to two that belong together")


def _lost(registry: Registry, artifacts: Artifacts, there: str | None) -> RegistryLost:
    whose = f"are those of the registry {there}" if there else "hold what another registry wrote"
    cause = f"the registry {registry.url} is empty, and the artifacts at {artifacts.url} {whose}"
    remedy = "restore the registry from its backup, or correct WINDVANE_REGISTRY or WINDVANE_ARTIFACTS; only to begin"
    remedy += " a new history beside these artifacts: `windvane init-registry --start-anew`"
    return RegistryLost(cause, remedy)


def _unknown(registry: Registry, artifacts: Artifacts) -> OtherArtifacts:
    cause = (
        f"the artifacts at {artifacts.url} have no id, and hold nothing of what the registry {registry.url} refers to"
    )
    remedy = "restore the artifacts from their backup, or correct WINDVANE_ARTIFACTS; where they are lost for good:"
    return OtherArtifacts(cause, f"{remedy} `windvane init-registry --start-anew` with an empty place for artifacts")


class _Unproved:
    """Artifacts that could not be reached when they were opened: they are held against the registry when first used."""

    def __init__(self, known: str, registry: Registry, artifacts: Artifacts) -> None:
        self.url = artifacts.url
        self._known, self._registry, self._artifacts = known, registry, artifacts
        self._proved = False

    def identity(self, patience: float | None = None) -> str | None:
        """See `Artifacts.identity`."""
        return self._artifacts.identity(patience)

    def identify(self, wanted: str) -> str:
        """See `Artifacts.identify`."""
        return self._artifacts.identify(wanted)

    def put(self, data: bytes) -> str:
        """See `Artifacts.put`."""
        return self._own().put(data)

    def get(self, digest: str, at_most: int = MOST_BYTES) -> bytes:
        """See `Artifacts.get`."""
        return self._own().get(digest, at_most)

    def has(self, digest: str) -> bool:
        """See `Artifacts.has`."""
        return self._own().has(digest)

    def digests(self) -> Iterator[str]:
        """See `Artifacts.digests`."""
        yield from self._own().digests()

    def entries(self) -> Iterator[Entry]:
        """See `Artifacts.entries`."""
        yield from self._own().entries()

    def remove(self, digest: str, before: datetime) -> bool:
        """See `Artifacts.remove`."""
        return self._own().remove(digest, before)

    def leftovers(self) -> Iterator[Leftover]:
        """See `Artifacts.leftovers`."""
        yield from self._own().leftovers()

    def discard(self, leftover: Leftover) -> None:
        """See `Artifacts.discard`."""
        self._own().discard(leftover)

    def _own(self) -> Artifacts:
        if not self._proved:
            _hold_against(self._known, self._registry, self._artifacts)
            self._proved = True
        return self._artifacts
