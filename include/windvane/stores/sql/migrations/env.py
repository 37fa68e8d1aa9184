"""Alembic runs this to migrate the registry on the connection it is handed."""

from __future__ import annotations

from alembic import context

from windvane.stores.sql.schema import VERSION_TABLE
from windvane.stores.sql.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    version_table=VERSION_TABLE,
    render_as_batch=True,  # SQLite alters a table by copying it
)
with context.begin_transaction():
    context.run_migrations()
