"""Proof that an audit log, and every row it vouches for, is what was written; in memory that does not grow with it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple, TypeVar

import sqlalchemy as sa

from windvane.errors import AuditLogBroken
from windvane.results import Event
from windvane.spec import canonical_json
from windvane.stores.registry import AuditLogCheck
from windvane.stores.sql.audit_log import about, event_of, hash_of
from windvane.stores.sql.derived import disagreement
from windvane.stores.sql.rows import owner, row_digests, stored, vouched, with_keys
from windvane.stores.sql.tables import events, models, promotions

T = TypeVar("T")

_PAGE = 1000
_KEYS = 200
_PROMOTIONS = {
    "champion.promoted": "promote",
    "champion.rolled_back": "rollback",
    "champion.reordered": "reorder",
}


class _Mention(NamedTuple):
    """What an event says of a row."""

    seq: int
    digest: str


def verify(connection: sa.Connection, model: str, rows: bool = True, derived: bool = True) -> AuditLogCheck:
    """Walk an audit log from its beginning, and hold the tables against it.

    Args:
        connection: That of a transaction that sees one moment.
        model: A model that is known.
        rows: False leaves out the rows, for a registry of before they were vouched for.
        derived: False leaves out what is derived from them, where that is not done yet.

    Raises:
        AuditLogBroken: Something is not what was written; the first such thing is named.
    """
    seen = vouched_for = moved = 0
    for page in _pages(connection, model):
        moved += _check_promotions(connection, model, page)
        vouched_for += _check_rows(connection, model, page) if rows else 0
        seen = page[-1].seq
    if _promotions_of(connection, model) != moved:
        raise broken(f"{model}: the champion was moved more often than the audit log says")
    for table in vouched() if rows else ():
        beyond = sa.or_(table.c.seq < 1, table.c.seq > seen)
        for row in row_digests(connection, table, owner(table) == model, beyond, limit=1):
            raise broken(f"{model}: {table.name} {row.key} was written by no event of the audit log")
    wrong = disagreement(connection, model) if rows and derived else None
    if wrong:
        raise broken(f"{model}: {wrong}")
    return AuditLogCheck(seen, vouched_for)


def _pages(connection: sa.Connection, model: str) -> Iterator[list[Event]]:
    """Yield the audit log in pages, the oldest event first, each event once its link holds."""
    end = connection.execute(sa.select(models).where(models.c.name == model)).one()
    query = sa.select(events, stored(events.c.at).label("stored_at")).where(events.c.model == model)
    query = query.order_by(events.c.seq).limit(_PAGE)
    seq, previous, at = 0, "", None
    while found := connection.execute(query.where(events.c.seq > seq)).all():
        page = []
        for row in found:
            seq += 1
            if row.seq != seq:
                raise broken(f"{model}: event {seq} of the audit log is missing")
            event = _read(row)
            if event is None or event.previous != previous or event.hash != hash_of(event):
                raise broken(f"{model}: event {seq} of the audit log is not what was written")
            previous, at = event.hash, event.at
            page.append(event)
        yield page
    if (seq, previous) != (end.audit_seq, end.audit_hash):
        raise broken(f"{model}: event {seq + 1} of the audit log is missing")
    if at not in (None, end.audit_at):
        raise broken(f"{model}: the audit log ends at {end.audit_at}, its last event was at {at}")


def _read(row: Any) -> Event | None:
    """Return an event; None when its texts are not the ones that were hashed, though they may mean the same."""
    try:
        event = event_of(row)
    except (ValueError, TypeError):
        return None
    kept = (canonical_json(event.payload), canonical_json(event.rows), f"{event.at:%Y-%m-%d %H:%M:%S.%f}")
    at = row.stored_at if isinstance(row.stored_at, str) else kept[2]
    named = {"version": row.version, "window": row.window} == about(event.payload)
    return event if named and (row.payload, row.rows, at) == kept else None


def _check_rows(connection: sa.Connection, model: str, page: Sequence[Event]) -> int:
    """Hold the rows that a page's events wrote last against their digests; return how many there are."""
    mentions: dict[str, dict[str, _Mention]] = {}
    for event in page:
        for name, digests in event.rows.items():
            here = mentions.setdefault(name, {})
            here |= {key: _Mention(event.seq, digest) for key, digest in digests.items()}
    wrong: list[tuple[int, str]] = []
    count = 0
    for table in vouched():
        named = mentions.get(table.name, {})
        span = table.c.seq.between(page[0].seq, page[-1].seq)
        for row in row_digests(connection, table, owner(table) == model, span):
            count += 1
            mention = named.pop(row.key, None)
            if mention != _Mention(row.seq, row.digest):
                wrong.append((row.seq, f"{table.name} {row.key} is not what event {row.seq} wrote"))
        for keys in _chunks(list(named)):
            there = row_digests(connection, table, with_keys(table, model, keys))
            later = {row.key for row in there if row.seq > page[-1].seq}
            lost = [(named[key].seq, key) for key in keys if key not in later]
            wrong += [(seq, f"{table.name} {key}, which event {seq} wrote, is missing") for seq, key in lost]
    if wrong:
        raise broken(f"{model}: {min(wrong)[1]}")
    return count


def _check_promotions(connection: sa.Connection, model: str, page: Sequence[Event]) -> int:
    """Hold the promotions against a page's events; return how many there are."""
    moved = [event for event in page if event.kind in _PROMOTIONS]
    for some in _chunks(moved):
        epochs = [event.payload["epoch"] for event in some]
        query = sa.select(promotions).where(promotions.c.model == model, promotions.c.epoch.in_(epochs))
        found = {row.epoch: row for row in connection.execute(query)}
        for event in some:
            row = found.get(event.payload["epoch"])
            if row is None or _message(event) != _found(row):
                cause = f"{model}: the champion's move to epoch {event.payload['epoch']} is not what the audit log says"
                raise broken(cause)
    return len(moved)


def _promotions_of(connection: sa.Connection, model: str) -> int:
    counted = sa.select(sa.func.count()).select_from(promotions).where(promotions.c.model == model)
    return int(connection.execute(counted).scalar_one())


def _message(event: Event) -> tuple[Any, ...]:
    said = event.payload
    promotion = (_PROMOTIONS[event.kind], said["version"], said["from_version"], said["reason"])
    return (*promotion, event.at, event.actor, event.run_id)


def _found(row: Any) -> tuple[Any, ...]:
    return (row.kind, row.version, row.from_version, row.reason, row.at, row.actor, row.run_id)


def _chunks(items: list[T]) -> Iterator[list[T]]:
    for start in range(0, len(items), _KEYS):
        yield items[start : start + _KEYS]


def broken(cause: str) -> AuditLogBroken:
    """Return the error of something that is not what was written."""
    return AuditLogBroken(cause, "restore the registry from a backup, and find out who")
