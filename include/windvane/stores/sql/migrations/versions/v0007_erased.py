"""What was erased: digests that stay in the records, and what they stand for now."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Make the table; nothing of before was erased."""
    op.create_table(
        "erased",
        sa.Column("model", sa.String(63), nullable=False),
        sa.Column("digest", sa.String(71), nullable=False),
        sa.Column("kind", sa.String(24), nullable=False),
        sa.Column("successor", sa.String(71), nullable=False),
        sa.Column("removed", sa.Integer(), nullable=False),
        sa.Column("remaining", sa.Integer(), nullable=False),
        sa.Column("seq", sa.Integer(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(["model"], ["models.name"], name=op.f("fk_erased_model")),
        sa.PrimaryKeyConstraint("model", "digest", name=op.f("pk_erased")),
    )
    op.create_index("erased_by_event", "erased", ["model", "seq"], unique=False)
    op.create_index("erased_by_digest", "erased", ["digest"], unique=False)
