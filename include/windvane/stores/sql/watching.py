"""Published scores, the monitor's conclusions, and the outbox of retrains they ask for."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from windvane.errors import UnknownRequest
from windvane.results import MonitorResult, RetrainRequest, Run, Scores
from windvane.spec import sha256_of
from windvane.stores.sql.champion import Champions
from windvane.stores.sql.tables import monitoring, requests, scores, windows
from windvane.stores.sql.trail import Stamp
from windvane.stores.sql.versions import version_row

_DAY = timedelta(days=1)


class Watching(Champions):
    """The part of the registry that says how the champion does, and what follows from it."""

    def add_scores(self, scores: Scores, run: Run) -> None:
        """See `Registry.add_scores`."""
        table = _scores
        with self.writing() as connection:
            self.lock(connection, scores.model)
            version_row(connection, scores.model, scores.version)
            latest = _published(connection, scores.model, scores.window)
            key = {name: getattr(scores, name) for name in ("model", "window", "version", "artifact")}
            if latest is not None and all(getattr(latest, name) == value for name, value in key.items()):
                return
            told = {"window": scores.window, "version": scores.version, "artifact": scores.artifact}
            told |= {"rows": scores.rows, "snapshot": scores.snapshot}
            stamp = self.append(connection, scores.model, "scores.published", run, told)
            text = scores.model_copy(update={"at": stamp.at}).to_json()
            connection.execute(sa.delete(table).filter_by(**key))
            connection.execute(sa.insert(table).values(**key, published=stamp.seq, scores=text))

    def scores(self, model: str, window_key: str) -> Scores | None:
        """See `Registry.scores`."""
        with self.reading() as connection:
            row = _published(connection, model, window_key)
            return Scores.from_json(row.scores) if row else None

    def add_monitoring(
        self,
        result: MonitorResult,
        request: RetrainRequest | None,
        run: Run,
        *,
        cooldown_since: datetime | None = None,
        daily_cap: int | None = None,
    ) -> MonitorResult:
        """See `Registry.add_monitoring`."""
        evidence = _evidence(result)
        with self.writing() as connection:
            self.lock(connection, result.model)
            key = {"model": result.model, "window": result.window, "evidence": evidence}
            known = connection.execute(sa.select(monitoring).filter_by(**key)).one_or_none()
            if known is not None:
                return MonitorResult.from_json(known.result)
            refusal = self._refusal(connection, request, cooldown_since, daily_cap) if request else None
            if refusal is not None:
                result = result.model_copy(update={"decision": "hold", "reasons": (*result.reasons, refusal)})
                request = None
            result = result.model_copy(update={"request": request.request if request else None})
            if request is not None:
                self._ask(connection, request, run)
            told: dict[str, Any] = {"window": result.window, "decision": result.decision}
            told |= {"reasons": list(result.reasons), "version": result.version}
            told |= {"evidence": evidence, "request": result.request}
            stamp = self.append(connection, result.model, "window.monitored", run, told)
            result = result.model_copy(update={"at": stamp.at})
            row = {**key, "recorded": stamp.seq, "request": result.request, "result": result.to_json()}
            connection.execute(sa.insert(monitoring).values(**row))
            _tell(connection, result, stamp)
            return result

    def monitoring(self, model: str, window_key: str | None = None, limit: int | None = None) -> list[MonitorResult]:
        """See `Registry.monitoring`."""
        same = monitoring.c.model == model
        if window_key is not None:
            same &= monitoring.c.window == window_key
        latest = sa.select(sa.func.max(monitoring.c.recorded)).where(same).group_by(monitoring.c.window)
        query = sa.select(monitoring.c.result).where(monitoring.c.model == model, monitoring.c.recorded.in_(latest))
        with self.reading() as connection:
            self.known(connection, model)
            found = connection.execute(query.order_by(monitoring.c.window.desc()).limit(limit)).scalars()
            return [MonitorResult.from_json(text) for text in found]

    def requests(self, model: str, pending_only: bool = False) -> list[RetrainRequest]:
        """See `Registry.requests`."""
        query = sa.select(requests).where(requests.c.model == model).order_by(requests.c.asked)
        if pending_only:
            query = query.where(requests.c.started_at.is_(None))
        with self.reading() as connection:
            self.known(connection, model)
            return [_request(row) for row in connection.execute(query)]

    def mark_started(self, request_id: str, run: Run) -> None:
        """See `Registry.mark_started`."""
        this = requests.c.request == request_id
        with self.writing() as connection:
            row = connection.execute(sa.select(requests).where(this)).one_or_none()
            if row is None:
                raise UnknownRequest(f"no retrain request {request_id!r:.90}", "name one that is recorded")
            self.lock(connection, row.model)
            if connection.execute(sa.select(requests.c.started_at).where(this)).scalar() is not None:
                return
            told = {"request": request_id, "window": row.window, "answer": row.run_id}
            stamp = self.append(connection, row.model, "retrain.started", run, told)
            connection.execute(sa.update(requests).where(this).values(started_at=stamp.at))

    def _refusal(
        self, connection: sa.Connection, request: RetrainRequest, since: datetime | None, cap: int | None
    ) -> str | None:
        """Return why no retrain may be asked for now; None when it may, or is asked for already."""
        others = sa.select(requests).where(requests.c.model == request.model, requests.c.request != request.request)
        if since is not None:
            query = others.where(requests.c.window_start >= since).order_by(requests.c.window_start.desc())
            other = connection.execute(query.limit(1)).one_or_none()
            if other is not None:
                return f"cooldown: a retrain on window {other.window} is asked for already"
        if cap is not None:
            recent = others.where(requests.c.created_at > self._clock() - _DAY).subquery()
            count = connection.execute(sa.select(sa.func.count()).select_from(recent)).scalar() or 0
            if count >= cap:
                return f"daily cap: {count} retrains were asked for in the last 24 hours, {cap} are allowed"
        return None

    def _ask(self, connection: sa.Connection, request: RetrainRequest, run: Run) -> None:
        """Put a request into the outbox, unless it is there."""
        if connection.execute(sa.select(requests).filter_by(request=request.request)).first() is not None:
            return
        told = {"request": request.request, "window": request.window, "reason": request.reason}
        stamp = self.append(connection, request.model, "retrain.requested", run, told | {"answer": request.run_id})
        row = request.model_dump(include={"request", "model", "window", "window_start", "reason", "run_id"})
        connection.execute(sa.insert(requests).values(**row, created_at=stamp.at, asked=stamp.seq))


_scores = scores


def _tell(connection: sa.Connection, result: MonitorResult, stamp: Stamp) -> None:
    """Keep the latest conclusion about a window in columns, for pages that sort and filter."""
    told = result.model_dump(mode="json")
    row = {name: told.get(name) for name in ("decision", "version", "loss", "first_loss", "previous_loss")}
    row |= {"reason": next(iter(result.reasons), ""), "recorded": stamp.seq, "at": stamp.at}
    row |= {"checks": len(result.checks), "found": sum(item.outcome == "found" for item in result.checks)}
    this = {"model": result.model, "window": result.window}
    connection.execute(sa.delete(windows).filter_by(**this))
    connection.execute(sa.insert(windows).values(**this, **row))


def _evidence(result: MonitorResult) -> str:
    """Return the digest of what a conclusion was drawn from: not of the conclusion, which depends on its moment too."""
    return sha256_of(result.model_dump(mode="json", exclude={"decision", "reasons", "request", "at"}))


def _published(connection: sa.Connection, model: str, window_key: str) -> Any:
    query = sa.select(scores).filter_by(model=model, window=window_key).order_by(scores.c.published.desc()).limit(1)
    return connection.execute(query).one_or_none()


def _request(row: Any) -> RetrainRequest:
    return RetrainRequest(
        request=row.request,
        model=row.model,
        window=row.window,
        window_start=row.window_start,
        reason=row.reason,
        created_at=row.created_at,
        run_id=row.run_id,
        started_at=row.started_at,
    )
