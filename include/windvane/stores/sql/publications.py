"""Publications in columns: what the audit log tells of them, numbered in each window, for who looks one up.

They follow from the events alone, so they are neither exported nor vouched for, and a registry of before they were kept
has them all. Once written, a row never changes (`guards.py`).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from windvane.results import Event, Publication, Scores
from windvane.stores.sql.audit_log import event_of
from windvane.stores.sql.tables import events, publications, scores

KIND = "scores.published"
_SAME = ("model", "window", "version", "artifact")


def record(connection: sa.Connection, model: str, seq: int, number: int) -> None:
    """Write the row of the publication that an event just told."""
    row = connection.execute(sa.select(events).where(events.c.model == model, events.c.seq == seq)).one()
    connection.execute(sa.insert(publications).values(**_told(event_of(row), number)))


def _told(told_by: Event, number: int) -> dict[str, Any]:
    """Return the row of the publication that an event tells."""
    said = told_by.payload
    return {
        "model": told_by.model,
        "window": said["window"],
        "publication": number,
        "recorded": told_by.seq,
        "version": said["version"],
        "artifact": said["artifact"],
        "snapshot": said["snapshot"],
        "rows": said["rows"],
        "staged": said.get("staged"),
        "share": said.get("share"),
        "at": told_by.at,
        "actor": told_by.actor,
        "run_id": told_by.run_id,
        "reason": said.get("reason", ""),
    }


def derive_publications(connection: sa.Connection, model: str) -> None:
    """Write the rows that are not there yet, the oldest first."""
    there = set(connection.execute(sa.select(publications.c.recorded).where(publications.c.model == model)).scalars())
    for row in list(_expected(connection, model)):
        if row["recorded"] not in there:
            connection.execute(sa.insert(publications).values(**row))


def wrong_publication(connection: sa.Connection, model: str) -> str | None:
    """Return what the rows say otherwise than the audit log; None when all agrees."""
    query = sa.select(publications).where(publications.c.model == model).order_by(publications.c.recorded)
    rows = connection.execute(query.execution_options(yield_per=200)).mappings()
    for expected in _expected(connection, model):
        found = next(rows, None)
        where = f"publication {expected['publication']} of {expected['window']}"
        if found is None:
            return f"{where}, which event {expected['recorded']} tells, is missing"
        wrong = [name for name, value in expected.items() if found[name] != value]
        if wrong:
            return f"{where} is not what event {expected['recorded']} tells: {', '.join(wrong)}"
    return "a publication is there that no event tells" if next(rows, None) is not None else None


def _expected(connection: sa.Connection, model: str) -> Iterator[dict[str, Any]]:
    """Yield each publication as the audit log tells it, the oldest first."""
    query = sa.select(events).where(events.c.model == model, events.c.kind == KIND).order_by(events.c.seq)
    counts: dict[str, int] = {}
    for row in connection.execute(query.execution_options(yield_per=200)):
        event = event_of(row)
        window = event.payload["window"]
        counts[window] = counts.get(window, 0) + 1
        yield _told(event, counts[window])


def current_publication(
    connection: sa.Connection, model: str, window_key: str, as_of: datetime | None = None
) -> Publication | None:
    """Return the last publication of a window: of all, or of those until a moment."""
    query = select_publications().where(publications.c.model == model, publications.c.window == window_key)
    if as_of is not None:
        query = query.where(publications.c.at <= as_of)
    row = connection.execute(query.limit(1)).mappings().one_or_none()
    return publication_of(row) if row else None


def select_publications() -> sa.Select[Any]:
    """Return the query of publications beside their files' records, the last one first."""
    same = [publications.c[name] == scores.c[name] for name in _SAME]
    query = sa.select(publications, scores.c.scores.label("record")).join(scores, sa.and_(*same))
    return query.order_by(publications.c.recorded.desc())


def publication_of(row: sa.RowMapping) -> Publication:
    """Return the publication of a row of `select_publications`."""
    said = {name: row[name] for name in Publication.model_fields if name in row}
    return Publication(**(Scores.from_json(row["record"]).model_dump() | said))
