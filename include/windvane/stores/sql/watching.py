"""Published scores, the monitor's conclusions, and the outbox of retrains they ask for."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from windvane.errors import UnknownRequest
from windvane.results import MonitorResult, Number, Reason, RetrainRequest, Run, Scores
from windvane.spec import sha256_of
from windvane.stores.sql.connection import reads, writes
from windvane.stores.sql.derived import tell
from windvane.stores.sql.incidents import Incidents
from windvane.stores.sql.pausing import pause_of
from windvane.stores.sql.tables import events, monitoring, requests, scores
from windvane.stores.sql.versions import version_row

_DAY = timedelta(days=1)


class Watching(Incidents):
    """The part of the registry that says how the champion does, and what follows from it."""

    @writes
    def add_scores(self, connection: sa.Connection, scores: Scores, run: Run) -> None:
        """See `Registry.add_scores`."""
        self.lock(connection, scores.model)
        version_row(connection, scores.model, scores.version)
        latest = _published(connection, scores.model, scores.window)
        key = {name: getattr(scores, name) for name in ("model", "window", "version", "artifact")}
        if latest is not None and all(getattr(latest, name) == value for name, value in key.items()):
            return
        change = self.change(connection, scores.model, run)
        values = {"published": change.seq, "scores": scores.model_copy(update={"at": change.at}).to_json()}
        if connection.execute(sa.select(_scores.c.seq).filter_by(**key)).first() is None:
            change.insert(_scores, **key, **values)
        else:
            change.update(_scores, key, **values)
        staged = {"staged": scores.staged, "share": scores.share} if scores.staged else {}
        change.tell(
            "scores.published",
            window=scores.window,
            version=scores.version,
            **staged,
            artifact=scores.artifact,
            rows=scores.rows,
            snapshot=scores.snapshot,
        )

    @reads
    def scores(self, connection: sa.Connection, model: str, window_key: str) -> Scores | None:
        """See `Registry.scores`."""
        row = _published(connection, model, window_key)
        return Scores.from_json(row.scores) if row else None

    @reads
    def published(
        self,
        connection: sa.Connection,
        model: str,
        window_key: str | None = None,
        version: int | None = None,
        limit: int | None = None,
    ) -> list[Scores]:
        """See `Registry.published`."""
        self.known(connection, model)
        query = sa.select(scores.c.scores).where(scores.c.model == model).order_by(scores.c.published.desc())
        if window_key is not None:
            query = query.where(scores.c.window == window_key)
        if version is not None:
            query = query.where(scores.c.version == version)
        return [Scores.from_json(text) for text in connection.execute(query.limit(limit)).scalars()]

    @writes
    def add_monitoring(
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
        self.lock(connection, result.model)
        key = {"model": result.model, "window": result.window, "evidence": _evidence(result)}
        known = connection.execute(sa.select(monitoring).filter_by(**key)).one_or_none()
        if known is not None:
            return MonitorResult.from_json(known.result)
        refusal = self._refusal(connection, request, cooldown_since, daily_cap) if request else None
        if refusal is not None:
            result = result.model_copy(update={"decision": "hold", "reasons": (refusal, *result.reasons)})
            request = None
        result = result.model_copy(update={"request": request.request if request else None})
        if request is not None:
            self._ask(connection, request, run)
        change = self.change(connection, result.model, run)
        result = result.model_copy(update={"at": change.at})
        change.insert(monitoring, **key, recorded=change.seq, request=result.request, result=result.to_json())
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
        self.follow(connection, result, run)
        return result

    @reads
    def monitoring(
        self, connection: sa.Connection, model: str, window_key: str | None = None, limit: int | None = None
    ) -> list[MonitorResult]:
        """See `Registry.monitoring`."""
        self.known(connection, model)
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
        self.lock(connection, model)
        if reports_of(connection, model, window_key).get(window_key) != digest:
            self.change(connection, model, run).tell("window.reported", window=window_key, report=digest)

    @reads
    def reports(self, connection: sa.Connection, model: str, window_key: str | None = None) -> dict[str, str]:
        """See `Registry.reports`."""
        self.known(connection, model)
        return reports_of(connection, model, window_key)

    @reads
    def requests(self, connection: sa.Connection, model: str, pending_only: bool = False) -> list[RetrainRequest]:
        """See `Registry.requests`."""
        self.known(connection, model)
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
        self.lock(connection, row.model)
        if connection.execute(this).one().started_at is not None:
            return
        change = self.change(connection, row.model, run)
        change.update(requests, {"request": request_id}, started_at=change.at)
        change.tell("retrain.started", request=request_id, window=row.window, answer=row.run_id)

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
            recent = others.where(requests.c.created_at > self._clock() - _DAY).subquery()
            count = connection.execute(sa.select(sa.func.count()).select_from(recent)).scalar() or 0
            if count >= cap:
                number = Number(name="retrains in 24 hours", value=count, allowed=f"below {cap} (policy.daily_cap)")
                return Reason(headline=f"The daily cap of {cap} retrains is reached", numbers=(number,))
        return None

    def _ask(self, connection: sa.Connection, request: RetrainRequest, run: Run) -> None:
        """Put a request into the outbox, unless it is there."""
        if connection.execute(sa.select(requests).filter_by(request=request.request)).first() is not None:
            return
        change = self.change(connection, request.model, run)
        row = request.model_dump(include={"request", "model", "window", "window_start", "reason", "run_id"})
        change.insert(requests, **row, created_at=change.at, requested=change.seq)
        message = {"request": request.request, "window": request.window, "reason": request.reason}
        change.tell("retrain.requested", **message, answer=request.run_id)


_scores = scores


def _evidence(result: MonitorResult) -> str:
    """Return the digest of what a conclusion was drawn from: not of the conclusion, which depends on its moment too."""
    return sha256_of(
        result.model_dump(mode="json", exclude={"decision", "reasons", "request", "history", "notices", "at"})
    )


def reports_of(connection: sa.Connection, model: str, window_key: str | None) -> dict[str, str]:
    """Return window to digest of its last report; a report has no row, only its event."""
    query = sa.select(events.c.payload).where(events.c.model == model, events.c.kind == "window.reported")
    if window_key is not None:
        query = query.where(events.c.payload.contains(json.dumps(window_key), autoescape=True))
    message = [json.loads(text) for text in connection.execute(query.order_by(events.c.seq)).scalars()]
    return {item["window"]: item["report"] for item in message if window_key in (None, item["window"])}


def _published(connection: sa.Connection, model: str, window_key: str) -> Any:
    query = sa.select(scores).filter_by(model=model, window=window_key).order_by(scores.c.published.desc()).limit(1)
    return connection.execute(query).one_or_none()


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
