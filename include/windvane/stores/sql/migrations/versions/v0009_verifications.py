"""Verifications: up to which event an audit log was verified, when and by whom."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Make the table; what was verified before was not kept."""
    op.create_table(
        "verifications",
        sa.Column("model", sa.String(63), nullable=False),
        sa.Column("verification", sa.Integer(), nullable=False),
        sa.Column("upto", sa.Integer(), nullable=False),
        sa.Column("hash", sa.String(71), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("everything", sa.Boolean(), nullable=False),
        sa.Column("problem", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["model"], ["models.name"], name=op.f("fk_verifications_model")),
        sa.PrimaryKeyConstraint("model", "verification", name=op.f("pk_verifications")),
        info={"derived": True},
    )
    op.create_index("verifications_by_kind", "verifications", ["model", "everything", "verification"], unique=False)
