"""A window's publications as a table: which version, when, by which run, why, and which one is current."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from windvane.errors import NaiveTimestamp
from windvane.results import Published
from windvane.web.tables import Column, Table, table_of
from windvane.web.visit import Visit

ASKED = "as_of"
"""The word of an address that asks what was current at a moment."""


def moment(text: str) -> datetime | None:
    """Return the moment that a page is asked about; None for now.

    Raises:
        NaiveTimestamp: It is no moment, or none with a time zone.
    """
    try:
        found = datetime.fromisoformat(text.replace(" ", "+")) if text else None  # a `+` in an address is a space
    except ValueError:
        found = datetime.min  # noqa: DTZ901  # refused below, as what has no zone
    if found is not None and found.tzinfo is None:
        raise NaiveTimestamp(f"{text!r:.60} is no moment with a time zone", "write it like 2013-03-01T00:00Z")
    return found.astimezone(UTC) if found else None


def publications_table(
    visit: Visit, model: str, rows: Sequence[Published], *, traced: bool = False
) -> Table[Published]:
    """Return a window's publications as a table, the newest first.

    Args:
        visit: The visit.
        model: The model.
        rows: The publications.
        traced: True where each tells what it says of a key.
    """
    columns = [
        Column("publication", "Publication", "number", value=lambda row: row.publication.publication),
        Column("current", "Current", value=lambda row: "current" if row.current else "", sorts=False),
        Column(
            "version",
            "Version",
            "version",
            value=lambda row: row.publication.version,
            href=lambda row: visit.model_url(model, "versions", row.publication.version),
            note=lambda row: f"and v{row.publication.staged} in stages" if row.publication.staged else "",
        ),
        *([Column("prediction", "This key", value=_said, sorts=False)] if traced else []),
        Column("at", "When", "moment", value=lambda row: row.publication.at),
        Column("actor", "Who", value=lambda row: row.publication.actor, sorts=False),
        Column("reason", "Why", value=lambda row: row.publication.reason, sorts=False),
        Column(
            "run_id",
            "Run",
            value=lambda row: row.publication.run_id,
            sorts=False,
            href=lambda row: visit.run_url(row.publication.run_id),
        ),
        Column("rows", "Rows", "number", value=lambda row: row.publication.rows),
        Column("artifact", "File", "digest", value=lambda row: row.publication.artifact, sorts=False),
    ]
    newest = sorted(rows, key=lambda row: -row.publication.publication)
    empty = "No scores of this window are published."
    return table_of("publications", "Publications of its scores", columns, newest, visit.requested, empty)


def _said(row: Published) -> str:
    """Return what a publication says of the key, in a few words."""
    if row.prediction is None:
        return "no row"
    own = list(row.prediction.items())[2:-1]  # without key, event time and version
    said = {name: value for name, value in own if name == "predicted" or name.startswith("score")}
    shown = (f"{name} {value:.4g}" if isinstance(value, float) else f"{name} {value}" for name, value in said.items())
    return ", ".join([*shown, f"by v{row.prediction.get('version')}"])
