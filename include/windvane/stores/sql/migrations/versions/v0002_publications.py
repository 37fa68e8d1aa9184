"""Publications of a window's scores in columns, numbered; filled from the audit log, which always told them."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Make the table, and number what was published so far."""
    made = op.create_table(
        "publications",
        sa.Column("model", sa.String(63), nullable=False),
        sa.Column("window", sa.String(32), nullable=False),
        sa.Column("publication", sa.Integer(), nullable=False),
        sa.Column("recorded", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("artifact", sa.String(71), nullable=False),
        sa.Column("snapshot", sa.String(71), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("staged", sa.Integer(), nullable=True),
        sa.Column("share", sa.Float(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("run_id", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["model"], ["models.name"], name=op.f("fk_publications_model")),
        sa.PrimaryKeyConstraint("model", "window", "publication", name=op.f("pk_publications")),
        info={"derived": True},
    )
    op.create_index("publications_by_event", "publications", ["model", "recorded"], unique=False)
    rows = _told()
    if rows and made is not None:
        op.bulk_insert(made, rows)


def _told() -> list[dict[str, Any]]:
    """Return a row for each event that tells a publication."""
    columns: list[sa.ColumnClause[Any]] = [sa.column(name) for name in ("model", "seq", "actor", "run_id", "payload")]
    events = sa.table("events", *columns, sa.column("kind"), sa.column("at", sa.DateTime(timezone=True)))
    query = sa.select(*columns, events.c.at).select_from(events).where(events.c.kind == "scores.published")
    counts: dict[tuple[str, str], int] = {}
    rows = []
    for event in op.get_bind().execute(query.order_by(sa.column("model"), sa.column("seq"))):
        said = json.loads(event.payload)
        number = counts[event.model, said["window"]] = counts.get((event.model, said["window"]), 0) + 1
        at: datetime = event.at
        kept = {name: said[name] for name in ("window", "version", "artifact", "snapshot", "rows")}
        kept |= {"staged": said.get("staged"), "share": said.get("share"), "reason": said.get("reason", "")}
        told = {"model": event.model, "publication": number, "recorded": event.seq, "at": at}
        rows.append({**kept, **told, "actor": event.actor, "run_id": event.run_id})
    return rows
