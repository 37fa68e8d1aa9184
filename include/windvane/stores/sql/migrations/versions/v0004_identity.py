"""The registry's id, which its artifacts hold too; and a promotion's guard that leaves order to the sequence."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Make the one row of the id; it stays empty until the registry first meets its artifacts."""
    made = op.create_table(
        "identity",
        sa.Column("one", sa.Integer(), nullable=False),
        sa.Column("id", sa.String(36), nullable=False),
        sa.PrimaryKeyConstraint("one", name=op.f("pk_identity")),
    )
    op.bulk_insert(made, [{"one": 1, "id": ""}])
