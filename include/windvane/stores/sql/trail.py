"""The trail: one event a change, each with the hash of the one before, in the transaction of the change itself."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, NamedTuple

import sqlalchemy as sa

from windvane.errors import TrailBroken, UnknownModel, nearest
from windvane.results import Event, Run
from windvane.spec import canonical_json, sha256_of
from windvane.stores.sql.connection import Database
from windvane.stores.sql.tables import events, models

Clock = Callable[[], datetime]


class Stamp(NamedTuple):
    """Where and when an event was appended."""

    seq: int
    at: datetime


def now() -> datetime:
    """Return the present moment: a record of when something was written, never what chooses data."""
    return datetime.now(UTC)


class Trail(Database):
    """Events, and the locking that every change of a model begins with.

    Args:
        url: A SQLAlchemy URL.
        busy_timeout: How long to wait for another writer, in seconds.
        clock: The moment a change is recorded at.
    """

    def __init__(self, url: str, busy_timeout: float = 10.0, clock: Clock = now) -> None:
        self._clock = clock
        super().__init__(url, busy_timeout)

    def events(self, model: str, limit: int | None = None) -> list[Event]:
        """See `Registry.events`."""
        with self.reading() as connection:
            self.known(connection, model)
            query = sa.select(events).where(events.c.model == model).order_by(events.c.seq.desc()).limit(limit)
            return [event_of(row) for row in connection.execute(query)]

    def verified(self, connection: sa.Connection, model: str) -> list[Event]:
        """Return the trail, the oldest event first, once every link of it holds.

        Raises:
            TrailBroken: An event was changed or taken away; the first one is named.
        """
        end = self.known(connection, model)
        query = sa.select(events).where(events.c.model == model).order_by(events.c.seq)
        trail: list[Event] = []
        previous = ""
        for seq, row in enumerate(connection.execute(query), start=1):
            if row.seq != seq:
                raise _broken(model, seq, "is missing")
            try:
                event = event_of(row)
            except ValueError:  # no JSON any more
                raise _broken(model, seq, "is not what was written") from None
            if event.previous != previous or event.hash != _hash(event):
                raise _broken(model, seq, "is not what was written")
            trail.append(event)
            previous = event.hash
        if (len(trail), previous) != (end.trail_seq, end.trail_hash):
            raise _broken(model, len(trail) + 1, "is missing")
        return trail

    def known(self, connection: sa.Connection, model: str) -> Any:
        """Return a model's row.

        Raises:
            UnknownModel: There is none.
        """
        row = connection.execute(sa.select(models).where(models.c.name == model)).one_or_none()
        if row is None:
            names = connection.execute(sa.select(models.c.name)).scalars()
            raise UnknownModel(f"no model {model!r} is registered{nearest(model, names)}", "name a registered model")
        return row

    def lock(self, connection: sa.Connection, model: str) -> None:
        """Make other changes of a model wait until this one is done.

        Raises:
            UnknownModel: There is none.
        """
        self.known(connection, model)
        connection.execute(sa.select(models.c.name).where(models.c.name == model).with_for_update())

    def append(self, connection: sa.Connection, model: str, kind: str, run: Run, payload: dict[str, Any]) -> Stamp:
        """Append an event to a locked model's trail; its moment is never before that of the event it follows."""
        end = connection.execute(sa.select(models).where(models.c.name == model)).one()
        link = Event(
            model=model,
            seq=end.trail_seq + 1,
            at=max(self._clock(), end.trail_at),
            kind=kind,
            actor=run.actor,
            run_id=run.run_id,
            payload=payload,
            previous=end.trail_hash,
            hash="",
        )
        link = link.model_copy(update={"hash": _hash(link)})
        row = {**dict(link), "payload": canonical_json(payload)}
        connection.execute(sa.insert(events).values(**row))
        connection.execute(
            sa.update(models)
            .where(models.c.name == model)
            .values(trail_seq=link.seq, trail_hash=link.hash, trail_at=link.at)
        )
        return Stamp(link.seq, link.at)


def _hash(event: Event) -> str:
    """Return the hash of everything an event says, and of the hash before."""
    said = {name: getattr(event, name) for name in ("model", "seq", "kind", "actor", "run_id", "payload", "previous")}
    return sha256_of({**said, "at": event.at.astimezone(UTC).isoformat()})


def event_of(row: Any) -> Event:
    """Return the event that a row holds."""
    return Event(
        model=row.model,
        seq=row.seq,
        at=row.at,
        kind=row.kind,
        actor=row.actor,
        run_id=row.run_id,
        payload=json.loads(row.payload),
        previous=row.previous,
        hash=row.hash,
    )


def _broken(model: str, seq: int, what: str) -> TrailBroken:
    return TrailBroken(
        f"{model}: event {seq} of the trail {what}", "restore the registry from a backup, and find out who"
    )
