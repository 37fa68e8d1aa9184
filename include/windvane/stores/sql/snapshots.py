"""The snapshots of windows, and what was found in them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from windvane.errors import UnknownSnapshot
from windvane.results import Run, Snapshot, Validation
from windvane.stores.sql.audit_log import known, lock
from windvane.stores.sql.erasures import AGAIN, refuse_erased
from windvane.stores.sql.part import Part, reads, writes
from windvane.stores.sql.tables import snapshots, validations


class SqlSnapshots(Part):
    """See `windvane.stores.registry.snapshots.Snapshots` for what its methods promise."""

    @writes
    def add(self, connection: sa.Connection, snapshot: Snapshot, mature: bool, run: Run) -> None:
        """See `Registry.add_snapshot`."""
        lock(connection, snapshot.model)
        digests = (snapshot.digest, *(part.digest for part in snapshot.parts))
        remedy = "take those rows out of the source as well, then run the same again"
        refuse_erased(connection, snapshot.model, digests, f"{snapshot.model} {snapshot.window} has them again", remedy)
        latest = _latest(connection, snapshot.model, snapshot.window, mature_only=False)
        key = {"model": snapshot.model, "digest": snapshot.digest}
        there = connection.execute(sa.select(snapshots).filter_by(**key)).one_or_none()
        matured = mature or (there is not None and there.mature)
        if there is not None and latest.digest == there.digest and there.mature == matured:
            return
        change = self.database.change(connection, snapshot.model, run)
        state = {"mature": matured, "recorded": change.seq}
        if there is None:
            change.insert(snapshots, **key, window=snapshot.window, manifest=snapshot.to_json(), **state)
        else:
            change.update(snapshots, key, **state)
        change.tell(
            "snapshot.recorded",
            snapshot=snapshot.digest,
            window=snapshot.window,
            rows=snapshot.rows,
            outcomes=snapshot.outcomes,
            mature=matured,
        )

    @reads
    def get(self, connection: sa.Connection, model: str, digest: str) -> Snapshot:
        """See `Registry.snapshot`."""
        known(connection, model)
        return Snapshot.from_json(_snapshot(connection, model, digest).manifest)

    @reads
    def get_all(self, connection: sa.Connection, model: str, digests: Sequence[str]) -> list[Snapshot]:
        """See `Registry.snapshots`."""
        same = (snapshots.c.model == model, snapshots.c.digest.in_(digests))
        rows = connection.execute(sa.select(snapshots.c.digest, snapshots.c.manifest).where(*same))
        found = {row.digest: Snapshot.from_json(row.manifest) for row in rows}
        for digest in digests:
            if digest not in found:
                known(connection, model)
                raise _unknown(model, digest)
        return [found[digest] for digest in digests]

    @reads
    def windows(self, connection: sa.Connection, model: str) -> list[str]:
        """See `Registry.windows`."""
        query = sa.select(snapshots.c.window).filter_by(model=model).distinct().order_by(snapshots.c.window)
        return list(connection.execute(query).scalars())

    @reads
    def latest(self, connection: sa.Connection, model: str, window_key: str, mature_only: bool) -> Snapshot | None:
        """See `Registry.latest_snapshot`."""
        row = _latest(connection, model, window_key, mature_only)
        return Snapshot.from_json(row.manifest) if row else None

    @writes
    def add_validation(self, connection: sa.Connection, model: str, validation: Validation, run: Run) -> None:
        """See `Registry.add_validation`."""
        lock(connection, model)
        snapshot = _snapshot(connection, model, validation.snapshot)
        key = {"model": model, "snapshot": snapshot.digest, "digest": validation.sha256}
        if connection.execute(sa.select(validations).filter_by(**key)).first() is not None:
            return
        refuse_erased(connection, model, (snapshot.digest,), f"{model} {snapshot.window} was validated", AGAIN)
        change = self.database.change(connection, model, run)
        change.insert(validations, **key, success=validation.success, validation=validation.to_json())
        change.tell(
            "snapshot.validated",
            snapshot=snapshot.digest,
            window=snapshot.window,
            success=validation.success,
            expectations=len(validation.results),
            failed=sum(not item.success for item in validation.results),
            document=validation.document,
        )

    @reads
    def validations(self, connection: sa.Connection, model: str, digest: str) -> list[Validation]:
        """See `Registry.validations`."""
        query = sa.select(validations.c.validation).filter_by(model=model, snapshot=digest).order_by(validations.c.seq)
        return [Validation.from_json(row) for row in connection.execute(query).scalars()]


def _snapshot(connection: sa.Connection, model: str, digest: str) -> Any:
    row = connection.execute(sa.select(snapshots).filter_by(model=model, digest=digest)).one_or_none()
    if row is None:
        raise _unknown(model, digest)
    return row


def _unknown(model: str, digest: str) -> UnknownSnapshot:
    return UnknownSnapshot(f"{model} has no snapshot {digest!r:.90}", "take the snapshot of its window first")


def _latest(connection: sa.Connection, model: str, window_key: str, mature_only: bool) -> Any:
    query = (
        sa.select(snapshots)
        .filter_by(model=model, window=window_key)
        .order_by(
            snapshots.c.recorded.desc(),
            snapshots.c.seq.desc(),  # what took the place of another one came later
        )
    )
    if mature_only:
        query = query.where(snapshots.c.mature)
    return connection.execute(query.limit(1)).one_or_none()
