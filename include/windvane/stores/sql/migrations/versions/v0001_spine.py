"""The spine: models and their trail, snapshots, versions, moves of the champion, scores, monitoring, requests."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make every table."""
    op.create_table(
        "models",
        sa.Column("name", sa.String(length=63), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("task", sa.String(length=16), nullable=False),
        sa.Column("spec_digest", sa.String(length=71), nullable=False),
        sa.Column("spec", sa.Text(), nullable=False),
        sa.Column("registered_at", _MOMENT, nullable=False),
        sa.Column("trail_seq", sa.Integer(), nullable=False),
        sa.Column("trail_hash", sa.String(length=71), nullable=False),
        sa.Column("trail_at", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_models")),
    )
    op.create_table(
        "events",
        sa.Column("model", sa.String(length=63), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("run_id", sa.Text(), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("previous", sa.String(length=71), nullable=False),
        sa.Column("hash", sa.String(length=71), nullable=False),
        sa.ForeignKeyConstraint(["model"], ["models.name"], name=op.f("fk_events_model")),
        sa.PrimaryKeyConstraint("model", "seq", name=op.f("pk_events")),
    )
    op.create_table(
        "requests",
        sa.Column("request", sa.String(length=71), nullable=False),
        sa.Column("model", sa.String(length=63), nullable=False),
        sa.Column("window", sa.String(length=32), nullable=False),
        sa.Column("window_start", _MOMENT, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("asked", sa.Integer(), nullable=False),
        sa.Column("run_id", sa.Text(), nullable=False),
        sa.Column("started_at", _MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["model"], ["models.name"], name=op.f("fk_requests_model")),
        sa.PrimaryKeyConstraint("request", name=op.f("pk_requests")),
    )
    op.create_index("requests_by_window", "requests", ["model", "window_start"], unique=False)
    op.create_table(
        "snapshots",
        sa.Column("model", sa.String(length=63), nullable=False),
        sa.Column("digest", sa.String(length=71), nullable=False),
        sa.Column("window", sa.String(length=32), nullable=False),
        sa.Column("mature", sa.Boolean(), nullable=False),
        sa.Column("recorded", sa.Integer(), nullable=False),
        sa.Column("manifest", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["model"], ["models.name"], name=op.f("fk_snapshots_model")),
        sa.PrimaryKeyConstraint("model", "digest", name=op.f("pk_snapshots")),
    )
    op.create_index("snapshots_by_window", "snapshots", ["model", "window", "recorded"], unique=False)
    op.create_table(
        "versions",
        sa.Column("model", sa.String(length=63), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("fingerprint", sa.String(length=71), nullable=False),
        sa.Column("window", sa.String(length=32), nullable=False),
        sa.Column("window_end", _MOMENT, nullable=False),
        sa.Column("trained_until", _MOMENT, nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("run_id", sa.Text(), nullable=False),
        sa.Column("draft", sa.Text(), nullable=False),
        sa.Column("evaluation", sa.String(length=71), nullable=True),
        sa.Column("gate", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["model"], ["models.name"], name=op.f("fk_versions_model")),
        sa.PrimaryKeyConstraint("model", "version", name=op.f("pk_versions")),
        sa.UniqueConstraint("model", "fingerprint", name=op.f("uq_versions_model_fingerprint")),
    )
    op.create_table(
        "monitoring",
        sa.Column("model", sa.String(length=63), nullable=False),
        sa.Column("window", sa.String(length=32), nullable=False),
        sa.Column("recorded", sa.Integer(), nullable=False),
        sa.Column("evidence", sa.String(length=71), nullable=False),
        sa.Column("request", sa.String(length=71), nullable=True),
        sa.Column("result", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["model"], ["models.name"], name=op.f("fk_monitoring_model")),
        sa.ForeignKeyConstraint(["request"], ["requests.request"], name=op.f("fk_monitoring_request")),
        sa.PrimaryKeyConstraint("model", "window", "recorded", name=op.f("pk_monitoring")),
        sa.UniqueConstraint("model", "window", "evidence", name=op.f("uq_monitoring_model_window_evidence")),
    )
    op.create_table(
        "moves",
        sa.Column("model", sa.String(length=63), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("from_version", sa.Integer(), nullable=True),
        sa.Column("at", _MOMENT, nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("run_id", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["model", "version"], ["versions.model", "versions.version"], name=op.f("fk_moves_model_version")
        ),
        sa.ForeignKeyConstraint(["model"], ["models.name"], name=op.f("fk_moves_model")),
        sa.PrimaryKeyConstraint("model", "epoch", name=op.f("pk_moves")),
    )
    op.create_index("moves_by_moment", "moves", ["model", "at"], unique=False)
    op.create_table(
        "scores",
        sa.Column("model", sa.String(length=63), nullable=False),
        sa.Column("window", sa.String(length=32), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("artifact", sa.String(length=71), nullable=False),
        sa.Column("published", sa.Integer(), nullable=False),
        sa.Column("scores", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["model", "version"], ["versions.model", "versions.version"], name=op.f("fk_scores_model_version")
        ),
        sa.ForeignKeyConstraint(["model"], ["models.name"], name=op.f("fk_scores_model")),
        sa.PrimaryKeyConstraint("model", "window", "version", "artifact", name=op.f("pk_scores")),
    )
    op.create_table(
        "validations",
        sa.Column("model", sa.String(length=63), nullable=False),
        sa.Column("snapshot", sa.String(length=71), nullable=False),
        sa.Column("digest", sa.String(length=71), nullable=False),
        sa.Column("success", sa.Boolean(), nullable=False),
        sa.Column("validation", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["model", "snapshot"], ["snapshots.model", "snapshots.digest"], name=op.f("fk_validations_model_snapshot")
        ),
        sa.ForeignKeyConstraint(["model"], ["models.name"], name=op.f("fk_validations_model")),
        sa.PrimaryKeyConstraint("model", "snapshot", "digest", name=op.f("pk_validations")),
    )
