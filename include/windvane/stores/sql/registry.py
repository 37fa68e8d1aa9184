"""`SqlRegistry`: the parts put together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from windvane.errors import Unguarded
from windvane.stores.registry import TrailCheck
from windvane.stores.sql.connection import reads
from windvane.stores.sql.guarding import unguarded
from windvane.stores.sql.pausing import Pausing
from windvane.stores.sql.transfer import Transfer
from windvane.stores.sql.trials import Trials
from windvane.stores.sql.verifying import broken, verify

if TYPE_CHECKING:
    import sqlalchemy as sa


class SqlRegistry(Trials, Transfer, Pausing):
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
        damage = self._backend.damage(connection)
        if damage is not None:
            raise broken(f"{self._backend.where} is damaged: {damage}")
        self.known(connection, model)
        try:
            return verify(connection, model)
        except (TypeError, KeyError, AttributeError) as error:  # a text where a number was, a word that is gone
            raise broken(f"{model}: a row or an event holds something else than was written: {error}") from error

    @reads
    def verify_guards(self, connection: sa.Connection) -> None:
        """See `Registry.verify_guards`."""
        wrong = unguarded(connection)
        if wrong is not None:
            remedy = "find out who, and what was written since; export the models, and import them into a new registry"
            raise Unguarded(f"{self._backend.where}: {wrong}", remedy)
