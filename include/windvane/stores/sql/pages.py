"""What the Models pages read, on SQL: few queries a page, each on an index, however much there is."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar

import sqlalchemy as sa

from windvane.results import (
    Approval,
    Event,
    Incident,
    LiveResult,
    Pause,
    Promotion,
    Publication,
    Record,
    RetrainRequest,
    Rollout,
    Verification,
    Version,
)
from windvane.stores.pages import MOST_COUNTED, ModelLine, Part, Query, VersionLine, WindowLine, loss_interval
from windvane.stores.sql.answers import approvals_of
from windvane.stores.sql.audit_log import known
from windvane.stores.sql.lines import line_of, matches, model_lines, waiting
from windvane.stores.sql.monitoring import replay_of, reports_of
from windvane.stores.sql.naming import called
from windvane.stores.sql.pauses import pause_of
from windvane.stores.sql.pointer import promotion_of, select_promotions
from windvane.stores.sql.publications import publication_of, select_publications
from windvane.stores.sql.tables import (
    approvals,
    events,
    explanations,
    incidents,
    live,
    models,
    monitoring,
    promotions,
    publications,
    requests,
    rollouts,
    versions,
    windows,
)
from windvane.stores.sql.verifications import newest
from windvane.stores.sql.versions import version_row

_PATIENCE = "3s"
"""How long PostgreSQL may work on one query of a page."""

_TOTAL = "windvane_total"
"""What a query of a table calls the number of all rows that match."""

Line = TypeVar("Line")
_Columns = Mapping[str, sa.ColumnElement[Any]]
_Order = Sequence[sa.ColumnElement[Any]]

_LINE: _Columns = {
    name: versions.c.decided.label("reason") if name == "reason" else versions.c[name]
    for name in VersionLine.model_fields
}
"""The columns of a `VersionLine`."""


class SqlMoment:
    """One moment of a registry; see `windvane.stores.pages.Moment` for what its methods promise."""

    def __init__(self, connection: sa.Connection) -> None:
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql(f"SET LOCAL statement_timeout = '{_PATIENCE}'")
        self._connection = connection

    def names(self) -> dict[str, str]:
        """See `Moment.names`."""
        return called(self._connection)

    def ends(self, among: Collection[str] | None = None) -> dict[str, str]:
        """See `Moment.ends`."""
        query = sa.select(models.c.name, models.c.audit_hash).order_by(models.c.name).limit(MOST_COUNTED)
        if among is not None:
            query = query.where(models.c.name.in_(sorted(among)))
        return {row.name: row.audit_hash for row in self._connection.execute(query)}

    def verifications(self, among: Collection[str] | None = None) -> dict[str, tuple[Verification, ...]]:
        """See `Moment.verifications`."""
        return newest(self._connection, among)

    def models(self, wanted: Query, among: Collection[str] | None = None) -> Part[ModelLine]:
        """See `Moment.models`."""
        table = model_lines().subquery("models_in_lines")
        query, every = sa.select(table), sa.select(models)
        if among is not None:
            query = query.where(table.c.model.in_(sorted(among)))
            every = every.where(models.c.name.in_(sorted(among)))
        return self._part(query, {**table.c}, wanted, [table.c.model], line_of, every)

    def line(self, model: str) -> ModelLine:
        """See `Moment.line`."""
        table = model_lines().subquery("models_in_lines")
        row = self._connection.execute(sa.select(table).where(table.c.model == model)).mappings().one_or_none()
        if row is None:
            known(self._connection, model)  # names the error
        return line_of(dict(row or {}))

    def specs(self, among: Collection[str]) -> dict[str, dict[str, Any]]:
        """See `Moment.specs`."""
        query = sa.select(models.c.name, models.c.spec).where(models.c.name.in_(sorted(among)))
        return {row.name: json.loads(row.spec) for row in self._connection.execute(query)} if among else {}

    def questions(self, among: Collection[str]) -> list[tuple[VersionLine, Approval | None]]:
        """See `Moment.questions`."""
        asked = (approvals.c.model == versions.c.model) & (approvals.c.version == versions.c.version)
        query = sa.select(*_LINE.values(), approvals.c.record)
        query = query.select_from(versions.outerjoin(approvals, asked & (approvals.c.state == "open")))
        query = query.where(*waiting(), versions.c.model.in_(sorted(among))).order_by(approvals.c.approval)
        rows = [dict(row) for row in self._connection.execute(query).mappings()] if among else []
        records = [row.pop("record") for row in rows]
        found = zip(rows, records, strict=True)
        return [(VersionLine.model_validate(row), Approval.from_json(text) if text else None) for row, text in found]

    def approvals(self, model: str, number: int) -> list[Approval]:
        """See `Moment.approvals`."""
        return approvals_of(self._connection, model, approvals.c.version == number)

    def stored_models(self, champions: Collection[tuple[str, int]]) -> dict[tuple[str, int], str]:
        """See `Moment.stored_models`."""
        if not champions:
            return {}
        same = sa.tuple_(versions.c.model, versions.c.version).in_(sorted(champions))
        rows = self._connection.execute(sa.select(versions.c.model, versions.c.version, versions.c.draft).where(same))
        return {(row.model, row.version): str(json.loads(row.draft)["artifact"]) for row in rows}

    def spec(self, model: str) -> dict[str, Any]:
        """See `Moment.spec`."""
        found: dict[str, Any] = json.loads(known(self._connection, model).spec)
        return found

    def last_losses(self, models: Sequence[str], count: int) -> dict[str, list[float | None]]:
        """See `Moment.last_losses`."""
        found: dict[str, list[tuple[str, float | None]]] = {name: [] for name in models}
        if models:
            for row in self._connection.execute(sa.union_all(*(_newest(name, count) for name in models))):
                found[row.model].append((row.window, row.loss))
        return {name: [loss for _, loss in sorted(losses, key=lambda one: one[0])] for name, losses in found.items()}

    def windows(self, model: str, wanted: Query) -> Part[WindowLine]:
        """See `Moment.windows`."""
        query = sa.select(windows).where(windows.c.model == model)
        return self._part(query, {**windows.c}, wanted, [windows.c.window.desc()], _reads(WindowLine))

    def span(self, model: str, first: str, last: str, count: int) -> list[WindowLine]:
        """See `Moment.span`."""
        same = [windows.c[name] == monitoring.c[name] for name in ("model", "window", "recorded")]
        query = sa.select(windows, monitoring.c.result).outerjoin(monitoring, sa.and_(*same))
        query = query.where(windows.c.model == model)
        query = query.where(windows.c.window >= first) if first else query
        query = query.where(windows.c.window <= last) if last else query
        newest = self._connection.execute(query.order_by(windows.c.window.desc()).limit(count)).mappings()
        return [_with_interval(dict(row)) for row in newest][::-1]

    def around(self, model: str, window: str) -> tuple[str | None, str | None]:
        """See `Moment.around`."""
        before = sa.select(sa.func.max(windows.c.window)).where(windows.c.model == model, windows.c.window < window)
        after = sa.select(sa.func.min(windows.c.window)).where(windows.c.model == model, windows.c.window > window)
        row = self._connection.execute(sa.select(before.scalar_subquery(), after.scalar_subquery())).one()
        return row[0], row[1]

    def conclusions(self, model: str, last: str, count: int) -> list[dict[str, Any]]:
        """See `Moment.conclusions`."""
        same = [windows.c[name] == monitoring.c[name] for name in ("model", "window", "recorded")]
        query = sa.select(monitoring.c.result).join(windows, sa.and_(*same))
        query = query.where(windows.c.model == model, windows.c.window <= last)
        newest = self._connection.execute(query.order_by(windows.c.window.desc()).limit(count)).scalars()
        return [json.loads(text) for text in newest][::-1]

    def report(self, model: str, window: str) -> str | None:
        """See `Moment.report`."""
        return reports_of(self._connection, model, window).get(window)

    def publications(self, model: str, window: str) -> list[Publication]:
        """See `Moment.publications`."""
        query = select_publications().where(publications.c.model == model, publications.c.window == window)
        return [publication_of(row) for row in self._connection.execute(query).mappings()]

    def versions(self, model: str, wanted: Query) -> Part[VersionLine]:
        """See `Moment.versions`."""
        query = sa.select(*_LINE.values()).where(versions.c.model == model)
        return self._part(query, _LINE, wanted, [versions.c.version.desc()], _reads(VersionLine))

    def version(self, model: str, number: int) -> Version:
        """See `Moment.version`."""
        return version_row(self._connection, model, number)

    def explanation(self, model: str, number: int) -> str | None:
        """See `Moment.explanation`."""
        query = sa.select(explanations.c.artifact).filter_by(model=model, version=number)
        found: str | None = self._connection.execute(query).scalar_one_or_none()
        return found

    def replay(self, model: str) -> str | None:
        """See `Moment.replay`."""
        return replay_of(self._connection, model)

    def waiting(self, wanted: Query, among: Collection[str] | None = None) -> Part[VersionLine]:
        """See `Moment.waiting`."""
        query = sa.select(*_LINE.values()).where(*waiting())
        if among is not None:
            query = query.where(versions.c.model.in_(sorted(among)))
        order = [versions.c.created_at, versions.c.model, versions.c.version]
        return self._part(query, _LINE, wanted, order, _reads(VersionLine))

    def promotions(self, model: str, limit: int) -> list[Promotion]:
        """See `Moment.promotions`."""
        query = select_promotions().where(promotions.c.model == model).limit(limit)
        return [promotion_of(row) for row in self._connection.execute(query)]

    def requests(self, model: str, limit: int) -> list[RetrainRequest]:
        """See `Moment.requests`."""
        query = sa.select(requests).where(requests.c.model == model).order_by(requests.c.window_start.desc())
        rows = self._connection.execute(query.limit(limit)).mappings()
        return [RetrainRequest.model_validate(dict(row)) for row in rows]

    def incidents(self, model: str, limit: int) -> list[Incident]:
        """See `Moment.incidents`."""
        query = sa.select(incidents).where(incidents.c.model == model).order_by(incidents.c.incident.desc())
        rows = self._connection.execute(query.limit(limit)).mappings()
        return [Incident.model_validate(dict(row)) for row in rows]

    def rollouts(self, model: str, limit: int) -> list[Rollout]:
        """See `Moment.rollouts`."""
        query = sa.select(rollouts.c.record).where(rollouts.c.model == model).order_by(rollouts.c.rollout.desc())
        return [Rollout.from_json(text) for text in self._connection.execute(query.limit(limit)).scalars()]

    def live(self, model: str, limit: int) -> list[LiveResult]:
        """See `Moment.live`."""
        query = sa.select(live.c.result).where(live.c.model == model).order_by(live.c.seq.desc())
        return [LiveResult.from_json(text) for text in self._connection.execute(query.limit(limit)).scalars()]

    def pause(self, model: str) -> Pause | None:
        """See `Moment.pause`."""
        return pause_of(self._connection, model)

    def of_run(self, model: str, run: str, since: datetime | None, limit: int) -> list[Event]:
        """See `Moment.of_run`."""
        query = sa.select(events).where(events.c.model == model, events.c.run_id == run)
        query = query.where(events.c.at >= since) if since else query
        rows = self._connection.execute(query.order_by(events.c.seq.desc()).limit(limit)).mappings()
        return [_event(dict(row)) for row in rows]

    def concluded(self, model: str, window: str) -> WindowLine | None:
        """See `Moment.concluded`."""
        query = sa.select(windows).where(windows.c.model == model, windows.c.window == window)
        row = self._connection.execute(query).mappings().one_or_none()
        return WindowLine.model_validate(dict(row)) if row else None

    def events(self, wanted: Query, among: Collection[str] | None = None, model: str | None = None) -> Part[Event]:
        """See `Moment.events`."""
        query = sa.select(events)
        order: _Order = [events.c.at.desc(), events.c.model, events.c.seq.desc()]
        if model is not None:
            query, order = query.where(events.c.model == model), [events.c.seq.desc()]
        elif among is not None:
            query = query.where(events.c.model.in_(sorted(among)))
        since, until = wanted.filters.get("since"), wanted.filters.get("until")
        query = query.where(events.c.at >= datetime.fromisoformat(since)) if since else query
        query = query.where(events.c.at < datetime.fromisoformat(until)) if until else query
        return self._part(query, {**events.c}, wanted, order, _event)

    def _part(
        self,
        query: sa.Select[Any],
        columns: _Columns,
        wanted: Query,
        order: _Order,
        read: Callable[[Any], Line],
        every: sa.Select[Any] | None = None,
    ) -> Part[Line]:
        """Filter, count, sort and cut a table: one query; a second one where the part asked for has no row.

        `every` counts as the query does where no filter is asked for, and costs less.
        """
        for name, text in wanted.filters.items():
            if text and name in columns:
                query, every = query.where(matches(columns[name], text)), None
        counted = query if every is None else every
        matching = counted.with_only_columns(sa.literal(1), maintain_column_froms=True)  # else no table is left of it
        capped = matching.limit(MOST_COUNTED + 1).subquery()
        count = sa.select(sa.func.count()).select_from(capped)
        by = columns.get(wanted.sort)
        if by is not None:
            order = [(by.desc() if wanted.descending else by.asc()).nulls_last(), *order]
        query = query.order_by(*order).offset(wanted.offset).limit(wanted.limit)
        rows = [dict(row) for row in self._connection.execute(query.add_columns(count.label(_TOTAL))).mappings()]
        if not rows:
            return Part((), (self._connection.execute(count).scalar() or 0) if wanted.offset else 0)
        totals = [row.pop(_TOTAL) for row in rows]
        return Part(tuple(read(row) for row in rows), totals[0])


def _newest(model: str, count: int) -> sa.Select[Any]:
    """Select a model's newest windows, as one part of a union."""
    newest = sa.select(windows.c.model, windows.c.window, windows.c.loss).where(windows.c.model == model)
    return sa.select(newest.order_by(windows.c.window.desc()).limit(count).subquery())


def _reads(kind: type[Record]) -> Callable[[Any], Any]:
    return lambda row: kind.model_validate(dict(row))


def _with_interval(row: dict[str, Any]) -> WindowLine:
    """Return a window in one line, with the interval that its conclusion holds."""
    text = row.pop("result")
    low, high = loss_interval(json.loads(text) if text else {}) or (None, None)
    return WindowLine.model_validate({**row, "loss_low": low, "loss_high": high})


def _event(row: Any) -> Event:
    return Event.model_validate({**row, **{name: json.loads(row[name]) for name in ("payload", "rows")}})
