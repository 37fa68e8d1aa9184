"""The registry's id, which its artifacts hold too; and a promotion's guard that leaves order to the sequence."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0001"


def upgrade() -> None:
    """Make the table of the id; the id is made when the registry first meets its artifacts."""
    op.create_table(
        "identity",
        sa.Column("one", sa.Integer(), nullable=False),
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("one", name=op.f("pk_identity")),
    )
