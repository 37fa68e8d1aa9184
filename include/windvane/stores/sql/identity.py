"""The registry's id, and what tells which artifacts are its own."""

from __future__ import annotations

import sqlalchemy as sa

from windvane.results import Snapshot, VersionDraft
from windvane.stores.sql.part import Part, reads
from windvane.stores.sql.tables import identity, models, snapshots, versions
from windvane.stores.sql.verifying import broken

_SOME = 5
"""How many of the newest versions and snapshots are looked at."""


class SqlIdentity(Part):
    """See `windvane.stores.registry.identity.Identity` for what its methods promise."""

    @reads
    def get(self, connection: sa.Connection) -> str | None:
        """See `Identity.get`."""
        return self._id(connection)

    @reads
    def is_empty(self, connection: sa.Connection) -> bool:
        """See `Identity.is_empty`."""
        return connection.execute(sa.select(models.c.name).limit(1)).first() is None

    @reads
    def some_artifacts(self, connection: sa.Connection) -> list[str]:
        """See `Identity.some_artifacts`."""
        drafts = sa.select(versions.c.draft).order_by(versions.c.created_at.desc()).limit(_SOME)
        manifests = sa.select(snapshots.c.manifest).order_by(snapshots.c.recorded.desc()).limit(_SOME)
        found = [VersionDraft.from_json(text).artifact for text in connection.execute(drafts).scalars()]
        parts = [Snapshot.from_json(text).parts for text in connection.execute(manifests).scalars()]
        return [*found, *(some[0].digest for some in parts if some)]

    def take(self, wanted: str) -> str:
        """See `Identity.take`."""

        def once(connection: sa.Connection) -> str:
            connection.execute(sa.update(identity).where(identity.c.id == "").values(id=wanted))
            return self._id(connection) or wanted

        return self.database.write(once)

    def _id(self, connection: sa.Connection) -> str | None:
        rows = connection.execute(sa.select(identity.c.one, identity.c.id).limit(2)).all()
        if [row.one for row in rows] != [1]:
            raise broken(f"{self.database.backend.where}: the row of its id is not what was written")
        return rows[0].id or None
