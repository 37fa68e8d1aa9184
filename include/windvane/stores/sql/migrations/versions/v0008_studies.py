"""Studies and their trials: searches for parameters."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Make the tables; nothing was searched before."""
    op.create_table(
        "studies",
        sa.Column("model", sa.String(63), nullable=False),
        sa.Column("study", sa.String(71), nullable=False),
        sa.Column("window", sa.String(32), nullable=False),
        sa.Column("record", sa.Text(), nullable=False),
        sa.Column("chosen", sa.Integer(), nullable=True),
        sa.Column("headline", sa.Text(), nullable=False),
        sa.Column("seq", sa.Integer(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(["model"], ["models.name"], name=op.f("fk_studies_model")),
        sa.PrimaryKeyConstraint("model", "study", name=op.f("pk_studies")),
    )
    op.create_index("studies_by_window", "studies", ["model", "window"], unique=False)
    op.create_index("studies_by_event", "studies", ["model", "seq"], unique=False)
    op.create_table(
        "trials",
        sa.Column("model", sa.String(63), nullable=False),
        sa.Column("study", sa.String(71), nullable=False),
        sa.Column("trial", sa.Integer(), nullable=False),
        sa.Column("proposal", sa.Text(), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("claim", sa.Integer(), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("result", sa.Text(), nullable=True),
        sa.Column("cost", sa.Text(), nullable=True),
        sa.Column("seq", sa.Integer(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(["model"], ["models.name"], name=op.f("fk_trials_model")),
        sa.ForeignKeyConstraint(
            ["model", "study"], ["studies.model", "studies.study"], name=op.f("fk_trials_model_study")
        ),
        sa.PrimaryKeyConstraint("model", "study", "trial", name=op.f("pk_trials")),
    )
    op.create_index("trials_by_event", "trials", ["model", "seq"], unique=False)
