"""Queries of the Models pages: a model in one line, the versions that wait, and how a column is filtered."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from windvane.stores.pages import ModelLine
from windvane.stores.sql.kinds import Moment
from windvane.stores.sql.pauses import PAUSED, PAUSES
from windvane.stores.sql.tables import (
    events,
    incidents,
    models,
    promotions,
    publications,
    requests,
    versions,
    windows,
)

NEEDS_APPROVAL, REJECTED = "needs_approval", "reject"
"""The gate's decisions that a person must decide, and that a version must not become champion."""

_RECENT = 9
"""Losses of the newest windows that a line has: enough to tell a jump."""

_EXACT = frozenset({"decision", "state", "kind"})
"""Columns of a few values: a filter names one of them, or several with `,` between."""


_OPEN = (incidents.c.closed_at.is_(None),)


def model_lines() -> sa.Select[Any]:
    """Select all models as `ModelLine`s."""
    promotion, version, window = promotions.alias("move"), versions.alias("champion"), windows.alias("newest")
    pause, made = events.alias("pause"), versions.alias("made")
    stopped = sa.select(sa.func.max(events.c.seq)).where(events.c.model == models.c.name, events.c.kind.in_(PAUSES))
    last = sa.select(sa.func.max(promotions.c.epoch)).where(promotions.c.model == models.c.name)
    newest = sa.select(sa.func.max(windows.c.window)).where(windows.c.model == models.c.name)
    waits = sa.select(sa.func.count(versions.c.version)).where(versions.c.model == models.c.name, *waiting())
    requested = sa.select(sa.func.count(requests.c.request))
    requested = requested.where(requests.c.model == models.c.name, requests.c.started_at.is_(None))
    wrong = sa.select(sa.func.count(incidents.c.incident)).where(incidents.c.model == models.c.name, *_OPEN)
    since = sa.select(sa.func.min(incidents.c.opened_at)).where(incidents.c.model == models.c.name, *_OPEN)
    waits_since = sa.select(sa.func.min(requests.c.created_at))
    waits_since = waits_since.where(requests.c.model == models.c.name, requests.c.started_at.is_(None))
    scored = sa.select(sa.func.max(publications.c.window)).where(publications.c.model == models.c.name)
    numbered = sa.select(sa.func.max(versions.c.version)).where(versions.c.model == models.c.name)
    joined = (
        models.outerjoin(promotion, (promotion.c.model == models.c.name) & (promotion.c.epoch == _of_the_model(last)))
        .outerjoin(version, (version.c.model == models.c.name) & (version.c.version == promotion.c.version))
        .outerjoin(window, (window.c.model == models.c.name) & (window.c.window == _of_the_model(newest)))
        .outerjoin(pause, (pause.c.model == models.c.name) & (pause.c.seq == _of_the_model(stopped)))
        .outerjoin(made, (made.c.model == models.c.name) & (made.c.version == _of_the_model(numbered)))
    )
    return sa.select(
        models.c.name.label("model"),
        models.c.owner,
        models.c.description,
        models.c.task,
        promotion.c.version.label("champion"),
        sa.func.coalesce(promotion.c.epoch, 0).label("epoch"),
        promotion.c.at.label("champion_at"),
        version.c.window.label("champion_window"),
        promotion.c.kind.label("champion_kind"),
        window.c.window,
        window.c.decision,
        window.c.reason,
        window.c.at.label("decided_at"),
        window.c.loss,
        window.c.first_loss,
        sa.case((pause.c.kind == PAUSED, pause.c.at)).label("paused_at"),
        _of_the_model(waits).label("waiting"),
        _of_the_model(requested).label("retrains"),
        _of_the_model(wrong).label("incidents"),
        _of_the_model(since).label("wrong_since"),
        models.c.spec_digest,
        models.c.audit_hash,
        _of_the_model(scored).label("scored"),
        _of_the_model(waits_since).label("retrain_at"),
        made.c.version.label("newest"),
        made.c.state.label("newest_state"),
        made.c.created_at.label("newest_at"),
        made.c.decided.label("newest_reason"),
        _of_the_model(_recent_losses()).label("losses"),
        sa.case((version.c.decision == REJECTED, _who_promoted(promotion).scalar_subquery())).label("overridden_by"),
    ).select_from(joined)


def line_of(row: Mapping[str, Any]) -> ModelLine:
    """Return a model in one line; a visit reads a thousand, so what the columns' types hold is not checked again."""
    known = sorted(one.rpartition("=")[::2] for one in (row["losses"] or "").split(",") if one)
    losses = tuple(float(loss) if loss else None for _, loss in known)
    return ModelLine.model_construct(**{**row, "losses": losses})


def _recent_losses() -> sa.Select[Any]:
    """Select the losses of a model's newest windows as one text, `window=loss` with `,` between; no loss: nothing."""
    newest = sa.select(windows.c.window, windows.c.loss).where(windows.c.model == models.c.name)
    few = newest.order_by(windows.c.window.desc()).limit(_RECENT).correlate(models).subquery("recent")
    one = few.c.window + "=" + sa.func.coalesce(sa.cast(few.c.loss, sa.Text), "")
    return sa.select(sa.func.aggregate_strings(one, ","))


def _who_promoted(champion: Any) -> sa.Select[Any]:
    """Select the person who promoted a model's champion last, if one did."""
    move = promotions.alias("by_hand")
    query = sa.select(move.c.actor).where(move.c.model == models.c.name, move.c.version == champion.c.version)
    query = query.where(move.c.kind == "promote", move.c.actor_kind == "person").order_by(move.c.epoch.desc())
    return query.limit(1).correlate(models, champion)


def waiting() -> list[sa.ColumnElement[bool]]:
    """Return what is true of a version that waits for a person: judged so, and no newer window's champion since."""
    promotion, version = promotions.alias(), versions.alias()
    last = sa.select(sa.func.max(promotions.c.epoch)).where(promotions.c.model == versions.c.model).correlate(versions)
    newer = sa.select(sa.literal(1)).where(
        promotion.c.model == versions.c.model,
        promotion.c.epoch == last.scalar_subquery(),
        version.c.model == promotion.c.model,
        version.c.version == promotion.c.version,
        version.c.window_end > versions.c.window_end,
    )
    return [
        versions.c.state == "evaluated",
        versions.c.decision == NEEDS_APPROVAL,
        ~newer.correlate(versions).exists(),
    ]


def _of_the_model(query: sa.Select[Any]) -> sa.ScalarSelect[Any]:
    return query.correlate(models).scalar_subquery()


def matches(column: sa.ColumnElement[Any], wanted: str) -> sa.ColumnElement[bool]:
    """Return the condition that a filter asks of a column; one that no value can meet is false, not an error."""
    if column.key in _EXACT:
        return column.in_(wanted.split(","))
    if isinstance(column.type, sa.Integer):
        digits = wanted.removeprefix("v")
        known = digits.isascii() and digits.isdecimal() and len(digits) < 10
        return column == int(digits) if known else sa.false()
    if isinstance(column.type, Moment):
        return _on_day(column, wanted)
    if isinstance(column.type, sa.Float):
        return sa.false()
    return column.icontains(wanted, autoescape=True)


def _on_day(column: sa.ColumnElement[Any], wanted: str) -> sa.ColumnElement[bool]:
    try:
        first = datetime.fromisoformat(f"{wanted}T00:00:00+00:00")
    except ValueError:
        return sa.false()
    return sa.and_(column >= first, column < first.replace(hour=23, minute=59, second=59, microsecond=999_999))
