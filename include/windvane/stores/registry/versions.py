"""Versions: how they were built, evaluated, decided on and explained."""

from __future__ import annotations

from typing import Protocol

from windvane.results import (
    Build,
    Evaluation,
    GateResult,
    Run,
    Version,
    VersionDraft,
)


class Versions(Protocol):
    """Versions: how they were built, evaluated, decided on and explained."""

    def begin(self, model: str, window_key: str, fingerprint: str, run: Run) -> Version | None:
        """Note that a version is being built, or return the one that these inputs made before.

        A build that was begun and never finished is taken over: it is the same version.
        """
        ...

    def building(self, model: str) -> list[Build]:
        """Return the builds that were begun and are not finished, the oldest first."""
        ...

    def add(self, draft: VersionDraft, run: Run) -> Version:
        """Finish a build: give its draft the next number; the same fingerprint again returns the version there is."""
        ...

    def get(self, model: str, number: int) -> Version:
        """Return a version, or raise `UnknownVersion`."""
        ...

    def by_fingerprint(self, model: str, fingerprint: str) -> Version | None:
        """Return the version made of exactly these inputs."""
        ...

    def all(self, model: str, limit: int | None = None, offset: int = 0) -> list[Version]:
        """Return the versions that were built, the newest first."""
        ...

    def add_evaluation(self, model: str, number: int, digest: str, evaluation: Evaluation, run: Run) -> None:
        """Record a version's latest evaluation; a built version becomes evaluated."""
        ...

    def add_gate(self, model: str, number: int, result: GateResult, run: Run, cause: str = "") -> None:
        """Record the gate's latest decision about a version, and why it was judged again, if it was."""
        ...

    def is_foreign(self, model: str, number: int) -> bool:
        """Tell whether a version came in a file whose author nobody trusted: no code that it brought may run."""
        ...

    def evaluation_beside(self, model: str, number: int, beside: int) -> str | None:
        """Return the digest of a version's evaluation beside another one (0: none), if there was one."""
        ...

    def reject(self, model: str, number: int, run: Run, reason: str) -> Version:
        """Mark an evaluated version as rejected; one that is, or was, champion stays what it is.

        Raises:
            IllegalMove: The version was never evaluated.
        """
        ...

    def add_explanation(self, model: str, number: int, digest: str, run: Run) -> None:
        """Record where a version's latest explanation is kept."""
        ...

    def explanation(self, model: str, number: int) -> str | None:
        """Return the digest of a version's latest explanation."""
        ...
