"""Builds and fences; who, which try and why a version was made; the event that wrote each row, and its digest."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_MOMENT = sa.DateTime(timezone=True)
_VOUCHED = ("models", "snapshots", "validations", "versions", "moves", "scores", "requests", "monitoring")


def upgrade() -> None:
    """Add columns, tables and indexes; every version of before was begun by whoever built it."""
    for table in _VOUCHED:
        op.add_column(table, sa.Column("seq", sa.Integer(), nullable=False, server_default="0"))
        op.create_index(f"{table}_by_event", table, ["name" if table == "models" else "model", "seq"])
    op.add_column("events", sa.Column("rows", sa.Text(), nullable=False, server_default="{}"))
    op.add_column("versions", sa.Column("attempt", sa.Integer(), nullable=False, server_default="1"))
    op.add_column("versions", sa.Column("reason", sa.Text(), nullable=False, server_default=""))
    op.add_column("versions", sa.Column("let_through", sa.Integer(), nullable=True))
    op.create_index("versions_let_through", "versions", ["model", "window_end", "let_through"])
    champions = sa.text("state = 'champion'")
    op.create_index(
        "one_champion", "versions", ["model"], unique=True, sqlite_where=champions, postgresql_where=champions
    )
    op.create_index("moves_by_version", "moves", ["model", "version", "epoch"])
    op.create_index("moves_by_kind", "moves", ["model", "kind", "epoch"])
    op.create_table(
        "builds",
        sa.Column("model", sa.String(length=63), nullable=False),
        sa.Column("fingerprint", sa.String(length=71), nullable=False),
        sa.Column("window", sa.String(length=32), nullable=False),
        sa.Column("begun_at", _MOMENT, nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("run_id", sa.Text(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=True),
        sa.Column("seq", sa.Integer(), nullable=False, server_default="0"),
        sa.ForeignKeyConstraint(["model"], ["models.name"], name=op.f("fk_builds_model")),
        sa.PrimaryKeyConstraint("model", "fingerprint", name=op.f("pk_builds")),
    )
    op.create_index("builds_by_event", "builds", ["model", "seq"])
    op.execute(
        'INSERT INTO builds (model, fingerprint, "window", begun_at, actor, run_id, attempt, reason, version)'
        ' SELECT model, fingerprint, "window", created_at, actor, run_id, attempt, reason, version FROM versions'
    )
    op.create_table(
        "fences",
        sa.Column("work", sa.Text(), nullable=False),
        sa.Column("fence", sa.Integer(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("began", _MOMENT, nullable=True),
        sa.Column("taken_at", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("work", name=op.f("pk_fences")),
    )
