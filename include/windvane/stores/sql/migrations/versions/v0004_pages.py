"""What the pages need: the latest conclusion of each window in columns, and indices for their tables."""

from __future__ import annotations

import json
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

_MOMENT = sa.DateTime(timezone=True)
_BATCH = 500


def upgrade() -> None:
    """Make the table, and tell in columns what was concluded so far."""
    windows = op.create_table(
        "windows",
        sa.Column("model", sa.String(length=63), nullable=False),
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
        sa.Column("at", _MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["model"], ["models.name"], name=op.f("fk_windows_model")),
        sa.PrimaryKeyConstraint("model", "window", name=op.f("pk_windows")),
    )
    op.create_index("versions_by_state", "versions", ["model", "state"], unique=False)
    op.create_index("events_by_moment", "events", ["at"], unique=False)
    op.create_index("events_by_kind", "events", ["model", "kind", "seq"], unique=False)
    _fill(op.get_bind(), windows)


def _fill(connection: sa.Connection, windows: sa.Table) -> None:
    newest = (
        "SELECT m.model, m.window, m.recorded, m.result, e.at FROM monitoring m"
        " JOIN events e ON e.model = m.model AND e.seq = m.recorded"
        " WHERE m.recorded = (SELECT max(o.recorded) FROM monitoring o WHERE o.model = m.model AND o.window = m.window)"
    )
    query = sa.text(newest).columns(at=_MOMENT)
    found = connection.execute(query).mappings()
    while rows := found.fetchmany(_BATCH):
        connection.execute(sa.insert(windows), [_told(row) for row in rows])


def _told(row: Any) -> dict[str, Any]:
    result = json.loads(row["result"])
    checks = result.get("checks", [])
    return {
        **{name: row[name] for name in ("model", "window", "recorded", "at")},
        "decision": result["decision"],
        "reason": next(iter(result.get("reasons", [])), ""),
        **{name: result.get(name) for name in ("version", "loss", "first_loss", "previous_loss")},
        "checks": len(checks),
        "found": sum(item.get("outcome") == "found" for item in checks),
    }
