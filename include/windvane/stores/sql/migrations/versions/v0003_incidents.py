"""Incidents, and who was told of them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make both tables."""
    op.create_table(
        "incidents",
        sa.Column("model", sa.String(length=63), nullable=False),
        sa.Column("incident", sa.Integer(), nullable=False),
        sa.Column("window", sa.String(length=32), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("opened_at", _MOMENT, nullable=False),
        sa.Column("closed_window", sa.String(length=32), nullable=True),
        sa.Column("closed_at", _MOMENT, nullable=True),
        sa.Column("seq", sa.Integer(), nullable=False, server_default="0"),
        sa.ForeignKeyConstraint(["model"], ["models.name"], name=op.f("fk_incidents_model")),
        sa.PrimaryKeyConstraint("model", "incident", name=op.f("pk_incidents")),
    )
    op.create_index("incidents_by_event", "incidents", ["model", "seq"])
    op.create_table(
        "notices",
        sa.Column("model", sa.String(length=63), nullable=False),
        sa.Column("incident", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("channel", sa.String(length=128), nullable=False),
        sa.Column("told_at", _MOMENT, nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False, server_default="0"),
        sa.ForeignKeyConstraint(["model"], ["models.name"], name=op.f("fk_notices_model")),
        sa.ForeignKeyConstraint(
            ["model", "incident"], ["incidents.model", "incidents.incident"], name=op.f("fk_notices_model_incident")
        ),
        sa.PrimaryKeyConstraint("model", "incident", "kind", "channel", name=op.f("pk_notices")),
    )
    op.create_index("notices_by_event", "notices", ["model", "seq"])
