"""The registry's id, and what tells which artifacts are its own."""

from __future__ import annotations

import sqlalchemy as sa

from windvane.results import Snapshot, VersionDraft
from windvane.stores.sql.part import Part, reads
from windvane.stores.sql.rows import insert_unless_there
from windvane.stores.sql.tables import identity, models, snapshots, versions

_SOME = 5
"""How many of the newest versions and snapshots are looked at."""


class SqlIdentity(Part):
    """See `windvane.stores.registry.identity.Identity` for what its methods promise."""

    @reads
    def get(self, connection: sa.Connection) -> str | None:
        """See `Identity.get`."""
        return connection.execute(sa.select(identity.c.id)).scalar_one_or_none()

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
            row = {"one": 1, "id": wanted, "made_at": self.database.moment(connection)}
            connection.execute(insert_unless_there(connection, identity, row))
            return str(connection.execute(sa.select(identity.c.id)).scalar_one())

        return self.database.write(once)
