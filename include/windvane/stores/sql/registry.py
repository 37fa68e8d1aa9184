"""`SqlRegistry`: the parts put together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from windvane.stores.registry import TrailCheck
from windvane.stores.sql.connection import reads
from windvane.stores.sql.transfer import Transfer
from windvane.stores.sql.trials import Trials
from windvane.stores.sql.verifying import verify

if TYPE_CHECKING:
    import sqlalchemy as sa


class SqlRegistry(Trials, Transfer):
    """The registry in a SQL database; see `windvane.stores.registry.Registry` for what its methods promise.

    Args:
        url: A SQLAlchemy URL: `sqlite:////srv/windvane/registry.db` (the file and its folders are made), or
            `postgresql://user:password@host:5432/registry` (the database is there, and empty).
        busy_timeout: How long to wait for another writer, in seconds.
        clock: The moment a change is recorded at; it never chooses data.
    """

    @reads
    def verify_trail(self, connection: sa.Connection, model: str) -> TrailCheck:
        """See `Registry.verify_trail`."""
        self.known(connection, model)
        return verify(connection, model)
