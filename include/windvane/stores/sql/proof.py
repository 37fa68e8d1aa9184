"""Whether a transaction was committed though its answer got lost: its last event is in the audit log, or it is not.

The database's own record of transactions cannot tell. A PostgreSQL that crashes before it wrote anything of a
transaction gives the same id to another one after its recovery, and says `committed` of it.
"""

from __future__ import annotations

from typing import NamedTuple

import sqlalchemy as sa

from windvane.stores.sql.tables import events, models

_KEY = "windvane.recorded"


class Proof(NamedTuple):
    """The last event of a transaction; its hash stands for everything recorded in it, and everything before."""

    model: str
    seq: int
    hash: str


def hold(connection: sa.Connection, model: str) -> bool:
    """Make other changes of a model wait until this transaction ends; False when there is no such model."""
    locked = sa.select(models.c.name).where(models.c.name == model).with_for_update(key_share=True)
    return connection.execute(locked).one_or_none() is not None


def begin_proof(connection: sa.Connection) -> None:
    """Forget what an earlier transaction of the connection recorded."""
    connection.info.pop(_KEY, None)


def keep_proof(connection: sa.Connection, proof: Proof) -> None:
    """Remember what this transaction recorded last."""
    connection.info[_KEY] = proof


def proof_of(connection: sa.Connection) -> Proof | None:
    """Return what this transaction recorded last; None when it recorded nothing: then doing it again does no harm."""
    found: Proof | None = connection.info.get(_KEY)
    return found


def stands(connection: sa.Connection, proof: Proof) -> bool:
    """Tell whether the transaction was committed, once it has ended: it may be on its way still, and holds the lock."""
    hold(connection, proof.model)
    same = (events.c.model == proof.model, events.c.seq == proof.seq, events.c.hash == proof.hash)
    return connection.execute(sa.select(events.c.seq).where(*same)).one_or_none() is not None
