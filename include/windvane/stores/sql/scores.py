"""Scores that were published for windows: each publication numbered, the last one of a window current."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from windvane.errors import AlreadyPublished
from windvane.results import Publication, Run, Scores
from windvane.stores.sql.audit_log import known, lock
from windvane.stores.sql.erasures import AGAIN, refuse_erased
from windvane.stores.sql.part import Part, reads, writes
from windvane.stores.sql.publications import (
    KIND,
    current_publication,
    publication_of,
    record,
    select_publications,
)
from windvane.stores.sql.tables import publications
from windvane.stores.sql.tables import scores as published_scores
from windvane.stores.sql.versions import version_row


class SqlScores(Part):
    """See `windvane.stores.registry.scores.PublishedScores` for what its methods promise."""

    @writes
    def add(self, connection: sa.Connection, scores: Scores, run: Run) -> Publication:
        """See `PublishedScores.add`."""
        lock(connection, scores.model)
        version_row(connection, scores.model, scores.version)
        current = current_publication(connection, scores.model, scores.window)
        if current is not None and (current.version, current.artifact) == (scores.version, scores.artifact):
            return current
        if current is not None:
            _refuse_other_version(current, scores)
        number = current.publication + 1 if current else 1
        where = f"{scores.model} {scores.window} was scored"
        refuse_erased(connection, scores.model, (scores.snapshot, scores.artifact), where, AGAIN)
        change = self.database.change(connection, scores.model, run)
        key = {name: getattr(scores, name) for name in ("model", "window", "version", "artifact")}
        kept = scores.model_copy(update={"at": change.at, "replaces": None})
        values = {"published": change.seq, "scores": Scores.model_validate(kept.model_dump()).to_json()}
        if connection.execute(sa.select(published_scores.c.seq).filter_by(**key)).first() is None:
            change.insert(published_scores, **key, **values)
        else:
            change.update(published_scores, key, **values)
        staged = {"staged": scores.staged, "share": scores.share} if scores.staged else {}
        change.tell(
            KIND,
            window=scores.window,
            version=scores.version,
            publication=number,
            **staged,
            artifact=scores.artifact,
            rows=scores.rows,
            snapshot=scores.snapshot,
            reason=run.reason,
        )
        record(connection, scores.model, change.seq, number)
        found = current_publication(connection, scores.model, scores.window)
        assert found is not None  # it was written just now
        return found

    @reads
    def current(
        self, connection: sa.Connection, model: str, window_key: str, as_of: datetime | None = None
    ) -> Publication | None:
        """See `PublishedScores.current`."""
        known(connection, model)
        return current_publication(connection, model, window_key, as_of)

    @reads
    def publications(self, connection: sa.Connection, model: str, window_key: str | None = None) -> list[Publication]:
        """See `PublishedScores.publications`."""
        known(connection, model)
        query = select_publications().where(publications.c.model == model)
        if window_key is not None:
            query = query.where(publications.c.window == window_key)
        return [publication_of(row) for row in connection.execute(query).mappings()]

    @reads
    def windows(self, connection: sa.Connection, model: str) -> set[str]:
        """See `PublishedScores.windows`."""
        known(connection, model)
        query = sa.select(publications.c.window).where(publications.c.model == model).distinct()
        return set(connection.execute(query).scalars())

    @reads
    def published(
        self,
        connection: sa.Connection,
        model: str,
        window_key: str | None = None,
        version: int | None = None,
        limit: int | None = None,
    ) -> list[Scores]:
        """See `PublishedScores.published`."""
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


def _refuse_other_version(current: Publication, scores: Scores) -> None:
    """Refuse to let another version take the place of the one that served, unless a person named what goes.

    Raises:
        AlreadyPublished: Nobody did, or they named another publication than the one that is current by now.
    """
    same = (current.version, current.staged) == (scores.version, scores.staged)
    if same or scores.replaces == current.publication:
        return
    where = f"{scores.model} {scores.window}: publication {current.publication}, by v{current.version}, is current"
    if scores.replaces is None:
        cause = f"{where}; v{scores.version} does not take its place unasked"
        remedy = "score the window again: that publishes what served it; with `--replace --reason TEXT` it replaces it"
    else:
        cause = f"{where}, not publication {scores.replaces}, which v{scores.version} was to replace"
        remedy = "look at what was published meanwhile, then score the window again with `--replace --reason TEXT`"
    raise AlreadyPublished(cause, remedy)
