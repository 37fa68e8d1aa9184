"""What was erased: tombstones, and what takes the place of snapshots and publications, in one transaction."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from windvane.errors import ErasedRows
from windvane.results import Run, Scores, Snapshot, Tombstone
from windvane.stores.sql.audit_log import Change, known, lock
from windvane.stores.sql.part import Part, reads, writes
from windvane.stores.sql.publications import KIND, current_publication, record
from windvane.stores.sql.tables import erased, events
from windvane.stores.sql.tables import scores as published_scores
from windvane.stores.sql.tables import snapshots as taken

RETIRED_BY = "files.retired"
"""The kind of the event that tells of files that were older than the spec keeps them."""
AGAIN = "run the whole again: it begins with what is left"
_MOST = 500
"""Digests of one question."""


class SqlErasures(Part):
    """See `windvane.stores.registry.erasures.Erasures` for what its methods promise."""

    @reads
    def all(self, connection: sa.Connection, model: str) -> list[Tombstone]:
        """See `Erasures.all`."""
        known(connection, model)
        return [_tombstone(row) for row in connection.execute(_tombstones().where(erased.c.model == model))]

    @reads
    def find(self, connection: sa.Connection, digest: str) -> Tombstone | None:
        """See `Erasures.find`."""
        row = connection.execute(_tombstones().where(erased.c.digest == digest).limit(1)).one_or_none()
        return _tombstone(row) if row is not None else None

    @reads
    def present(self, connection: sa.Connection, model: str, digest: str) -> str:
        """See `Erasures.present`."""
        query = sa.select(erased.c.successor)
        while successor := connection.execute(query.filter_by(model=model, digest=digest)).scalar():
            digest = successor
        return digest

    @writes
    def add(
        self,
        connection: sa.Connection,
        model: str,
        seen: int,
        tombstones: Sequence[Tombstone],
        snapshots: Mapping[str, Snapshot],
        scores: Sequence[Scores],
        told: Mapping[str, Any],
        run: Run,
    ) -> bool:
        """See `Erasures.add`."""
        change = self._buried(connection, model, seen, tombstones, run)
        if change is None:
            return False
        for digest, new in snapshots.items():
            old = connection.execute(sa.select(taken).filter_by(model=model, digest=digest)).one()
            key = {"model": model, "digest": new.digest}
            there = connection.execute(sa.select(taken).filter_by(**key)).one_or_none()
            if there is None:
                state = {"mature": old.mature, "recorded": old.recorded}
                change.insert(taken, **key, window=new.window, manifest=new.to_json(), **state)
            else:  # it was taken before the rows came, and is the window's latest again
                state = {"mature": old.mature or there.mature, "recorded": max(old.recorded, there.recorded)}
                change.update(taken, key, **state)
        change.tell("rows.erased", **told, reason=run.reason)
        for new_scores in scores:
            self._publish(connection, new_scores, run)
        return True

    @writes
    def retire(
        self,
        connection: sa.Connection,
        model: str,
        seen: int,
        tombstones: Sequence[Tombstone],
        told: Mapping[str, Any],
        run: Run,
    ) -> bool:
        """See `Erasures.retire`."""
        change = self._buried(connection, model, seen, tombstones, run)
        if change is None:
            return False
        change.tell(RETIRED_BY, **told)
        return True

    def _buried(
        self, connection: sa.Connection, model: str, seen: int, tombstones: Sequence[Tombstone], run: Run
    ) -> Change | None:
        """Return a change that has the tombstones; None where something happened since it was looked."""
        lock(connection, model)
        if known(connection, model).audit_seq != seen:
            return None
        change = self.database.change(connection, model, run)
        for item in tombstones:
            row = {name: getattr(item, name) for name in ("digest", "kind", "successor", "removed", "remaining")}
            change.insert(erased, model=model, **row)
        return change

    def _publish(self, connection: sa.Connection, new: Scores, run: Run) -> None:
        """Let a file without the erased rows take the place of a current publication."""
        current = current_publication(connection, new.model, new.window)
        number = current.publication + 1 if current else 1
        change = self.database.change(connection, new.model, run)
        kept = new.model_copy(update={"at": change.at, "replaces": None})
        key = {name: getattr(new, name) for name in ("model", "window", "version", "artifact")}
        values = {"published": change.seq, "scores": Scores.model_validate(kept.model_dump()).to_json()}
        if connection.execute(sa.select(published_scores.c.seq).filter_by(**key)).first() is None:
            change.insert(published_scores, **key, **values)
        else:
            change.update(published_scores, key, **values)
        staged = {"staged": new.staged, "share": new.share} if new.staged else {}
        said = {"artifact": new.artifact, "rows": new.rows, "snapshot": new.snapshot, "reason": run.reason}
        change.tell(KIND, window=new.window, version=new.version, publication=number, **staged, **said)
        record(connection, new.model, change.seq, number)


def refuse_erased(connection: sa.Connection, model: str, digests: Iterable[str], what: str, remedy: str) -> None:
    """Refuse to record what is, or was made of, rows that were erased or too old to be kept; the model is locked.

    Raises:
        ErasedRows: One of the digests was erased.
    """
    wanted = list(digests)
    for start in range(0, len(wanted), _MOST):
        same = (
            erased.c.model == model,
            erased.c.digest.in_(wanted[start : start + _MOST]),
            sa.or_(events.c.kind != RETIRED_BY, erased.c.successor == ""),  # what may be written again is no row
        )
        row = connection.execute(_tombstones().where(*same).limit(1)).one_or_none()
        if row is not None:
            found = _tombstone(row)
            if found.how == "retired":
                remedy = (
                    "such rows are too old for `keep=`: choose a newer window, or declare a longer age for new ones"
                )
            raise ErasedRows(f"{what}: {found.kind} {found.digest} was {found.told}", remedy)


def _tombstones() -> sa.Select[Any]:
    """Return the query of tombstones, each with the event that tells it."""
    same = (events.c.model == erased.c.model) & (events.c.seq == erased.c.seq)
    told = (events.c.at, events.c.actor, events.c.payload, events.c.kind.label("event"))
    query = sa.select(erased, *told).join(events, same)
    return query.order_by(erased.c.model, erased.c.seq, erased.c.digest)


def _tombstone(row: Any) -> Tombstone:
    said = {name: getattr(row, name) for name in Tombstone.model_fields if name not in ("reason", "how")}
    how = "retired" if row.event == RETIRED_BY else "erased"
    return Tombstone(**said, how=how, reason=json.loads(row.payload).get("reason", ""))
