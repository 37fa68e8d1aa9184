"""The monitor's conclusions, the outbox of retrains they ask for, and the incidents they open and close."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from windvane.errors import UnknownIncident, UnknownRequest
from windvane.results import Incident, MonitorResult, Notice, Number, Reason, RetrainRequest, Run
from windvane.spec import sha256_of
from windvane.stores.sql.audit_log import known, lock
from windvane.stores.sql.derived import tell
from windvane.stores.sql.incidents import follow, incident_of, notices_of
from windvane.stores.sql.part import Part, reads, writes
from windvane.stores.sql.pauses import pause_of
from windvane.stores.sql.tables import events, incidents, monitoring, notices, requests

_DAY = timedelta(days=1)
_LATER = ("publication", "beside")
"""What conclusions did not say at first: where it is not said, the digest of the evidence stays what it was."""


class SqlMonitoring(Part):
    """See `windvane.stores.registry.monitoring.Monitoring` for what its methods promise."""

    @writes
    def add(
        self,
        connection: sa.Connection,
        result: MonitorResult,
        request: RetrainRequest | None,
        run: Run,
        *,
        cooldown_since: datetime | None = None,
        daily_cap: int | None = None,
    ) -> MonitorResult:
        """See `Registry.add_monitoring`."""
        lock(connection, result.model)
        key = {"model": result.model, "window": result.window, "evidence": _evidence(result)}
        there = connection.execute(sa.select(monitoring).filter_by(**key)).one_or_none()
        if there is not None:
            return MonitorResult.from_json(there.result)
        refusal = self._refusal(connection, request, cooldown_since, daily_cap) if request else None
        if refusal is not None:
            result = result.model_copy(update={"decision": "hold", "reasons": (refusal, *result.reasons)})
            request = None
        result = result.model_copy(update={"request": request.request if request else None})
        if request is not None:
            self._ask(connection, request, run)
        change = self.database.change(connection, result.model, run)
        result = result.model_copy(update={"at": change.at})
        change.insert(
            monitoring,
            **key,
            recorded=change.seq,
            decision=result.decision,
            request=result.request,
            result=result.to_json(),
        )
        tell(connection, result, change.seq)
        change.tell(
            "window.monitored",
            window=result.window,
            decision=result.decision,
            reasons=[reason.headline for reason in result.reasons],
            version=result.version,
            evidence=key["evidence"],
            request=result.request,
        )
        follow(connection, lambda: self.database.change(connection, result.model, run), result)
        return result

    @reads
    def results(
        self, connection: sa.Connection, model: str, window_key: str | None = None, limit: int | None = None
    ) -> list[MonitorResult]:
        """See `Registry.monitoring`."""
        known(connection, model)
        same = monitoring.c.model == model
        if window_key is not None:
            same &= monitoring.c.window == window_key
        latest = sa.select(sa.func.max(monitoring.c.recorded)).where(same).group_by(monitoring.c.window)
        query = sa.select(monitoring.c.result).where(monitoring.c.model == model, monitoring.c.recorded.in_(latest))
        found = connection.execute(query.order_by(monitoring.c.window.desc()).limit(limit)).scalars()
        return [MonitorResult.from_json(text) for text in found]

    @writes
    def add_report(self, connection: sa.Connection, model: str, window_key: str, digest: str, run: Run) -> None:
        """See `Registry.add_report`."""
        lock(connection, model)
        if reports_of(connection, model, window_key).get(window_key) != digest:
            self.database.change(connection, model, run).tell("window.reported", window=window_key, report=digest)

    @writes
    def add_replay(self, connection: sa.Connection, model: str, digest: str, run: Run) -> None:
        """See `Registry.add_replay`."""
        lock(connection, model)
        if replay_of(connection, model) != digest:
            self.database.change(connection, model, run).tell("model.replayed", replay=digest)

    @reads
    def reports(self, connection: sa.Connection, model: str, window_key: str | None = None) -> dict[str, str]:
        """See `Registry.reports`."""
        known(connection, model)
        return reports_of(connection, model, window_key)

    @reads
    def requests(self, connection: sa.Connection, model: str, pending_only: bool = False) -> list[RetrainRequest]:
        """See `Registry.requests`."""
        known(connection, model)
        query = sa.select(requests).where(requests.c.model == model).order_by(requests.c.requested)
        if pending_only:
            query = query.where(requests.c.started_at.is_(None))
        found = connection.execute(query).all()
        histories = _histories(connection, [row.request for row in found])
        return [_request(row, histories.get(row.request, ())) for row in found]

    @writes
    def mark_started(self, connection: sa.Connection, request_id: str, run: Run) -> None:
        """See `Registry.mark_started`."""
        this = sa.select(requests).where(requests.c.request == request_id)
        row = connection.execute(this).one_or_none()
        if row is None:
            raise UnknownRequest(f"no retrain request {request_id!r:.90}", "name one that is recorded")
        lock(connection, row.model)
        if connection.execute(this).one().started_at is not None:
            return
        change = self.database.change(connection, row.model, run)
        change.update(requests, {"request": request_id}, started_at=change.at)
        change.tell("retrain.started", request=request_id, window=row.window, answer=row.run_id)

    @reads
    def incidents(
        self, connection: sa.Connection, model: str, open_only: bool = False, limit: int | None = None
    ) -> list[Incident]:
        """See `Registry.incidents`."""
        known(connection, model)
        query = sa.select(incidents).where(incidents.c.model == model).order_by(incidents.c.incident.desc())
        if open_only:
            query = query.where(incidents.c.closed_at.is_(None))
        return [incident_of(row) for row in connection.execute(query.limit(limit))]

    @reads
    def notices(self, connection: sa.Connection, model: str, channel: str, since: datetime) -> list[Notice]:
        """See `Registry.notices`."""
        known(connection, model)
        recent = sa.or_(incidents.c.opened_at >= since, incidents.c.closed_at >= since)
        query = sa.select(incidents).where(incidents.c.model == model, recent).order_by(incidents.c.incident)
        message = sa.select(notices.c.incident, notices.c.kind).where(notices.c.model == model)
        done = {(row.incident, row.kind) for row in connection.execute(message.where(notices.c.channel == channel))}
        found = [notice for row in connection.execute(query) for notice in notices_of(incident_of(row), since)]
        return [notice for notice in found if (notice.incident, notice.kind) not in done]

    @writes
    def mark_notified(self, connection: sa.Connection, notice: Notice, channel: str, run: Run) -> None:
        """See `Registry.mark_notified`."""
        lock(connection, notice.model)
        same = {"model": notice.model, "incident": notice.incident}
        if connection.execute(sa.select(incidents.c.seq).filter_by(**same)).first() is None:
            raise UnknownIncident(f"{notice.model} has no incident {notice.incident}", "name one that is recorded")
        key = {**same, "kind": notice.kind, "channel": channel}
        if connection.execute(sa.select(notices.c.seq).filter_by(**key)).first() is not None:
            return
        change = self.database.change(connection, notice.model, run)
        change.insert(notices, **key, notified_at=change.at)
        change.tell("incident.notified", incident=notice.incident, notice=notice.kind, channel=channel)

    def _refusal(
        self, connection: sa.Connection, request: RetrainRequest, since: datetime | None, cap: int | None
    ) -> Reason | None:
        """Return why no retrain may be asked for now; None when it may, or is asked for already."""
        pause = pause_of(connection, request.model)
        if pause is not None:
            said = f"{pause.actor} says: {pause.reason}"
            return Reason(headline="Automation is paused, so nothing is retrained", detail=said)
        others = sa.select(requests).where(requests.c.model == request.model, requests.c.request != request.request)
        if since is not None:
            query = others.where(requests.c.window_start >= since).order_by(requests.c.window_start.desc())
            other = connection.execute(query.limit(1)).one_or_none()
            if other is not None:
                return Reason(headline=f"A retrain on window {other.window} is asked for already")
        if cap is not None:
            now = self.database.moment(connection)
            within = (requests.c.created_at > now - _DAY, requests.c.created_at < now + _DAY)  # else a clock was ahead
            recent = others.where(*within).subquery()
            count = connection.execute(sa.select(sa.func.count()).select_from(recent)).scalar() or 0
            if count >= cap:
                number = Number(name="retrains in 24 hours", value=count, allowed=f"below {cap} (policy.daily_cap)")
                return Reason(headline=f"The daily cap of {cap} retrains is reached", numbers=(number,))
        return None

    @writes
    def ask(self, connection: sa.Connection, model: str, request: RetrainRequest, run: Run) -> None:
        """See `Monitoring.ask`."""
        lock(connection, model)
        self._ask(connection, request, run)

    def _ask(self, connection: sa.Connection, request: RetrainRequest, run: Run) -> None:
        """Put a request into the outbox, unless it is there."""
        if connection.execute(sa.select(requests).filter_by(request=request.request)).first() is not None:
            return
        change = self.database.change(connection, request.model, run)
        row = request.model_dump(include={"request", "model", "window", "window_start", "reason", "run_id"})
        change.insert(requests, **row, created_at=change.at, requested=change.seq)
        message = {"request": request.request, "window": request.window, "reason": request.reason}
        change.tell("retrain.requested", **message, answer=request.run_id)


def _evidence(result: MonitorResult) -> str:
    """Return the digest of what a conclusion was drawn from: not of the conclusion, which depends on its moment too."""
    said = result.model_dump(mode="json", exclude={"decision", "reasons", "request", "history", "notices", "at"})
    for name in _LATER:
        if not said[name]:
            del said[name]
    return sha256_of(said)


def reports_of(connection: sa.Connection, model: str, window_key: str | None) -> dict[str, str]:
    """Return window to digest of its last report; a report has no row, only its event."""
    query = sa.select(events.c.window, events.c.payload).where(
        events.c.model == model, events.c.kind == "window.reported"
    )
    if window_key is not None:
        query = query.where(events.c.window == window_key)
    rows = connection.execute(query.order_by(events.c.seq))
    return {row.window: json.loads(row.payload)["report"] for row in rows}


def replay_of(connection: sa.Connection, model: str) -> str | None:
    """Return the digest of a model's last replay that was kept; it has no row, only its event."""
    query = sa.select(events.c.payload).where(events.c.model == model, events.c.kind == "model.replayed")
    found = connection.execute(query.order_by(events.c.seq.desc()).limit(1)).scalar_one_or_none()
    return str(json.loads(found)["replay"]) if found else None


def _histories(connection: sa.Connection, requested: list[str]) -> dict[str, tuple[str, ...]]:
    """Return which windows each retrain is to train on: what the conclusion said that asked for it."""
    query = sa.select(monitoring.c.request, monitoring.c.result).where(monitoring.c.request.in_(requested))
    rows = connection.execute(query.order_by(monitoring.c.recorded.desc())).all() if requested else []
    return {row.request: MonitorResult.from_json(row.result).history for row in rows}


def _request(row: Any, history: tuple[str, ...]) -> RetrainRequest:
    return RetrainRequest(
        request=row.request,
        model=row.model,
        window=row.window,
        window_start=row.window_start,
        reason=row.reason,
        created_at=row.created_at,
        run_id=row.run_id,
        history=history,
        started_at=row.started_at,
    )
