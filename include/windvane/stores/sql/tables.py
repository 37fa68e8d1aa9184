"""The registry's tables. Records are kept as the canonical JSON they are hashed as; what is asked for has columns."""

from __future__ import annotations

from datetime import UTC, datetime

import sqlalchemy as sa

metadata = sa.MetaData(
    naming_convention={  # a constraint without a name cannot be migrated later
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    }
)


class Moment(sa.TypeDecorator[datetime]):
    """A timezone-aware datetime, kept as UTC."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:  # noqa: ARG002 (SQLAlchemy's signature)
        """Return UTC; a naive moment is a mistake of the caller."""
        if value is not None and value.tzinfo is None:
            raise ValueError(f"{value} has no time zone")
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:  # noqa: ARG002 (SQLAlchemy's signature)
        """Return an aware moment; SQLite forgets the zone."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def _model() -> sa.Column[str]:
    return sa.Column("model", sa.String(63), sa.ForeignKey("models.name"), nullable=False)


models = sa.Table(
    "models",
    metadata,
    sa.Column("name", sa.String(63), primary_key=True),
    sa.Column("owner", sa.Text, nullable=False),
    sa.Column("description", sa.Text, nullable=False),
    sa.Column("task", sa.String(16), nullable=False),
    sa.Column("spec_digest", sa.String(71), nullable=False),
    sa.Column("spec", sa.Text, nullable=False),
    sa.Column("registered_at", Moment, nullable=False),
    # the end of the trail: what the next event follows
    sa.Column("trail_seq", sa.Integer, nullable=False),
    sa.Column("trail_hash", sa.String(71), nullable=False),
    sa.Column("trail_at", Moment, nullable=False),
)

events = sa.Table(
    "events",
    metadata,
    _model(),
    sa.Column("seq", sa.Integer, nullable=False),
    sa.Column("at", Moment, nullable=False),
    sa.Column("kind", sa.String(32), nullable=False),
    sa.Column("actor", sa.Text, nullable=False),
    sa.Column("run_id", sa.Text, nullable=False),
    sa.Column("payload", sa.Text, nullable=False),
    sa.Column("previous", sa.String(71), nullable=False),
    sa.Column("hash", sa.String(71), nullable=False),
    sa.PrimaryKeyConstraint("model", "seq"),
)

snapshots = sa.Table(
    "snapshots",
    metadata,
    _model(),
    sa.Column("digest", sa.String(71), nullable=False),
    sa.Column("window", sa.String(32), nullable=False),
    sa.Column("mature", sa.Boolean, nullable=False),
    sa.Column("recorded", sa.Integer, nullable=False),  # the event that recorded it last
    sa.Column("manifest", sa.Text, nullable=False),
    sa.PrimaryKeyConstraint("model", "digest"),
    sa.Index("snapshots_by_window", "model", "window", "recorded"),
)

validations = sa.Table(
    "validations",
    metadata,
    _model(),
    sa.Column("snapshot", sa.String(71), nullable=False),
    sa.Column("digest", sa.String(71), nullable=False),
    sa.Column("success", sa.Boolean, nullable=False),
    sa.Column("validation", sa.Text, nullable=False),
    sa.PrimaryKeyConstraint("model", "snapshot", "digest"),
    sa.ForeignKeyConstraint(["model", "snapshot"], ["snapshots.model", "snapshots.digest"]),
)

versions = sa.Table(
    "versions",
    metadata,
    _model(),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("fingerprint", sa.String(71), nullable=False),
    sa.Column("window", sa.String(32), nullable=False),
    sa.Column("window_end", Moment, nullable=False),
    sa.Column("trained_until", Moment, nullable=False),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("actor", sa.Text, nullable=False),
    sa.Column("run_id", sa.Text, nullable=False),
    sa.Column("draft", sa.Text, nullable=False),
    sa.Column("evaluation", sa.String(71)),
    sa.Column("gate", sa.Text),
    sa.PrimaryKeyConstraint("model", "version"),
    sa.UniqueConstraint("model", "fingerprint"),
)

moves = sa.Table(
    "moves",
    metadata,
    _model(),
    sa.Column("epoch", sa.Integer, nullable=False),  # its primary key lets one attempt win
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("kind", sa.String(16), nullable=False),
    sa.Column("from_version", sa.Integer),
    sa.Column("at", Moment, nullable=False),
    sa.Column("actor", sa.Text, nullable=False),
    sa.Column("run_id", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.PrimaryKeyConstraint("model", "epoch"),
    sa.ForeignKeyConstraint(["model", "version"], ["versions.model", "versions.version"]),
    sa.Index("moves_by_moment", "model", "at"),
)

scores = sa.Table(
    "scores",
    metadata,
    _model(),
    sa.Column("window", sa.String(32), nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("artifact", sa.String(71), nullable=False),
    sa.Column("published", sa.Integer, nullable=False),  # the event that published it last
    sa.Column("scores", sa.Text, nullable=False),
    sa.PrimaryKeyConstraint("model", "window", "version", "artifact"),
    sa.ForeignKeyConstraint(["model", "version"], ["versions.model", "versions.version"]),
)

requests = sa.Table(
    "requests",
    metadata,
    sa.Column("request", sa.String(71), primary_key=True),
    _model(),
    sa.Column("window", sa.String(32), nullable=False),
    sa.Column("window_start", Moment, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("asked", sa.Integer, nullable=False),  # the event that asked for it
    sa.Column("run_id", sa.Text, nullable=False),
    sa.Column("started_at", Moment),
    sa.Index("requests_by_window", "model", "window_start"),
)

monitoring = sa.Table(
    "monitoring",
    metadata,
    _model(),
    sa.Column("window", sa.String(32), nullable=False),
    sa.Column("recorded", sa.Integer, nullable=False),  # the event that recorded it
    sa.Column("evidence", sa.String(71), nullable=False),
    sa.Column("request", sa.String(71), sa.ForeignKey("requests.request")),
    sa.Column("result", sa.Text, nullable=False),
    sa.PrimaryKeyConstraint("model", "window", "recorded"),
    sa.UniqueConstraint("model", "window", "evidence"),
)

windows = sa.Table(  # the latest conclusion about each window, in columns: what pages sort, filter and draw
    "windows",
    metadata,
    _model(),
    sa.Column("window", sa.String(32), nullable=False),
    sa.Column("recorded", sa.Integer, nullable=False),  # the row of `monitoring` that it tells
    sa.Column("decision", sa.String(20), nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("version", sa.Integer),
    sa.Column("loss", sa.Float),
    sa.Column("first_loss", sa.Float),
    sa.Column("previous_loss", sa.Float),
    sa.Column("checks", sa.Integer, nullable=False),
    sa.Column("found", sa.Integer, nullable=False),
    sa.Column("at", Moment, nullable=False),
    sa.PrimaryKeyConstraint("model", "window"),
)

sa.Index("versions_by_state", versions.c.model, versions.c.state)
sa.Index("events_by_moment", events.c.at)
sa.Index("events_by_kind", events.c.model, events.c.kind, events.c.seq)
