"""Scores that were published for windows."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from windvane.results import Run, Scores
from windvane.stores.sql.audit_log import known, lock
from windvane.stores.sql.part import Part, reads, writes
from windvane.stores.sql.tables import scores as published_scores
from windvane.stores.sql.versions import version_row


class SqlScores(Part):
    """See `windvane.stores.registry.scores.PublishedScores` for what its methods promise."""

    @writes
    def add(self, connection: sa.Connection, scores: Scores, run: Run) -> None:
        """See `Registry.add_scores`."""
        lock(connection, scores.model)
        version_row(connection, scores.model, scores.version)
        latest = _published(connection, scores.model, scores.window)
        key = {name: getattr(scores, name) for name in ("model", "window", "version", "artifact")}
        if latest is not None and all(getattr(latest, name) == value for name, value in key.items()):
            return
        change = self.database.change(connection, scores.model, run)
        values = {"published": change.seq, "scores": scores.model_copy(update={"at": change.at}).to_json()}
        if connection.execute(sa.select(published_scores.c.seq).filter_by(**key)).first() is None:
            change.insert(published_scores, **key, **values)
        else:
            change.update(published_scores, key, **values)
        staged = {"staged": scores.staged, "share": scores.share} if scores.staged else {}
        change.tell(
            "scores.published",
            window=scores.window,
            version=scores.version,
            **staged,
            artifact=scores.artifact,
            rows=scores.rows,
            snapshot=scores.snapshot,
        )

    @reads
    def latest(self, connection: sa.Connection, model: str, window_key: str) -> Scores | None:
        """See `Registry.scores`."""
        row = _published(connection, model, window_key)
        return Scores.from_json(row.scores) if row else None

    @reads
    def published(
        self,
        connection: sa.Connection,
        model: str,
        window_key: str | None = None,
        version: int | None = None,
        limit: int | None = None,
    ) -> list[Scores]:
        """See `Registry.published`."""
        known(connection, model)
        query = (
            sa.select(published_scores.c.scores)
            .where(published_scores.c.model == model)
            .order_by(published_scores.c.published.desc())
        )
        if window_key is not None:
            query = query.where(published_scores.c.window == window_key)
        if version is not None:
            query = query.where(published_scores.c.version == version)
        return [Scores.from_json(text) for text in connection.execute(query.limit(limit)).scalars()]


def _published(connection: sa.Connection, model: str, window_key: str) -> Any:
    query = (
        sa.select(published_scores)
        .filter_by(model=model, window=window_key)
        .order_by(published_scores.c.published.desc())
        .limit(1)
    )
    return connection.execute(query).one_or_none()
