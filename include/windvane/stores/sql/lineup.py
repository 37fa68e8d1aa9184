"""The line-up of a model, read; and what it comes to, written: over a connection."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from windvane.results.lineup import Barrier, Entry, Lineup, Reconsidered
from windvane.stores.sql.audit_log import Change
from windvane.stores.sql.tables import barriers, judgements, promotions, versions

ELIGIBLE = ("champion", "archived")
_DECIDED = (*ELIGIBLE, "rejected")


def lineup_of(connection: sa.Connection, model: str, arriving: int) -> Lineup:
    """Return everything that decides who is eligible, with a version that arrives."""
    columns = [versions.c[name] for name in ("version", "window", "window_end", "trained_until", "state", "decision")]
    query = sa.select(*columns, versions.c.eligible, versions.c.settled, versions.c.beside).where(
        versions.c.model == model,
        versions.c.settled.is_not(None) | (versions.c.version == arriving) | versions.c.state.in_(_DECIDED),
    )
    entries = [_entry(dict(row)) for row in connection.execute(query).mappings()]
    last = sa.select(promotions.c.epoch, promotions.c.version).where(promotions.c.model == model)
    standing = connection.execute(last.order_by(promotions.c.epoch.desc()).limit(1)).one_or_none()
    found = sa.select(barriers).where(barriers.c.model == model).order_by(barriers.c.barrier)
    return Lineup(
        model=model,
        epoch=standing.epoch if standing else 0,
        champion=standing.version if standing else None,
        entries=tuple(sorted(entries, key=lambda item: item.place)),
        barriers=tuple(Barrier.model_validate(dict(row)) for row in connection.execute(found).mappings()),
    )


def _entry(row: Mapping[str, Any]) -> Entry:
    """Return a version's entry; what was decided before there was a line-up was decided first of all."""
    settled = row["settled"] or (1 if row["state"] in _DECIDED else 0)
    return Entry.model_validate({**row, "eligible": row["eligible"] is not None, "settled": settled})


def put_barrier(connection: sa.Connection, change: Change, model: str, kind: str, actor: str, *numbers: int) -> None:
    """Keep a person's decision as a barrier up to the latest of some versions' windows; without any there is none."""
    latest = sa.select(sa.func.max(versions.c.window_end)).where(
        versions.c.model == model, versions.c.version.in_(numbers)
    )
    end = connection.execute(latest).scalar()
    if end is not None:
        change.insert(barriers, model=model, barrier=change.seq, kind=kind, window_end=end, actor=actor)


def write_states(
    connection: sa.Connection, begin: Callable[[], Change], model: str, changes: Sequence[Reconsidered], reason: str
) -> None:
    """Give versions their new states, each as an event of its own; the champion's own change is a promotion.

    Args:
        connection: That of the transaction.
        begin: Begins a change.
        model: The model.
        changes: The versions and their states, without a new champion.
        reason: Why the one that arrives is decided so.
    """
    for item in changes:
        key = {"model": model, "version": item.version}
        row = connection.execute(sa.select(versions).filter_by(**key)).one()
        new = row.settled is None
        if row.state == item.state and not new and (row.eligible is not None) == (item.state in ELIGIBLE):
            continue
        change = begin()
        if row.state == "rejected" and item.state == "archived":
            change.update(versions, key, state="evaluated")  # it passed now; a guard knows no other way
        eligible = change.seq if item.state in ELIGIBLE else None
        change.update(versions, key, state=item.state, eligible=eligible, settled=row.settled or change.seq)
        kind = {"archived": "version.eligible", "rejected": "version.rejected"}.get(item.state, "version.reconsidered")
        said = {"version": item.version, "window": item.window, "reason": item.reason or reason}
        change.tell(kind, **said, **({} if new else {"was": row.state}))


def keep_judgement(
    connection: sa.Connection, change: Change, model: str, number: int, beside: int, **values: str
) -> None:
    """Keep what a version came to beside another one, so that it need not be measured again."""
    key = {"model": model, "version": number, "beside": beside}
    if connection.execute(sa.select(judgements.c.version).filter_by(**key)).first() is None:
        change.insert(judgements, **key, **values)
    else:
        change.update(judgements, key, **values)
