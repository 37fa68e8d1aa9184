"""The registry's protocol: what is known about models, and the only way to change it, in parts.

Every change is one transaction that appends an event to the model's audit log; doing the same again changes nothing.
Where a transaction's answer gets lost, its fate is looked up, and it is not made twice. The backend is SQL:
`windvane.stores.sql`.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Protocol

from windvane.stores.pages import Moment
from windvane.stores.registry.audit import Audit, AuditLogCheck, Row
from windvane.stores.registry.champions import Champions
from windvane.stores.registry.erasures import Erasures
from windvane.stores.registry.identity import Identity
from windvane.stores.registry.models import ModelRow, Models
from windvane.stores.registry.monitoring import Monitoring
from windvane.stores.registry.people import People
from windvane.stores.registry.scores import PublishedScores
from windvane.stores.registry.snapshots import Snapshots
from windvane.stores.registry.staging import Staging
from windvane.stores.registry.tuning import Tuning
from windvane.stores.registry.versions import Versions

__all__ = ["AuditLogCheck", "ModelRow", "Registry", "Row"]


class Registry(Protocol):
    """What is known, transactionally. A method that names a model raises `UnknownModel` when there is none."""

    url: str
    """Where it is, without credentials."""
    schema: str
    """The revision of its tables."""
    identity: Identity
    models: Models
    snapshots: Snapshots
    versions: Versions
    champions: Champions
    people: People
    staging: Staging
    scores: PublishedScores
    monitoring: Monitoring
    erasures: Erasures
    tuning: Tuning
    audit: Audit

    def read(self) -> AbstractContextManager[Moment]:
        """Open one moment of the registry: all that is read of it sees the same state, on one connection."""
        ...

    def close(self) -> None:
        """Let go of what is open."""
        ...
