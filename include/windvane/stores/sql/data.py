"""Models, their snapshots, and what is recorded about them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from windvane.errors import UnknownSnapshot
from windvane.results import Run, Snapshot, Validation
from windvane.stores.registry import ModelRow
from windvane.stores.sql.audit_log import AuditLog
from windvane.stores.sql.connection import reads, writes
from windvane.stores.sql.rows import insert_unless_there
from windvane.stores.sql.tables import models, snapshots, validations


class Data(AuditLog):
    """The part of the registry that says which models there are, and what they learn from."""

    def register(self, model: str, spec_digest: str, spec: dict[str, Any], run: Run) -> None:
        """See `Registry.register`."""
        if not self._registered(model, spec_digest):  # nearly always it is: no need to wait for a writer
            self._register(model, spec_digest, spec, run)

    @reads
    def _registered(self, connection: sa.Connection, model: str, spec_digest: str) -> bool:
        same = sa.select(models.c.name).where(models.c.name == model, models.c.spec_digest == spec_digest)
        return connection.execute(same).first() is not None

    @writes
    def _register(
        self, connection: sa.Connection, model: str, spec_digest: str, spec: dict[str, Any], run: Run
    ) -> None:
        fields = {"owner": spec.get("owner", ""), "description": spec.get("description", "")}
        fields |= {"task": spec.get("task", ""), "spec_digest": spec_digest, "spec": json.dumps(spec, allow_nan=False)}
        at = self._clock()
        start = {"registered_at": at, "audit_seq": 0, "audit_hash": "", "audit_at": at}
        connection.execute(insert_unless_there(connection, models, {"name": model, **fields, **start}))
        self.lock(connection, model)
        row = self.known(connection, model)
        if row.audit_seq and row.spec_digest == spec_digest:
            return  # another one came first
        change = self.change(connection, model, run)
        change.update(models, {"name": model}, **fields)
        kind = "model.changed" if row.audit_seq else "model.registered"
        change.tell(kind, spec=spec_digest, owner=fields["owner"], task=fields["task"])

    @reads
    def models(self, connection: sa.Connection) -> list[ModelRow]:
        """See `Registry.models`."""
        return [_model(row) for row in connection.execute(sa.select(models).order_by(models.c.name))]

    @reads
    def model(self, connection: sa.Connection, model: str) -> ModelRow:
        """See `Registry.model`."""
        return _model(self.known(connection, model))

    @writes
    def add_snapshot(self, connection: sa.Connection, snapshot: Snapshot, mature: bool, run: Run) -> None:
        """See `Registry.add_snapshot`."""
        self.lock(connection, snapshot.model)
        latest = _latest(connection, snapshot.model, snapshot.window, mature_only=False)
        key = {"model": snapshot.model, "digest": snapshot.digest}
        known = connection.execute(sa.select(snapshots).filter_by(**key)).one_or_none()
        matured = mature or (known is not None and known.mature)
        if known is not None and latest.digest == known.digest and known.mature == matured:
            return
        change = self.change(connection, snapshot.model, run)
        state = {"mature": matured, "recorded": change.seq}
        if known is None:
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
    def snapshot(self, connection: sa.Connection, model: str, digest: str) -> Snapshot:
        """See `Registry.snapshot`."""
        self.known(connection, model)
        return Snapshot.from_json(_snapshot(connection, model, digest).manifest)

    @reads
    def snapshots(self, connection: sa.Connection, model: str, digests: Sequence[str]) -> list[Snapshot]:
        """See `Registry.snapshots`."""
        same = (snapshots.c.model == model, snapshots.c.digest.in_(digests))
        rows = connection.execute(sa.select(snapshots.c.digest, snapshots.c.manifest).where(*same))
        found = {row.digest: Snapshot.from_json(row.manifest) for row in rows}
        for digest in digests:
            if digest not in found:
                self.known(connection, model)
                raise _unknown(model, digest)
        return [found[digest] for digest in digests]

    @reads
    def latest_snapshot(
        self, connection: sa.Connection, model: str, window_key: str, mature_only: bool
    ) -> Snapshot | None:
        """See `Registry.latest_snapshot`."""
        row = _latest(connection, model, window_key, mature_only)
        return Snapshot.from_json(row.manifest) if row else None

    @writes
    def add_validation(self, connection: sa.Connection, model: str, validation: Validation, run: Run) -> None:
        """See `Registry.add_validation`."""
        self.lock(connection, model)
        snapshot = _snapshot(connection, model, validation.snapshot)
        key = {"model": model, "snapshot": snapshot.digest, "digest": validation.sha256}
        if connection.execute(sa.select(validations).filter_by(**key)).first() is not None:
            return
        change = self.change(connection, model, run)
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


def _model(row: Any) -> ModelRow:
    return ModelRow(
        name=row.name,
        owner=row.owner,
        description=row.description,
        task=row.task,
        spec_digest=row.spec_digest,
        registered_at=row.registered_at,
        spec=json.loads(row.spec),
    )


def _snapshot(connection: sa.Connection, model: str, digest: str) -> Any:
    row = connection.execute(sa.select(snapshots).filter_by(model=model, digest=digest)).one_or_none()
    if row is None:
        raise _unknown(model, digest)
    return row


def _unknown(model: str, digest: str) -> UnknownSnapshot:
    return UnknownSnapshot(f"{model} has no snapshot {digest!r:.90}", "take the snapshot of its window first")


def _latest(connection: sa.Connection, model: str, window_key: str, mature_only: bool) -> Any:
    query = sa.select(snapshots).filter_by(model=model, window=window_key).order_by(snapshots.c.recorded.desc())
    if mature_only:
        query = query.where(snapshots.c.mature)
    return connection.execute(query.limit(1)).one_or_none()
