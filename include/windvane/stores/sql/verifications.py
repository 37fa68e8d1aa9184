"""What is kept of verifications: the newest of the audit log alone, and the newest of everything, of each model."""

from __future__ import annotations

from collections.abc import Collection

import sqlalchemy as sa

from windvane.results import Verification
from windvane.stores.sql.tables import events, verifications


def note(connection: sa.Connection, found: Verification) -> Verification:
    """Write a row about a locked model."""
    last = sa.select(sa.func.max(verifications.c.verification)).where(verifications.c.model == found.model)
    number = (connection.execute(last).scalar() or 0) + 1
    row = found.model_dump(exclude={"holds"})
    connection.execute(sa.insert(verifications).values(verification=number, **row))
    return found


def newest(connection: sa.Connection, among: Collection[str] | None) -> dict[str, tuple[Verification, ...]]:
    """Return the last verification of each kind of some models, or of all; the last one comes first."""
    later = verifications.alias("later")
    same = (later.c.model == verifications.c.model, later.c.everything == verifications.c.everything)
    last = sa.select(sa.func.max(later.c.verification)).where(*same).correlate(verifications).scalar_subquery()
    event = (events.c.model == verifications.c.model) & (events.c.seq == verifications.c.upto)
    query = sa.select(verifications, (events.c.hash == verifications.c.hash).label("holds"))
    query = query.select_from(verifications.outerjoin(events, event)).where(verifications.c.verification == last)
    if among is not None:
        query = query.where(verifications.c.model.in_(sorted(among)))
    found: dict[str, tuple[Verification, ...]] = {}
    for row in connection.execute(query.order_by(verifications.c.verification.desc())).mappings():
        one = Verification(**{**row, "holds": bool(row["holds"])})
        found[one.model] = (*found.get(one.model, ()), one)
    return found
