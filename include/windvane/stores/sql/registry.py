"""`SqlRegistry`: the parts put together."""

from __future__ import annotations

from windvane.stores.sql.transfer import Transfer


class SqlRegistry(Transfer):
    """The registry in a SQL database; see `windvane.stores.registry.Registry` for what its methods promise.

    Args:
        url: A SQLAlchemy URL: `sqlite:////srv/windvane/registry.db`. The file and its folders are made.
        busy_timeout: How long to wait for another writer, in seconds.
        clock: The moment a change is recorded at; it never chooses data.
    """
