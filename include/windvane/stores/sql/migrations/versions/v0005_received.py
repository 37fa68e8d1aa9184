"""Which versions came in a file: their kept code runs only where somebody trusted the file's author."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Make the table; no version of before kept its code."""
    op.create_table(
        "received",
        sa.Column("model", sa.String(63), nullable=False),
        sa.Column("versions", sa.Integer(), nullable=False),
        sa.Column("trusted", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["model"], ["models.name"], name=op.f("fk_received_model")),
        sa.PrimaryKeyConstraint("model", name=op.f("pk_received")),
        info={"derived": True},
    )
