"""Models, their snapshots and their versions."""

from __future__ import annotations

import json
import math
from typing import Any

import sqlalchemy as sa

from windvane.errors import IllegalMove, UnknownSnapshot, UnknownVersion
from windvane.results import Evaluation, GateResult, Run, Snapshot, Validation, Version, VersionDraft
from windvane.stores.registry import ModelRow
from windvane.stores.sql.tables import models, snapshots, validations, versions
from windvane.stores.sql.trail import Trail


class Versions(Trail):
    """The part of the registry that says what there is; `champion.py` says what counts."""

    def register(self, model: str, spec_digest: str, spec: dict[str, Any], run: Run) -> None:
        """See `Registry.register`."""
        same = sa.select(models.c.name).where(models.c.name == model, models.c.spec_digest == spec_digest)
        with self.reading() as connection:  # nearly always the same: no need to wait for a writer
            if connection.execute(same).first() is not None:
                return
        fields = {"owner": spec.get("owner", ""), "description": spec.get("description", "")}
        fields |= {"task": spec.get("task", ""), "spec_digest": spec_digest, "spec": json.dumps(spec, allow_nan=False)}
        with self.writing() as connection:
            if connection.execute(same).first() is not None:
                return
            new = connection.execute(sa.select(models.c.name).where(models.c.name == model)).first() is None
            if new:
                start = {"registered_at": self._clock(), "trail_seq": 0, "trail_hash": "", "trail_at": self._clock()}
                connection.execute(sa.insert(models).values(name=model, **fields, **start))
            else:
                self.lock(connection, model)
                connection.execute(sa.update(models).where(models.c.name == model).values(**fields))
            told = {"spec": spec_digest, "owner": fields["owner"], "task": fields["task"]}
            self.append(connection, model, "model.registered" if new else "model.changed", run, told)

    def models(self) -> list[ModelRow]:
        """See `Registry.models`."""
        with self.reading() as connection:
            return [_model(row) for row in connection.execute(sa.select(models).order_by(models.c.name))]

    def model(self, model: str) -> ModelRow:
        """See `Registry.model`."""
        with self.reading() as connection:
            return _model(self.known(connection, model))

    def add_snapshot(self, snapshot: Snapshot, mature: bool, run: Run) -> None:
        """See `Registry.add_snapshot`."""
        with self.writing() as connection:
            self.lock(connection, snapshot.model)
            latest = _latest(connection, snapshot.model, snapshot.window, mature_only=False)
            this = (snapshots.c.model == snapshot.model) & (snapshots.c.digest == snapshot.digest)
            known = connection.execute(sa.select(snapshots).where(this)).one_or_none()
            matured = mature or (known is not None and known.mature)
            if known is not None and latest.digest == known.digest and known.mature == matured:
                return
            told = {"snapshot": snapshot.digest, "window": snapshot.window, "rows": snapshot.rows}
            told |= {"outcomes": snapshot.outcomes, "mature": matured}
            stamp = self.append(connection, snapshot.model, "snapshot.recorded", run, told)
            state = {"mature": matured, "recorded": stamp.seq}
            if known is None:
                fixed = {"digest": snapshot.digest, "window": snapshot.window, "manifest": snapshot.to_json()}
                connection.execute(sa.insert(snapshots).values(model=snapshot.model, **fixed, **state))
            else:
                connection.execute(sa.update(snapshots).where(this).values(**state))

    def snapshot(self, model: str, digest: str) -> Snapshot:
        """See `Registry.snapshot`."""
        with self.reading() as connection:
            self.known(connection, model)
            return Snapshot.from_json(_snapshot(connection, model, digest).manifest)

    def latest_snapshot(self, model: str, window_key: str, mature_only: bool) -> Snapshot | None:
        """See `Registry.latest_snapshot`."""
        with self.reading() as connection:
            row = _latest(connection, model, window_key, mature_only)
            return Snapshot.from_json(row.manifest) if row else None

    def add_validation(self, model: str, validation: Validation, run: Run) -> None:
        """See `Registry.add_validation`."""
        with self.writing() as connection:
            self.lock(connection, model)
            snapshot = _snapshot(connection, model, validation.snapshot)
            key = {"model": model, "snapshot": snapshot.digest, "digest": validation.sha256}
            if connection.execute(sa.select(validations).filter_by(**key)).first() is not None:
                return
            text = validation.to_json()
            connection.execute(sa.insert(validations).values(**key, success=validation.success, validation=text))
            failed = sum(not item.success for item in validation.results)
            told = {"snapshot": snapshot.digest, "window": snapshot.window, "success": validation.success}
            told |= {"expectations": len(validation.results), "failed": failed, "document": validation.document}
            self.append(connection, model, "snapshot.validated", run, told)

    def add_version(self, draft: VersionDraft, run: Run) -> Version:
        """See `Registry.add_version`."""
        with self.writing() as connection:
            self.lock(connection, draft.model)
            known = _by_fingerprint(connection, draft.model, draft.fingerprint)
            if known is not None:
                return known
            last = sa.select(sa.func.max(versions.c.version)).where(versions.c.model == draft.model)
            number = (connection.execute(last).scalar() or 0) + 1
            told = {"version": number, "window": draft.window, "fingerprint": draft.fingerprint, "rows": draft.rows}
            told |= {"artifact": draft.artifact, "snapshots": list(draft.snapshots), "code": draft.code_digest}
            stamp = self.append(connection, draft.model, "version.built", run, told)
            row = {
                "model": draft.model,
                "version": number,
                "fingerprint": draft.fingerprint,
                "window": draft.window,
                "window_end": draft.window_end,
                "trained_until": draft.trained_until,
                "state": "built",
                "created_at": stamp.at,
                "actor": run.actor,
                "run_id": run.run_id,
                "draft": draft.to_json(),
            }
            connection.execute(sa.insert(versions).values(**row))
            return version_row(connection, draft.model, number)

    def version(self, model: str, number: int) -> Version:
        """See `Registry.version`."""
        with self.reading() as connection:
            self.known(connection, model)
            return version_row(connection, model, number)

    def version_by_fingerprint(self, model: str, fingerprint: str) -> Version | None:
        """See `Registry.version_by_fingerprint`."""
        with self.reading() as connection:
            return _by_fingerprint(connection, model, fingerprint)

    def versions(self, model: str) -> list[Version]:
        """See `Registry.versions`."""
        with self.reading() as connection:
            self.known(connection, model)
            query = sa.select(versions).where(versions.c.model == model).order_by(versions.c.version.desc())
            return [_version(row) for row in connection.execute(query)]

    def add_evaluation(self, model: str, number: int, digest: str, evaluation: Evaluation, run: Run) -> None:
        """See `Registry.add_evaluation`."""
        with self.writing() as connection:
            self.lock(connection, model)
            version = version_row(connection, model, number)
            if version.evaluation == digest:
                return
            state = "evaluated" if version.state == "built" else version.state
            change_version(connection, model, number, evaluation=digest, state=state)
            metrics = {item.metric: _finite(item.value) for item in evaluation.metrics}
            told = {"version": number, "evaluation": digest, "rows": evaluation.rows, "metrics": metrics}
            self.append(connection, model, "version.evaluated", run, told)

    def add_gate(self, model: str, number: int, result: GateResult, run: Run) -> None:
        """See `Registry.add_gate`."""
        with self.writing() as connection:
            self.lock(connection, model)
            if version_row(connection, model, number).gate == result:
                return
            change_version(connection, model, number, gate=result.to_json())
            told: dict[str, Any] = {"version": number, "decision": result.decision, "reasons": list(result.reasons)}
            told |= {"evaluation": result.evaluation, "expected_epoch": result.expected_epoch}
            self.append(connection, model, "version.judged", run, told)

    def reject(self, model: str, number: int, run: Run, reason: str) -> Version:
        """See `Registry.reject`."""
        with self.writing() as connection:
            self.lock(connection, model)
            version = version_row(connection, model, number)
            if version.state == "built":
                raise IllegalMove(f"{model} v{number} was never evaluated", "evaluate it before it is rejected")
            if version.state == "evaluated":
                change_version(connection, model, number, state="rejected")
                self.append(connection, model, "version.rejected", run, {"version": number, "reason": reason})
            return version_row(connection, model, number)


def version_row(connection: sa.Connection, model: str, number: int) -> Version:
    """Return a version.

    Raises:
        UnknownVersion: There is none.
    """
    row = connection.execute(sa.select(versions).filter_by(model=model, version=number)).one_or_none()
    if row is None:
        query = sa.select(versions.c.version).where(versions.c.model == model).order_by(versions.c.version.desc())
        known = [f"v{item}" for item in connection.execute(query.limit(12)).scalars()]
        cause = f"{model} has no version {number}; Known: {', '.join(known) or 'none'}"
        raise UnknownVersion(cause, f"list them with `windvane versions {model}`")
    return _version(row)


def change_version(connection: sa.Connection, model: str, number: int, **changes: Any) -> None:
    """Change what may change of a version: state, evaluation, gate."""
    this = (versions.c.model == model) & (versions.c.version == number)
    connection.execute(sa.update(versions).where(this).values(**changes))


def _by_fingerprint(connection: sa.Connection, model: str, fingerprint: str) -> Version | None:
    row = connection.execute(sa.select(versions).filter_by(model=model, fingerprint=fingerprint)).one_or_none()
    return _version(row) if row else None


def _version(row: Any) -> Version:
    state = {"version": row.version, "state": row.state, "created_at": row.created_at, "actor": row.actor}
    state |= {"run_id": row.run_id, "evaluation": row.evaluation, "gate": json.loads(row.gate) if row.gate else None}
    return Version.model_validate({**json.loads(row.draft), **state})


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
        raise UnknownSnapshot(f"{model} has no snapshot {digest!r:.90}", "take the snapshot of its window first")
    return row


def _latest(connection: sa.Connection, model: str, window_key: str, mature_only: bool) -> Any:
    query = sa.select(snapshots).filter_by(model=model, window=window_key).order_by(snapshots.c.recorded.desc())
    if mature_only:
        query = query.where(snapshots.c.mature)
    return connection.execute(query.limit(1)).one_or_none()


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None
