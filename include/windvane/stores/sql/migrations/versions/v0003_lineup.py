"""The line-up: what each version was judged beside, and the decisions of people that stand."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Make the tables; what was decided before counts as decided, and stays as it is."""
    op.add_column("versions", sa.Column("settled", sa.Integer(), nullable=True))
    op.add_column("versions", sa.Column("beside", sa.Integer(), nullable=True))
    op.create_table(
        "judgements",
        sa.Column("model", sa.String(63), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("beside", sa.Integer(), nullable=False),
        sa.Column("evaluation", sa.String(71), nullable=False),
        sa.Column("seq", sa.Integer(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(
            ["model", "version"], ["versions.model", "versions.version"], name=op.f("fk_judgements_model_version")
        ),
        sa.ForeignKeyConstraint(["model"], ["models.name"], name=op.f("fk_judgements_model")),
        sa.PrimaryKeyConstraint("model", "version", "beside", name=op.f("pk_judgements")),
    )
    op.create_index("judgements_by_event", "judgements", ["model", "seq"], unique=False)
    op.create_table(
        "barriers",
        sa.Column("model", sa.String(63), nullable=False),
        sa.Column("barrier", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("window_end", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("seq", sa.Integer(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(["model"], ["models.name"], name=op.f("fk_barriers_model")),
        sa.PrimaryKeyConstraint("model", "barrier", name=op.f("pk_barriers")),
    )
    op.create_index("barriers_by_event", "barriers", ["model", "seq"], unique=False)
