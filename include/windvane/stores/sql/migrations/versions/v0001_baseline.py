"""The baseline: every table of the first release, as it was then. It is frozen: what changes later has a revision."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make every table, those that others refer to first."""
    _models_and_data()
    _of_versions()


def _models_and_data() -> None:
    op.create_table(
        "fences",
        sa.Column("work", sa.Text(), nullable=False),
        sa.Column("fence", sa.Integer(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("began", sa.DateTime(timezone=True), nullable=True),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("work", name=op.f("pk_fences")),
    )
    op.create_table(
        "models",
        sa.Column("name", sa.String(63), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("task", sa.String(16), nullable=False),
        sa.Column("spec_digest", sa.String(71), nullable=False),
        sa.Column("spec", sa.Text(), nullable=False),
        sa.Column("registered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("audit_seq", sa.Integer(), nullable=False),
        sa.Column("audit_hash", sa.String(71), nullable=False),
        sa.Column("audit_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seq", sa.Integer(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_models")),
    )
    op.create_index("models_by_event", "models", ["name", "seq"], unique=False)
    op.create_table(
        "builds",
        sa.Column("model", sa.String(63), nullable=False),
        sa.Column("fingerprint", sa.String(71), nullable=False),
        sa.Column("window", sa.String(32), nullable=False),
        sa.Column("begun_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("run_id", sa.Text(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=True),
        sa.Column("seq", sa.Integer(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(["model"], ["models.name"], name=op.f("fk_builds_model")),
        sa.PrimaryKeyConstraint("model", "fingerprint", name=op.f("pk_builds")),
    )
    op.create_index("builds_by_event", "builds", ["model", "seq"], unique=False)
    op.create_table(
        "events",
        sa.Column("model", sa.String(63), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("run_id", sa.Text(), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=True),
        sa.Column("window", sa.String(32), nullable=True),
        sa.Column("rows", sa.Text(), server_default="{}", nullable=False),
        sa.Column("previous", sa.String(71), nullable=False),
        sa.Column("hash", sa.String(71), nullable=False),
        sa.ForeignKeyConstraint(["model"], ["models.name"], name=op.f("fk_events_model")),
        sa.PrimaryKeyConstraint("model", "seq", name=op.f("pk_events")),
    )
    op.create_index("events_by_kind", "events", ["model", "kind", "seq"], unique=False)
    op.create_index("events_by_moment", "events", ["at"], unique=False)
    op.create_index("events_by_version", "events", ["model", "version", "seq"], unique=False)
    op.create_index("events_by_window", "events", ["model", "kind", "window", "seq"], unique=False)
    op.create_table(
        "incidents",
        sa.Column("model", sa.String(63), nullable=False),
        sa.Column("incident", sa.Integer(), nullable=False),
        sa.Column("window", sa.String(32), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_window", sa.String(32), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("seq", sa.Integer(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(["model"], ["models.name"], name=op.f("fk_incidents_model")),
        sa.PrimaryKeyConstraint("model", "incident", name=op.f("pk_incidents")),
    )
    op.create_index("incidents_by_event", "incidents", ["model", "seq"], unique=False)
    op.create_table(
        "requests",
        sa.Column("request", sa.String(71), nullable=False),
        sa.Column("model", sa.String(63), nullable=False),
        sa.Column("window", sa.String(32), nullable=False),
        sa.Column("window_start", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("requested", sa.Integer(), nullable=False),
        sa.Column("run_id", sa.Text(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("seq", sa.Integer(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(["model"], ["models.name"], name=op.f("fk_requests_model")),
        sa.PrimaryKeyConstraint("request", name=op.f("pk_requests")),
    )
    op.create_index("requests_by_event", "requests", ["model", "seq"], unique=False)
    op.create_index("requests_by_window", "requests", ["model", "window_start"], unique=False)
    op.create_table(
        "snapshots",
        sa.Column("model", sa.String(63), nullable=False),
        sa.Column("digest", sa.String(71), nullable=False),
        sa.Column("window", sa.String(32), nullable=False),
        sa.Column("mature", sa.Boolean(), nullable=False),
        sa.Column("recorded", sa.Integer(), nullable=False),
        sa.Column("manifest", sa.Text(), nullable=False),
        sa.Column("seq", sa.Integer(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(["model"], ["models.name"], name=op.f("fk_snapshots_model")),
        sa.PrimaryKeyConstraint("model", "digest", name=op.f("pk_snapshots")),
    )
    op.create_index("snapshots_by_event", "snapshots", ["model", "seq"], unique=False)
    op.create_index("snapshots_by_window", "snapshots", ["model", "window", "recorded"], unique=False)
    op.create_table(
        "versions",
        sa.Column("model", sa.String(63), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("fingerprint", sa.String(71), nullable=False),
        sa.Column("window", sa.String(32), nullable=False),
        sa.Column("window_end", sa.DateTime(timezone=True), nullable=False),
        sa.Column("trained_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("run_id", sa.Text(), nullable=False),
        sa.Column("dag_run", sa.Text(), nullable=False),
        sa.Column("draft", sa.Text(), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("evaluation", sa.String(71), nullable=True),
        sa.Column("gate", sa.Text(), nullable=True),
        sa.Column("decision", sa.String(20), nullable=True),
        sa.Column("decided", sa.Text(), nullable=True),
        sa.Column("attempt", sa.Integer(), server_default="1", nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("eligible", sa.Integer(), nullable=True),
        sa.Column("seq", sa.Integer(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(["model"], ["models.name"], name=op.f("fk_versions_model")),
        sa.PrimaryKeyConstraint("model", "version", name=op.f("pk_versions")),
        sa.UniqueConstraint("model", "fingerprint", name=op.f("uq_versions_model_fingerprint")),
    )
    op.create_index(
        "one_champion",
        "versions",
        ["model"],
        unique=True,
        sqlite_where=sa.text("state = 'champion'"),
        postgresql_where=sa.text("state = 'champion'"),
    )
    op.create_index("versions_by_decision", "versions", ["decision", "state", "model"], unique=False)
    op.create_index("versions_by_event", "versions", ["model", "seq"], unique=False)
    op.create_index("versions_by_run", "versions", ["model", "dag_run"], unique=False)
    op.create_index("versions_by_state", "versions", ["model", "state"], unique=False)
    op.create_index("versions_eligible", "versions", ["model", "window_end", "eligible"], unique=False)
    op.create_table(
        "windows",
        sa.Column("model", sa.String(63), nullable=False),
        sa.Column("window", sa.String(length=32), nullable=False),
        sa.Column("recorded", sa.Integer(), nullable=False),
        sa.Column("decision", sa.String(length=20), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=True),
        sa.Column("loss", sa.Float(), nullable=True),
        sa.Column("first_loss", sa.Float(), nullable=True),
        sa.Column("previous_loss", sa.Float(), nullable=True),
        sa.Column("checks", sa.Integer(), nullable=False),
        sa.Column("found", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["model"], ["models.name"], name=op.f("fk_windows_model")),
        sa.PrimaryKeyConstraint("model", "window", name=op.f("pk_windows")),
        info={"derived": True},
    )


def _of_versions() -> None:
    op.create_table(
        "approvals",
        sa.Column("model", sa.String(63), nullable=False),
        sa.Column("approval", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("record", sa.Text(), nullable=False),
        sa.Column("seq", sa.Integer(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(
            ["model", "version"], ["versions.model", "versions.version"], name=op.f("fk_approvals_model_version")
        ),
        sa.ForeignKeyConstraint(["model"], ["models.name"], name=op.f("fk_approvals_model")),
        sa.PrimaryKeyConstraint("model", "approval", name=op.f("pk_approvals")),
    )
    op.create_index("approvals_by_event", "approvals", ["model", "seq"], unique=False)
    op.create_table(
        "explanations",
        sa.Column("model", sa.String(63), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("artifact", sa.String(71), nullable=False),
        sa.Column("seq", sa.Integer(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(
            ["model", "version"], ["versions.model", "versions.version"], name=op.f("fk_explanations_model_version")
        ),
        sa.ForeignKeyConstraint(["model"], ["models.name"], name=op.f("fk_explanations_model")),
        sa.PrimaryKeyConstraint("model", "version", name=op.f("pk_explanations")),
    )
    op.create_index("explanations_by_event", "explanations", ["model", "seq"], unique=False)
    op.create_table(
        "live",
        sa.Column("model", sa.String(63), nullable=False),
        sa.Column("window", sa.String(32), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("champion", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(71), nullable=False),
        sa.Column("recorded", sa.Integer(), nullable=False),
        sa.Column("result", sa.Text(), nullable=False),
        sa.Column("seq", sa.Integer(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(
            ["model", "version"], ["versions.model", "versions.version"], name=op.f("fk_live_model_version")
        ),
        sa.ForeignKeyConstraint(["model"], ["models.name"], name=op.f("fk_live_model")),
        sa.PrimaryKeyConstraint("model", "window", "version", "champion", "digest", name=op.f("pk_live")),
    )
    op.create_index("live_by_event", "live", ["model", "seq"], unique=False)
    op.create_table(
        "monitoring",
        sa.Column("model", sa.String(63), nullable=False),
        sa.Column("window", sa.String(32), nullable=False),
        sa.Column("recorded", sa.Integer(), nullable=False),
        sa.Column("evidence", sa.String(71), nullable=False),
        sa.Column("decision", sa.String(20), nullable=False),
        sa.Column("request", sa.String(71), nullable=True),
        sa.Column("result", sa.Text(), nullable=False),
        sa.Column("seq", sa.Integer(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(["model"], ["models.name"], name=op.f("fk_monitoring_model")),
        sa.ForeignKeyConstraint(["request"], ["requests.request"], name=op.f("fk_monitoring_request")),
        sa.PrimaryKeyConstraint("model", "window", "recorded", name=op.f("pk_monitoring")),
        sa.UniqueConstraint("model", "window", "evidence", name=op.f("uq_monitoring_model_window_evidence")),
    )
    op.create_index("monitoring_by_decision", "monitoring", ["model", "decision", "window"], unique=False)
    op.create_index("monitoring_by_event", "monitoring", ["model", "seq"], unique=False)
    op.create_table(
        "notices",
        sa.Column("model", sa.String(63), nullable=False),
        sa.Column("incident", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("channel", sa.String(128), nullable=False),
        sa.Column("notified_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seq", sa.Integer(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(
            ["model", "incident"], ["incidents.model", "incidents.incident"], name=op.f("fk_notices_model_incident")
        ),
        sa.ForeignKeyConstraint(["model"], ["models.name"], name=op.f("fk_notices_model")),
        sa.PrimaryKeyConstraint("model", "incident", "kind", "channel", name=op.f("pk_notices")),
    )
    op.create_index("notices_by_event", "notices", ["model", "seq"], unique=False)
    op.create_table(
        "promotions",
        sa.Column("model", sa.String(63), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("from_version", sa.Integer(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("actor_kind", sa.String(16), nullable=False),
        sa.Column("run_id", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("seq", sa.Integer(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(
            ["model", "version"], ["versions.model", "versions.version"], name=op.f("fk_promotions_model_version")
        ),
        sa.ForeignKeyConstraint(["model"], ["models.name"], name=op.f("fk_promotions_model")),
        sa.PrimaryKeyConstraint("model", "epoch", name=op.f("pk_promotions")),
    )
    op.create_index("promotions_by_event", "promotions", ["model", "seq"], unique=False)
    op.create_index("promotions_by_kind", "promotions", ["model", "kind", "epoch"], unique=False)
    op.create_index("promotions_by_moment", "promotions", ["model", "at"], unique=False)
    op.create_index("promotions_by_version", "promotions", ["model", "version", "epoch"], unique=False)
    op.create_table(
        "rollouts",
        sa.Column("model", sa.String(63), nullable=False),
        sa.Column("rollout", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("record", sa.Text(), nullable=False),
        sa.Column("seq", sa.Integer(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(
            ["model", "version"], ["versions.model", "versions.version"], name=op.f("fk_rollouts_model_version")
        ),
        sa.ForeignKeyConstraint(["model"], ["models.name"], name=op.f("fk_rollouts_model")),
        sa.PrimaryKeyConstraint("model", "rollout", name=op.f("pk_rollouts")),
    )
    op.create_index(
        "one_rollout",
        "rollouts",
        ["model"],
        unique=True,
        sqlite_where=sa.text("state = 'open'"),
        postgresql_where=sa.text("state = 'open'"),
    )
    op.create_index("rollouts_by_event", "rollouts", ["model", "seq"], unique=False)
    op.create_table(
        "scores",
        sa.Column("model", sa.String(63), nullable=False),
        sa.Column("window", sa.String(32), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("artifact", sa.String(71), nullable=False),
        sa.Column("published", sa.Integer(), nullable=False),
        sa.Column("scores", sa.Text(), nullable=False),
        sa.Column("seq", sa.Integer(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(
            ["model", "version"], ["versions.model", "versions.version"], name=op.f("fk_scores_model_version")
        ),
        sa.ForeignKeyConstraint(["model"], ["models.name"], name=op.f("fk_scores_model")),
        sa.PrimaryKeyConstraint("model", "window", "version", "artifact", name=op.f("pk_scores")),
    )
    op.create_index("scores_by_event", "scores", ["model", "seq"], unique=False)
    op.create_table(
        "shadow_scores",
        sa.Column("model", sa.String(63), nullable=False),
        sa.Column("window", sa.String(32), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("artifact", sa.String(71), nullable=False),
        sa.Column("recorded", sa.Integer(), nullable=False),
        sa.Column("scores", sa.Text(), nullable=False),
        sa.Column("seq", sa.Integer(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(
            ["model", "version"], ["versions.model", "versions.version"], name=op.f("fk_shadow_scores_model_version")
        ),
        sa.ForeignKeyConstraint(["model"], ["models.name"], name=op.f("fk_shadow_scores_model")),
        sa.PrimaryKeyConstraint("model", "window", "version", "artifact", name=op.f("pk_shadow_scores")),
    )
    op.create_index("shadow_scores_by_event", "shadow_scores", ["model", "seq"], unique=False)
    op.create_table(
        "validations",
        sa.Column("model", sa.String(63), nullable=False),
        sa.Column("snapshot", sa.String(71), nullable=False),
        sa.Column("digest", sa.String(71), nullable=False),
        sa.Column("success", sa.Boolean(), nullable=False),
        sa.Column("validation", sa.Text(), nullable=False),
        sa.Column("seq", sa.Integer(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(
            ["model", "snapshot"], ["snapshots.model", "snapshots.digest"], name=op.f("fk_validations_model_snapshot")
        ),
        sa.ForeignKeyConstraint(["model"], ["models.name"], name=op.f("fk_validations_model")),
        sa.PrimaryKeyConstraint("model", "snapshot", "digest", name=op.f("pk_validations")),
    )
    op.create_index("validations_by_event", "validations", ["model", "seq"], unique=False)
    op.create_table(
        "rollout_windows",
        sa.Column("model", sa.String(63), nullable=False),
        sa.Column("rollout", sa.Integer(), nullable=False),
        sa.Column("window", sa.String(32), nullable=False),
        sa.Column("record", sa.Text(), nullable=False),
        sa.Column("seq", sa.Integer(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(
            ["model", "rollout"], ["rollouts.model", "rollouts.rollout"], name=op.f("fk_rollout_windows_model_rollout")
        ),
        sa.ForeignKeyConstraint(["model"], ["models.name"], name=op.f("fk_rollout_windows_model")),
        sa.PrimaryKeyConstraint("model", "rollout", "window", name=op.f("pk_rollout_windows")),
    )
    op.create_index("rollout_windows_by_event", "rollout_windows", ["model", "seq"], unique=False)
