"""Which models there are, and how each was declared last."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from windvane.errors import IllegalMove, ModelExists
from windvane.results import Run
from windvane.stores.registry import ModelRow
from windvane.stores.sql.audit_log import known, lock
from windvane.stores.sql.naming import called, recorded
from windvane.stores.sql.part import Part, reads, writes
from windvane.stores.sql.rows import insert_unless_there
from windvane.stores.sql.tables import models, names


class SqlModels(Part):
    """See `windvane.stores.registry.models.Models` for what its methods promise."""

    def register(
        self, model: str, spec_digest: str, spec: dict[str, Any], run: Run, changes: Sequence[str] = ()
    ) -> None:
        """See `Registry.register`."""
        if not self._registered(model, spec_digest):  # nearly always it is: no need to wait for a writer
            self._register(model, spec_digest, spec, run, changes)

    @reads
    def _registered(self, connection: sa.Connection, model: str, spec_digest: str) -> bool:
        same = sa.select(models.c.name).where(models.c.name == model, models.c.spec_digest == spec_digest)
        return connection.execute(same).first() is not None

    @writes
    def _register(
        self,
        connection: sa.Connection,
        model: str,
        spec_digest: str,
        spec: dict[str, Any],
        run: Run,
        changes: Sequence[str],
    ) -> None:
        fields = {"owner": spec.get("owner", ""), "description": spec.get("description", "")}
        fields |= {"task": spec.get("task", ""), "spec_digest": spec_digest, "spec": json.dumps(spec, allow_nan=False)}
        at = self.database.moment(connection)
        start = {"registered_at": at, "audit_seq": 0, "audit_hash": "", "audit_at": at}
        connection.execute(insert_unless_there(connection, models, {"name": model, **fields, **start}))
        lock(connection, model)
        row = known(connection, model)
        if row.audit_seq and row.spec_digest == spec_digest:
            return  # another one came first
        change = self.database.change(connection, model, run)
        change.update(models, {"name": model}, **fields)
        kind = "model.changed" if row.audit_seq else "model.registered"
        told = {"changes": list(changes)} if changes else {}
        change.tell(kind, spec=spec_digest, owner=fields["owner"], task=fields["task"], **told)

    @writes
    def rename(self, connection: sa.Connection, model: str, name: str, run: Run) -> None:
        """See `Models.rename`."""
        lock(connection, model)
        owner = recorded(connection, name, {})
        if owner != model and (owner != name or _there(connection, name)):
            had = f"{name!r} is the name of another model" + (f", {owner}" if owner != name else "")
            raise ModelExists(f"{model}: {had}", "choose a name that no model has, or had")
        before = called(connection)[model]
        if before == name:
            raise IllegalMove(f"{model} is called {name} already", "choose another name, or leave it as it is")
        change = self.database.change(connection, model, run)
        key = {"model": model, "name": name}
        if connection.execute(sa.select(names).filter_by(**key)).first() is None:
            change.insert(names, **key)
        else:
            change.update(names, key)
        change.tell("model.renamed", name=name, before=before, reason=run.reason)

    @reads
    def recorded(self, connection: sa.Connection, name: str) -> str:
        """See `Models.recorded`."""
        return recorded(connection, name, self.database.names)

    @reads
    def called(self, connection: sa.Connection) -> dict[str, str]:
        """See `Models.called`."""
        return called(connection)

    @reads
    def all(self, connection: sa.Connection) -> list[ModelRow]:
        """See `Registry.models`."""
        return [_model(row) for row in connection.execute(sa.select(models).order_by(models.c.name))]

    @reads
    def get(self, connection: sa.Connection, model: str) -> ModelRow:
        """See `Registry.model`."""
        return _model(known(connection, model))


def _there(connection: sa.Connection, name: str) -> bool:
    return connection.execute(sa.select(models.c.name).where(models.c.name == name)).first() is not None


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
