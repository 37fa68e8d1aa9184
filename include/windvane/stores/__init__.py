"""All input and output: the registry, the artifacts, the datasets and the models, each behind a small protocol."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from windvane.stores.artifacts import Artifacts, Entry, Leftover, MemoryArtifacts, open_artifacts
from windvane.stores.connections import Connections, EnvironmentConnections
from windvane.stores.folder import FolderArtifacts
from windvane.stores.registry import Registry
from windvane.stores.witnesses import Witness, witness_of

if TYPE_CHECKING:
    from windvane.stores.s3_client import S3Settings

__all__ = [
    "Artifacts",
    "Connections",
    "Entry",
    "EnvironmentConnections",
    "FolderArtifacts",
    "Leftover",
    "MemoryArtifacts",
    "Registry",
    "Stores",
    "home",
    "is_made",
    "open_artifacts",
    "open_stores",
]


_PATIENCE, _VISITORS_PATIENCE = 30.0, 3.0
"""Seconds to wait for another writer: a task can wait, who looks at a page should not."""


@dataclass(frozen=True)
class Stores:
    """Where everything is kept.

    Args:
        registry: What is known: models, versions, champions, decisions, and the audit log.
        artifacts: The bytes: snapshots, models, profiles, evaluations, reports.
        connections: What the connections that sources name stand for.
        witness: Says where signed statements about the audit log go, and who signs; see `windvane.stores.witnesses`.
        isolate: Keep every stored model in the box, those that this registry trained too; see `windvane.stores.box`.
        base: The folder that relative paths of files start at; None is the working folder.
    """

    registry: Registry
    artifacts: Artifacts
    connections: Connections = field(default_factory=EnvironmentConnections)
    witness: Callable[[], Witness | None] = field(default=lambda: witness_of(None, None))
    isolate: bool = field(default_factory=lambda: os.environ.get("WINDVANE_ISOLATE", "") not in ("", "0"))
    base: Path | None = None


def home() -> Path:
    """Return the folder of the embedded stores: `WINDVANE_HOME`, or `~/.windvane`."""
    return Path(os.environ.get("WINDVANE_HOME") or "~/.windvane").expanduser()


def open_stores(
    registry_url: str | None = None,
    artifacts_url: str | None = None,
    s3: Callable[[], S3Settings] | None = None,
    connections: Connections | None = None,
    visited: bool = False,
    start_anew: bool = False,
    witness: Callable[[], Witness | None] | None = None,
) -> Stores:
    """Open the registry and its artifacts; a registry of an older schema is brought up to date.

    Where both are empty, both get the id by which they know each other.

    Args:
        registry_url: A SQLAlchemy URL; None takes `WINDVANE_REGISTRY`, or `registry.db` in `home()`.
        artifacts_url: A folder, its `file://` URL, or `s3://bucket/prefix`; None takes `WINDVANE_ARTIFACTS`, or
            `artifacts` in `home()`.
        s3: Endpoint, region and credentials of S3; None takes the standard AWS settings of the environment.
        connections: What the connections that sources name stand for; None looks into the environment.
        visited: True in a server of pages: it waits for other writers and for the database a few seconds only.
        start_anew: True lets an empty side take the id of the other one; see `windvane.stores.pairing.paired`.
        witness: See `Stores`; None looks into the environment.

    Raises:
        RegistryError: The registry cannot be opened.
        RegistryLost, OtherArtifacts: The two do not belong together.
        StorageFailed: The artifacts' URL has a form that is not known.
    """
    from windvane.stores.pairing import paired
    from windvane.stores.redirecting import redirected
    from windvane.stores.sql import SqlRegistry

    registry_url = _registry_url(registry_url)
    artifacts_url = artifacts_url or os.environ.get("WINDVANE_ARTIFACTS") or str(home() / "artifacts")
    registry = SqlRegistry(registry_url, _VISITORS_PATIENCE if visited else _PATIENCE)
    try:
        artifacts = redirected(paired(registry, open_artifacts(artifacts_url, s3), start_anew), registry)
    except BaseException:
        registry.close()
        raise
    return Stores(
        registry, artifacts, connections or EnvironmentConnections(), witness or (lambda: witness_of(None, None))
    )


def is_made(registry_url: str | None = None) -> bool:
    """Return whether there is a registry to open, as far as can be told without making one.

    Args:
        registry_url: As `open_stores` takes it.
    """
    kind, _, path = _registry_url(registry_url).partition("///")
    return not kind.startswith("sqlite") or Path(path).exists()


def _registry_url(given: str | None) -> str:
    return given or os.environ.get("WINDVANE_REGISTRY") or f"sqlite:///{home() / 'registry.db'}"
