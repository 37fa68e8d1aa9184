"""Names that models were given later: their records stay under the names that they began with."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Make the table; no model of before was renamed."""
    op.create_table(
        "names",
        sa.Column("model", sa.String(63), nullable=False),
        sa.Column("name", sa.String(63), nullable=False),
        sa.Column("seq", sa.Integer(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(["model"], ["models.name"], name=op.f("fk_names_model")),
        sa.PrimaryKeyConstraint("model", "name", name=op.f("pk_names")),
        sa.UniqueConstraint("name", name=op.f("uq_names_name")),
    )
    op.create_index("names_by_event", "names", ["model", "seq"], unique=False)
