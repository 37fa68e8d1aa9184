"""Versions: begun, built, evaluated, judged, rejected. `champions.py` says which one counts."""

from __future__ import annotations

import json
import math
from typing import Any

import sqlalchemy as sa

from windvane.errors import IllegalMove, UnknownVersion
from windvane.results import Build, Elsewhere, Evaluation, GateResult, Run, Version, VersionDraft
from windvane.stores.sql.audit_log import known, lock
from windvane.stores.sql.erasures import AGAIN, refuse_erased
from windvane.stores.sql.lineup import keep_judgement, put_barrier
from windvane.stores.sql.part import Part, reads, writes
from windvane.stores.sql.tables import builds, explanations, judgements, received, versions

_LARGEST = 2**31 - 1


class SqlVersions(Part):
    """See `windvane.stores.registry.versions.Versions` for what its methods promise."""

    @writes
    def begin(
        self, connection: sa.Connection, model: str, window_key: str, fingerprint: str, run: Run
    ) -> Version | None:
        """See `Registry.begin_version`."""
        lock(connection, model)
        there = _by_fingerprint(connection, model, fingerprint)
        if there is not None:
            return there
        self._begin(connection, model, window_key, fingerprint, run)
        return None

    @reads
    def building(self, connection: sa.Connection, model: str) -> list[Build]:
        """See `Registry.building`."""
        known(connection, model)
        query = sa.select(builds).where(builds.c.model == model, builds.c.version.is_(None))
        return [Build.model_validate(dict(row)) for row in connection.execute(query.order_by(builds.c.seq)).mappings()]

    @writes
    def add(self, connection: sa.Connection, draft: VersionDraft, run: Run) -> Version:
        """See `Registry.add_version`."""
        lock(connection, draft.model)
        there = _by_fingerprint(connection, draft.model, draft.fingerprint)
        if there is not None:
            return there
        refuse_erased(connection, draft.model, draft.snapshots, f"{draft.model} {draft.window} was trained", AGAIN)
        self._begin(connection, draft.model, draft.window, draft.fingerprint, run)
        last = sa.select(sa.func.max(versions.c.version)).where(versions.c.model == draft.model)
        number = (connection.execute(last).scalar() or 0) + 1
        change = self.database.change(connection, draft.model, run)
        change.insert(
            versions,
            model=draft.model,
            version=number,
            fingerprint=draft.fingerprint,
            window=draft.window,
            window_end=draft.window_end,
            trained_until=draft.trained_until,
            state="built",
            created_at=change.at,
            actor=run.actor,
            run_id=run.run_id,
            dag_run=run.dag_run,
            attempt=run.attempt,
            reason=run.reason,
            draft=draft.to_json(),
            rows=draft.rows,
        )
        change.update(builds, {"model": draft.model, "fingerprint": draft.fingerprint}, version=number)
        change.tell(
            "version.received" if draft.elsewhere else "version.built",
            version=number,
            window=draft.window,
            fingerprint=draft.fingerprint,
            rows=draft.rows,
            artifact=draft.artifact,
            snapshots=list(draft.snapshots),
            code=draft.code_digest,
            **(_told(draft.elsewhere) if draft.elsewhere else {}),
        )
        return version_row(connection, draft.model, number)

    @reads
    def get(self, connection: sa.Connection, model: str, number: int) -> Version:
        """See `Registry.version`."""
        known(connection, model)
        return version_row(connection, model, number)

    @reads
    def by_fingerprint(self, connection: sa.Connection, model: str, fingerprint: str) -> Version | None:
        """See `Registry.version_by_fingerprint`."""
        return _by_fingerprint(connection, model, fingerprint)

    @reads
    def all(self, connection: sa.Connection, model: str, limit: int | None = None, offset: int = 0) -> list[Version]:
        """See `Registry.versions`."""
        known(connection, model)
        query = sa.select(versions).where(versions.c.model == model).order_by(versions.c.version.desc())
        return [_version(row) for row in connection.execute(query.limit(limit).offset(offset))]

    @writes
    def add_evaluation(
        self, connection: sa.Connection, model: str, number: int, digest: str, evaluation: Evaluation, run: Run
    ) -> None:
        """See `Registry.add_evaluation`."""
        lock(connection, model)
        version = version_row(connection, model, number)
        if version.evaluation == digest:
            return
        state = "evaluated" if version.state == "built" else version.state
        change = self.database.change(connection, model, run)
        change.update(versions, {"model": model, "version": number}, evaluation=digest, state=state)
        keep_judgement(connection, change, model, number, evaluation.champion or 0, evaluation=digest)
        metrics = {item.metric: _finite(item.value) for item in evaluation.metrics}
        change.tell("version.evaluated", version=number, evaluation=digest, rows=evaluation.rows, metrics=metrics)

    @writes
    def add_gate(
        self, connection: sa.Connection, model: str, number: int, result: GateResult, run: Run, cause: str = ""
    ) -> None:
        """See `Registry.add_gate`."""
        lock(connection, model)
        if version_row(connection, model, number).gate == result:
            return
        change = self.database.change(connection, model, run)
        said = {"decision": result.decision, "decided": result.headline, "beside": result.beside}
        change.update(versions, {"model": model, "version": number}, gate=result.to_json(), **said)
        change.tell(
            "version.judged",
            version=number,
            decision=result.decision,
            headline=result.headline,
            rules={verdict.rule: verdict.outcome for verdict in result.verdicts},
            evaluation=result.evaluation,
            expected_epoch=result.expected_epoch,
            beside=result.beside,
            **({"cause": cause} if cause else {}),
        )

    @writes
    def reject(self, connection: sa.Connection, model: str, number: int, run: Run, reason: str) -> Version:
        """See `Registry.reject`."""
        lock(connection, model)
        version = version_row(connection, model, number)
        if version.state == "built":
            raise IllegalMove(f"{model} v{number} was never evaluated", "evaluate it before it is rejected")
        if version.state != "evaluated":
            return version
        change = self.database.change(connection, model, run)
        settled = version.settled or change.seq
        change.update(versions, {"model": model, "version": number}, state="rejected", settled=settled)
        if run.is_person:
            put_barrier(connection, change, model, "refusal", run.actor, number)
        change.tell("version.rejected", version=number, reason=reason)
        return version_row(connection, model, number)

    @writes
    def add_explanation(self, connection: sa.Connection, model: str, number: int, digest: str, run: Run) -> None:
        """See `Registry.add_explanation`."""
        lock(connection, model)
        version_row(connection, model, number)
        key = {"model": model, "version": number}
        there = connection.execute(sa.select(explanations.c.artifact).filter_by(**key)).scalar_one_or_none()
        if there == digest:
            return
        change = self.database.change(connection, model, run)
        if there is None:
            change.insert(explanations, **key, artifact=digest)
        else:
            change.update(explanations, key, artifact=digest)
        change.tell("version.explained", version=number, explanation=digest)

    @reads
    def is_foreign(self, connection: sa.Connection, model: str, number: int) -> bool:
        """See `Versions.is_foreign`."""
        query = sa.select(received.c.versions).where(received.c.model == model, ~received.c.trusted)
        if number <= (connection.execute(query).scalar_one_or_none() or 0):
            return True
        draft = sa.select(versions.c.draft).filter_by(model=model, version=number)
        made = json.loads(connection.execute(draft).scalar_one_or_none() or "{}").get("elsewhere")
        return made is not None and not made["trusted"]

    @reads
    def evaluation_beside(self, connection: sa.Connection, model: str, number: int, beside: int) -> str | None:
        """See `Versions.evaluation_beside`."""
        key = {"model": model, "version": number, "beside": beside}
        return connection.execute(sa.select(judgements.c.evaluation).filter_by(**key)).scalar_one_or_none()

    @reads
    def explanation(self, connection: sa.Connection, model: str, number: int) -> str | None:
        """See `Registry.explanation`."""
        query = sa.select(explanations.c.artifact).filter_by(model=model, version=number)
        return connection.execute(query).scalar_one_or_none()

    def _begin(self, connection: sa.Connection, model: str, window_key: str, fingerprint: str, run: Run) -> None:
        """Note that a run builds a version, or that it takes over from one that did not finish."""
        key = {"model": model, "fingerprint": fingerprint}
        there = connection.execute(sa.select(builds).filter_by(**key)).one_or_none()
        if there is not None and (there.actor, there.run_id, there.attempt) == (run.actor, run.run_id, run.attempt):
            return
        change = self.database.change(connection, model, run)
        who = {"actor": run.actor, "run_id": run.run_id, "attempt": run.attempt, "reason": run.reason}
        if there is None:
            change.insert(builds, **key, window=window_key, begun_at=change.at, **who)
        else:
            change.update(builds, key, begun_at=change.at, **who)
        change.tell("version.begun", fingerprint=fingerprint, window=window_key, attempt=run.attempt)


def version_row(connection: sa.Connection, model: str, number: int) -> Version:
    """Return a version.

    Raises:
        UnknownVersion: There is none.
    """
    same = {"model": model, "version": number}
    row = None
    if 0 < number <= _LARGEST:  # no database keeps a larger one
        row = connection.execute(sa.select(versions).filter_by(**same)).one_or_none()
    if row is None:
        query = sa.select(versions.c.version).where(versions.c.model == model).order_by(versions.c.version.desc())
        numbers = [f"v{item}" for item in connection.execute(query.limit(12)).scalars()]
        cause = f"{model} has no version {number}; Known: {', '.join(numbers) or 'none'}"
        raise UnknownVersion(cause, f"list them with `windvane versions {model}`")
    return _version(row)


def _by_fingerprint(connection: sa.Connection, model: str, fingerprint: str) -> Version | None:
    row = connection.execute(sa.select(versions).filter_by(model=model, fingerprint=fingerprint)).one_or_none()
    return _version(row) if row else None


def _version(row: Any) -> Version:
    state = {"version": row.version, "state": row.state, "created_at": row.created_at, "actor": row.actor}
    state |= {"run_id": row.run_id, "dag_run": row.dag_run, "attempt": row.attempt, "reason": row.reason}
    state |= {"eligible": row.eligible, "settled": row.settled, "beside": row.beside}
    state |= {"evaluation": row.evaluation, "gate": json.loads(row.gate) if row.gate else None}
    return Version.model_validate({**json.loads(row.draft), **state})


def _told(made: Elsewhere) -> dict[str, Any]:
    """Return what the audit log says of a version's past in another registry."""
    approved = [f"{item.actor} at {item.at:%Y-%m-%d %H:%M} UTC: {item.said}" for item in made.trail if item.approves]
    known = {"number": made.version, "trained": made.window, "trained_as": made.fingerprint, "log": made.log}
    return {**known, "signer": made.signer, "let_through_there": approved}


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None
