"""`SqlRegistry`: the parts beside each other, on one database."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from windvane.stores.pages import Moment
from windvane.stores.registry.audit import Audit
from windvane.stores.registry.champions import Champions
from windvane.stores.registry.erasures import Erasures
from windvane.stores.registry.identity import Identity
from windvane.stores.registry.models import Models
from windvane.stores.registry.monitoring import Monitoring
from windvane.stores.registry.people import People
from windvane.stores.registry.scores import PublishedScores
from windvane.stores.registry.snapshots import Snapshots
from windvane.stores.registry.staging import Staging
from windvane.stores.registry.tuning import Tuning
from windvane.stores.registry.versions import Versions
from windvane.stores.sql.audit import SqlAudit
from windvane.stores.sql.audit_log import Clock, now
from windvane.stores.sql.champions import SqlChampions
from windvane.stores.sql.connection import Database
from windvane.stores.sql.erasures import SqlErasures
from windvane.stores.sql.identity import SqlIdentity
from windvane.stores.sql.models import SqlModels
from windvane.stores.sql.monitoring import SqlMonitoring
from windvane.stores.sql.pages import SqlMoment
from windvane.stores.sql.people import SqlPeople
from windvane.stores.sql.schema import HEAD
from windvane.stores.sql.scores import SqlScores
from windvane.stores.sql.snapshots import SqlSnapshots
from windvane.stores.sql.staging import SqlStaging
from windvane.stores.sql.tuning import SqlTuning
from windvane.stores.sql.versions import SqlVersions


class SqlRegistry:
    """The registry in a SQL database; see `windvane.stores.registry` for what its parts promise.

    Args:
        url: A SQLAlchemy URL: `sqlite:////srv/windvane/registry.db` (the file and its folders are made), or
            `postgresql://user:password@host:5432/registry` (the database is there, and empty).
        busy_timeout: How long to wait for another writer, in seconds.
        clock: The moment a change is recorded at; it never chooses data.
        compared: Whether that clock is held against the database's own; None does so with the machine's clock.
    """

    def __init__(self, url: str, busy_timeout: float = 30.0, clock: Clock = now, compared: bool | None = None) -> None:
        self.database = Database(url, busy_timeout, clock, compared)
        self.url: str = self.database.url
        self.schema: str = HEAD
        self.identity: Identity = SqlIdentity(self.database)
        self.models: Models = SqlModels(self.database)
        self.snapshots: Snapshots = SqlSnapshots(self.database)
        self.versions: Versions = SqlVersions(self.database)
        self.champions: Champions = SqlChampions(self.database)
        self.people: People = SqlPeople(self.database)
        self.staging: Staging = SqlStaging(self.database)
        self.scores: PublishedScores = SqlScores(self.database)
        self.monitoring: Monitoring = SqlMonitoring(self.database)
        self.erasures: Erasures = SqlErasures(self.database)
        self.tuning: Tuning = SqlTuning(self.database)
        self.audit: Audit = SqlAudit(self.database)

    @contextmanager
    def read(self) -> Iterator[Moment]:
        """See `Registry.read`."""
        with self.database.reading() as connection:
            yield SqlMoment(connection)

    def close(self) -> None:
        """Let go of what is open."""
        self.database.close()
