"""The audit log: one event a change, each with the hash of the one before, in the transaction of the change itself."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from windvane.errors import UnknownModel, nearest
from windvane.results import Event, Run
from windvane.spec import canonical_json, sha256_of
from windvane.stores.sql.moments import stamp
from windvane.stores.sql.proof import Proof, hold, keep_proof
from windvane.stores.sql.rows import key_of, row_digests, with_keys
from windvane.stores.sql.tables import events, models

Clock = Callable[[], datetime]


def now() -> datetime:
    """Return the present moment: a record of when something was written, never what chooses data."""
    return datetime.now(UTC)


class Change:
    """One change of a locked model: rows are written through it, and its event holds the digest of each.

    Args:
        connection: That of the transaction.
        model: The model.
        run: Who asks.
        said: When, by the clock of this machine; see `moments.stamp`.
        witness: When, by the database's own clock, where that is another one.
    """

    def __init__(
        self, connection: sa.Connection, model: str, run: Run, said: datetime, witness: datetime | None = None
    ) -> None:
        end = connection.execute(sa.select(models).where(models.c.name == model)).one()
        self._connection, self._model, self._run = connection, model, run
        self._previous: str = end.audit_hash
        self._touched: dict[str, tuple[sa.Table, set[str]]] = {}
        self.seq: int = end.audit_seq + 1
        self.at, self._remark = stamp(said, end.audit_at, end.registered_at, witness)

    def insert(self, table: sa.Table, **row: Any) -> None:
        """Write a new row of the model."""
        self._connection.execute(sa.insert(table).values(**row, seq=self.seq))
        self._touch(table, row)

    def update(self, table: sa.Table, key: Mapping[str, Any], **values: Any) -> None:
        """Change the row with this key."""
        same = [table.c[name] == value for name, value in key.items()]
        self._connection.execute(sa.update(table).where(*same).values(**values, seq=self.seq))
        self._touch(table, key)

    def tell(self, kind: str, **payload: Any) -> None:
        """Append the event; the change is whole with it. What is wrong with its clock is told as `clock`."""
        if self._remark:
            payload["clock"] = self._remark
        link = Event(
            model=self._model,
            seq=self.seq,
            at=self.at,
            kind=kind,
            actor=self._run.actor,
            run_id=self._run.run_id,
            payload=payload,
            rows=self._rows(),
            previous=self._previous,
            hash="",
        )
        append_event(self._connection, link)

    def _touch(self, table: sa.Table, key: Mapping[str, Any]) -> None:
        self._touched.setdefault(table.name, (table, set()))[1].add(key_of(table, key))

    def _rows(self) -> dict[str, dict[str, str]]:
        found = {}
        for name, (table, keys) in self._touched.items():
            same = with_keys(table, self._model, sorted(keys))
            found[name] = {row.key: row.digest for row in row_digests(self._connection, table, same)}
        return found


def known(connection: sa.Connection, model: str) -> Any:
    """Return a model's row.

    Raises:
        UnknownModel: There is none.
    """
    row = connection.execute(sa.select(models).where(models.c.name == model)).one_or_none()
    if row is None:
        names = connection.execute(sa.select(models.c.name)).scalars()
        raise UnknownModel(f"no model {model!r} is registered{nearest(model, names)}", "name a registered model")
    return row


def lock(connection: sa.Connection, model: str) -> None:
    """Make other changes of a model wait until this one is done.

    Raises:
        UnknownModel: There is none.
    """
    if not hold(connection, model):
        known(connection, model)  # names the error


def append_event(connection: sa.Connection, link: Event) -> Event:
    """Append an event to a locked model's audit log, and return it with its hash."""
    link = link.model_copy(update={"hash": hash_of(link)})
    row = {**dict(link), "payload": canonical_json(link.payload), "rows": canonical_json(link.rows)}
    row |= about(link.payload)
    connection.execute(sa.insert(events).values(**row))
    end = {"audit_seq": link.seq, "audit_hash": link.hash, "audit_at": link.at}
    connection.execute(sa.update(models).where(models.c.name == link.model).values(**end))
    keep_proof(connection, Proof(link.model, link.seq, link.hash))
    return link


def about(payload: Mapping[str, Any]) -> dict[str, Any]:
    """Return the columns that say which version and window an event is about."""
    version, window = payload.get("version"), payload.get("window")
    return {"version": version if type(version) is int else None, "window": window if type(window) is str else None}


def hash_of(event: Event) -> str:
    """Return the hash of everything an event says, and of the hash before."""
    said = {name: getattr(event, name) for name in ("model", "seq", "kind", "actor", "run_id", "payload", "previous")}
    if event.rows:  # the first registries had none
        said["rows"] = event.rows
    return sha256_of({**said, "at": event.at.astimezone(UTC).isoformat()})


def event_of(row: Any) -> Event:
    """Return the event of a row."""
    return Event(
        model=row.model,
        seq=row.seq,
        at=row.at,
        kind=row.kind,
        actor=row.actor,
        run_id=row.run_id,
        payload=json.loads(row.payload),
        rows=json.loads(row.rows),
        previous=row.previous,
        hash=row.hash,
    )
