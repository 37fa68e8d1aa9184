"""Explanations, approvals, scores that were not published, live comparisons, and promotions in stages."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Make the tables."""
    _table("explanations", ("model", "version"), _number("version"), _digest("artifact"), version=True)
    _table(
        "approvals",
        ("model", "approval"),
        _number("approval"),
        _number("version"),
        sa.Column("state", sa.String(length=16), nullable=False),
        _text("record"),
        version=True,
    )
    _table(
        "shadow_scores",
        ("model", "window", "version", "artifact"),
        _window(),
        _number("version"),
        _digest("artifact"),
        _number("recorded"),
        _text("scores"),
        version=True,
    )
    _table(
        "live",
        ("model", "window", "version", "champion", "digest"),
        _window(),
        _number("version"),
        _number("champion"),
        _digest("digest"),
        _number("recorded"),
        _text("result"),
        version=True,
    )
    _table(
        "rollouts",
        ("model", "rollout"),
        _number("rollout"),
        _number("version"),
        sa.Column("state", sa.String(length=16), nullable=False),
        _text("record"),
        version=True,
    )
    running = sa.text("state = 'open'")
    op.create_index("one_rollout", "rollouts", ["model"], unique=True, sqlite_where=running, postgresql_where=running)
    _table("rollout_windows", ("model", "rollout", "window"), _number("rollout"), _window(), _text("record"))


def _table(name: str, key: tuple[str, ...], *columns: sa.Column[object], version: bool = False) -> None:
    constraints: list[sa.Constraint] = [
        sa.ForeignKeyConstraint(["model"], ["models.name"], name=op.f(f"fk_{name}_model")),
        sa.PrimaryKeyConstraint(*key, name=op.f(f"pk_{name}")),
    ]
    if version:
        known = ["versions.model", "versions.version"]
        constraints.append(sa.ForeignKeyConstraint(["model", "version"], known, name=op.f(f"fk_{name}_model_version")))
    if name == "rollout_windows":
        constraints.append(
            sa.ForeignKeyConstraint(
                ["model", "rollout"],
                ["rollouts.model", "rollouts.rollout"],
                name=op.f("fk_rollout_windows_model_rollout"),
            )
        )
    seq = sa.Column("seq", sa.Integer(), nullable=False, server_default="0")
    op.create_table(name, sa.Column("model", sa.String(length=63), nullable=False), *columns, seq, *constraints)
    op.create_index(f"{name}_by_event", name, ["model", "seq"])


def _number(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.Integer(), nullable=False)


def _digest(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.String(length=71), nullable=False)


def _text(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.Text(), nullable=False)


def _window() -> sa.Column[object]:
    return sa.Column("window", sa.String(length=32), nullable=False)
