"""The audit log: who may write, what was written, whether it still stands, and how a history is moved."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from windvane.errors import ModelExists, Unguarded
from windvane.results import Event, Run, Verification
from windvane.stores.registry import AuditLogCheck, Row
from windvane.stores.sql.audit_log import event_of, hash_of, known, lock
from windvane.stores.sql.derived import derive
from windvane.stores.sql.fence import take_fence
from windvane.stores.sql.guarding import unguarded
from windvane.stores.sql.guards import put_up, take_down
from windvane.stores.sql.naming import recorded
from windvane.stores.sql.part import Part, reads, writes
from windvane.stores.sql.tables import events, metadata, models, received, versions
from windvane.stores.sql.transfer import BATCH_ROWS, insert, plain, row_owner
from windvane.stores.sql.verifications import note
from windvane.stores.sql.verifying import broken, verify


class SqlAudit(Part):
    """See `windvane.stores.registry.audit.Audit` for what its methods promise."""

    def take_fence(self, run: Run) -> Run:
        """See `Registry.take_fence`."""
        if not run.work:
            return run
        return self.database.write(lambda connection: take_fence(connection, run, self.database.moment(connection)))

    @reads
    def events(
        self, connection: sa.Connection, model: str, limit: int | None = None, before: int | None = None
    ) -> list[Event]:
        """See `Registry.events`."""
        known(connection, model)
        query = sa.select(events).where(events.c.model == model).order_by(events.c.seq.desc()).limit(limit)
        if before is not None:
            query = query.where(events.c.seq < before)
        return [event_of(row) for row in connection.execute(query)]

    @reads
    def events_of(self, connection: sa.Connection, model: str, number: int) -> list[Event]:
        """See `Registry.events_of`."""
        known(connection, model)
        query = sa.select(events).where(events.c.model == model, events.c.version == number).order_by(events.c.seq)
        return [event_of(row) for row in connection.execute(query)]

    @reads
    def verify(self, connection: sa.Connection, model: str) -> AuditLogCheck:
        """See `Registry.verify_audit_log`."""
        damage = self.database.backend.damage(connection)
        if damage is not None:
            raise broken(f"{self.database.backend.where} is damaged: {damage}")
        known(connection, model)
        try:
            return verify(connection, model)
        except (TypeError, KeyError, AttributeError) as error:  # a text where a number was, a word that is gone
            raise broken(f"{model}: a row or an event holds something else than was written: {error}") from error

    @reads
    def verify_guards(self, connection: sa.Connection) -> None:
        """See `Registry.verify_guards`."""
        wrong = unguarded(connection)
        if wrong is not None:
            remedy = "find out who, and what was written since; export the models, and import them into a new registry"
            raise Unguarded(f"{self.database.backend.where}: {wrong}", remedy)

    @reads
    def stands(self, connection: sa.Connection, model: str, seq: int, digest: str) -> bool:
        """See `Registry.stands`."""
        row = connection.execute(sa.select(events).where(events.c.model == model, events.c.seq == seq)).one_or_none()
        try:
            return row is not None and digest == row.hash == hash_of(event_of(row))
        except (ValueError, TypeError):  # its texts are no record any more
            return False

    @writes
    def note_verified(
        self, connection: sa.Connection, model: str, upto: int, run: Run, *, everything: bool, problem: str = ""
    ) -> Verification:
        """See `Registry.note_verified`."""
        lock(connection, model)
        end = known(connection, model)
        upto = upto or end.audit_seq
        found = connection.execute(sa.select(events.c.hash).where(events.c.model == model, events.c.seq == upto))
        digest = found.scalar_one_or_none() or (end.audit_hash if problem else None)
        if digest is None:
            raise broken(f"{model}: event {upto} of the audit log is missing")
        return note(connection, Verification(
            model=model, upto=upto, hash=digest, at=self.database.moment(connection), actor=run.actor,
            everything=everything, problem=problem,
        ))  # fmt: skip

    def rows(self, model: str) -> Iterator[Row]:
        """See `Registry.rows`."""
        try:
            with self.database.reading() as connection:
                model = recorded(connection, model, self.database.names)
                known(connection, model)
                for table in metadata.sorted_tables:
                    owner = row_owner(table)
                    if owner is None:
                        continue  # of no model
                    query = sa.select(table).where(owner == model).order_by(*table.primary_key.columns)
                    for row in connection.execute(query.execution_options(yield_per=BATCH_ROWS)).mappings():
                        yield Row(table.name, {key: plain(value) for key, value in row.items()})
        except DBAPIError as error:
            raise self.database.backend.failure(error, 0) from error

    def receive(self, model: str, rows: Callable[[], Iterable[Row]], trusted: bool = False) -> None:
        """See `Registry.receive`."""

        def take_in(connection: sa.Connection) -> None:
            if connection.execute(sa.select(models.c.name).where(models.c.name == model)).first() is not None:
                raise ModelExists(
                    f"{model} is in {self.database.url} already", "import into another registry, or leave it as it is"
                )
            # a history arrives as it ended, not step by step; the audit log vouches for it instead
            take_down(connection)
            insert(connection, metadata, model, rows())
            known(connection, model)
            verify(connection, model, derived=False)
            derive(connection, model)
            newest = sa.select(sa.func.max(versions.c.version)).where(versions.c.model == model)
            count = connection.execute(newest).scalar() or 0
            connection.execute(sa.insert(received).values(model=model, versions=count, trusted=trusted))
            put_up(connection)

        self.database.write(take_in)
