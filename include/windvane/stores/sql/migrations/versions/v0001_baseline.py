"""The baseline: every table of the first release."""

from __future__ import annotations

from alembic import op

from windvane.stores.sql.tables import metadata

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make every table."""
    metadata.create_all(op.get_bind(), checkfirst=False)
