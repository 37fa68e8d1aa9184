"""A model's page: what happened to it, window by window, and which versions there are."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from windvane.actions import State
from windvane.results import Incident, LiveResult, ModelHealth, Pause, Promotion, Record, RetrainRequest, Rollout
from windvane.stores.pages import ModelLine, VersionLine, WindowLine
from windvane.web import plots
from windvane.web.actions import links, staged_of
from windvane.web.page import page
from windvane.web.pages.health import trouble_url
from windvane.web.tables import Column, Listing, Table
from windvane.web.timeline import Mark, Series, lines
from windvane.web.visit import Page, Visit
from windvane.web.words import number

_SPAN = 36
"""Windows of the timeline, unless a first and a last one are asked for."""

_LONGEST_SPAN = 120
_LATEST = 5
"""Incidents, retrains and promotions in stages that are listed."""

_LIVE = 12
"""Comparisons on live windows that are listed."""

_DECISIONS = ("hold", "retrain", "alert", "insufficient_data")
_STATES = ("built", "evaluated", "champion", "rejected", "archived")


class Timeline(Record):
    """What the chart of a model shows."""

    windows: tuple[WindowLine, ...]
    promotions: tuple[Promotion, ...]
    mean_loss: float | None
    mean_first_loss: float | None
    """Over the windows where both losses are known."""


class ModelData(Record):
    """Everything on a model's page."""

    model: ModelLine
    health: ModelHealth
    metric: str
    cadence: str
    timeline: Timeline
    windows: Listing[WindowLine]
    versions: Listing[VersionLine]
    retrains: tuple[RetrainRequest, ...]
    incidents: tuple[Incident, ...]
    rollouts: tuple[Rollout, ...]
    live: tuple[LiveResult, ...]
    """Challengers beside the champion, on windows that both scored."""
    pause: Pause | None
    next_run: datetime | None


@page("/models/{model}", ModelData)
def build(visit: Visit, model: str) -> Page:
    """Tell what happened to a model."""
    moment, name = visit.moment, visit.see(model)
    line, spec = moment.line(name), moment.spec(name)
    first, last = visit.requested.get("from"), visit.requested.get("to")
    span = moment.span(name, first, last, _LONGEST_SPAN if first else _SPAN)
    promotions = moment.promotions(name, _LONGEST_SPAN)
    timeline = _timeline(span, promotions)
    windows, versions = _windows(visit, name, span), _versions(visit, name)
    next_runs = visit.around.next_runs([name]) if visit.around else {}
    metric = _metric(str(spec.get("task", "")))
    data = ModelData(
        model=line,
        health=visit.health([line])[name],
        metric=metric,
        cadence=str(spec.get("window", "")),
        timeline=timeline,
        windows=windows.listing,
        versions=versions.listing,
        retrains=tuple(moment.requests(name, _LATEST)),
        incidents=tuple(moment.incidents(name, _LATEST)),
        rollouts=tuple(moment.rollouts(name, _LATEST)),
        live=tuple(moment.live(name, _LIVE)),
        pause=moment.pause(name) if line.paused_at else None,
        next_run=next_runs.get(name),
    )
    drawn = {
        "asset_urls": visit.around.asset_urls(name) if visit.around else {},
        "chart": _chart(visit, name, timeline, data.incidents, metric) if span else "",
        "trouble_url": lambda trouble: trouble_url(visit, name, trouble),
        "first": first,
        "last": last,
        "earlier": visit.requested.url(_earlier(span)) if len(span) >= _SPAN or first else "",
        "actions": links(visit, "model", name, State(name, pause=data.pause, staged=staged_of(data.rollouts))),
        "previous": any(item.previous_loss is not None for item in span),
        "banded": any(item.loss_low is not None for item in span),
        "lanes": [
            kind for kind in ("alert", "retrain", "promote", "reorder", "rollback") if _happens(span, promotions, kind)
        ],
    }
    tables: dict[str, Table[Any]] = {"windows": windows, "versions": versions}
    return Page(visit.called(name), "model.html", data, [("Models", visit.url())], tables, drawn)


def _timeline(span: Sequence[WindowLine], promotions: Sequence[Promotion]) -> Timeline:
    both = [(item.loss, item.first_loss) for item in span if item.loss is not None and item.first_loss is not None]
    first = span[0].window if span else ""
    return Timeline(
        windows=tuple(span),
        promotions=tuple(promotion for promotion in promotions if promotion.window >= first),
        mean_loss=sum(loss for loss, _ in both) / len(both) if both else None,
        mean_first_loss=sum(loss for _, loss in both) / len(both) if both else None,
    )


def _chart(
    visit: Visit,
    model: str,
    timeline: Timeline,
    incidents: Sequence[Incident],
    metric: str,
) -> Any:
    span, promotions = timeline.windows, timeline.promotions
    labels = [item.window for item in span]
    low, high = [item.loss_low for item in span], [item.loss_high for item in span]
    series = [
        Series("champion", [item.loss for item in span], "main", low, high),
        Series("first version, never retrained", [item.first_loss for item in span], "frozen"),
    ]
    previous = [item.previous_loss for item in span]
    if any(value is not None for value in previous):
        series.append(Series("previous champion", previous, "previous"))
    marks = [
        Mark(place, item.decision, f"{item.decision}: {item.reason}")
        for place, item in enumerate(span)
        if item.decision in ("retrain", "alert")
    ]
    for promotion in reversed(promotions):
        place = _place(promotion, span)
        if place is not None:
            marks.append(
                Mark(
                    place,
                    promotion.kind,
                    f"v{promotion.version} by {promotion.kind}, {promotion.actor}: {promotion.reason}",
                )
            )
    order = {"alert": 0, "retrain": 1, "promote": 2, "reorder": 3, "rollback": 4}
    hrefs = [visit.model_url(model, "windows", label) for label in labels]
    title = f"{model}: {metric} of each window"
    ordered = sorted(marks, key=lambda mark: order[mark.kind])
    still = lines("timeline", title, labels, series, ordered, hrefs, metric)
    return plots.windows(title, still, labels, series, ordered, _bands(incidents, labels), hrefs, metric)


def _bands(incidents: Sequence[Incident], labels: Sequence[str]) -> list[tuple[int, int, str]]:
    """Return which of the windows each incident lasted over; one that is open lasts until the newest."""
    found = []
    for item in incidents:
        closed = item.closed_window
        inside = [place for place, key in enumerate(labels) if key >= item.window and (closed is None or key < closed)]
        if inside:
            found.append((inside[0], inside[-1], f"incident {item.incident}{'' if closed else ', open'}"))
    return found


def _place(promotion: Promotion, span: Sequence[WindowLine]) -> int | None:
    """Return where a move stands: at its version's window for a promotion, at the newest one for a way back."""
    if promotion.kind == "rollback":
        decided = [place for place, item in enumerate(span) if item.at <= promotion.at]
        return decided[-1] if decided else None
    return next((place for place, item in enumerate(span) if item.window == promotion.window), None)


def _happens(span: Sequence[WindowLine], promotions: Sequence[Promotion], kind: str) -> bool:
    return any(item.decision == kind for item in span) or any(promotion.kind == kind for promotion in promotions)


def _earlier(span: Sequence[WindowLine]) -> dict[str, str | int | None]:
    return {"to": span[0].window if span else None, "from": None}


def _metric(task: str) -> str:
    from windvane.spec import PRIMARY

    return str(PRIMARY.get(task, "loss"))


def _windows(visit: Visit, model: str, span: Sequence[WindowLine]) -> Table[WindowLine]:
    known = {item.window: item for item in span if item.loss_low is not None}

    def window(line: WindowLine) -> str:
        return visit.model_url(model, "windows", line.window)

    def version(line: WindowLine) -> str:
        return visit.model_url(model, "versions", line.version) if line.version else ""

    def interval(line: WindowLine) -> str:
        found = known.get(line.window)
        return f"{number(found.loss_low)} to {number(found.loss_high)}" if found else ""

    columns = [
        Column("window", "Window", href=window, filters=True),
        Column("decision", "Decision", "state", choices=_DECISIONS),
        Column("reason", "Why", sorts=False, filters=True, wide=True),
        Column("version", "Scored by", "version", href=version, filters=True),
        Column("loss", "Loss", "number", note=interval),
        Column("first_loss", "First version's", "number"),
        Column("found", "Findings", "number", note=lambda line: f"of {line.checks} checks"),
        Column("at", "Decided", "moment"),
    ]
    ask = visit.requested.of("windows", columns)
    empty = "No window was monitored yet."
    return Table("windows", "Windows", columns, visit.moment.windows(model, ask), ask, visit.requested, empty)


def _versions(visit: Visit, model: str) -> Table[VersionLine]:
    def page(line: VersionLine) -> str:
        return visit.model_url(model, "versions", line.version)

    columns = [
        Column("version", "Version", "version", href=page, filters=True),
        Column("state", "State", "state", choices=_STATES),
        Column("window", "Window", filters=True),
        Column("decision", "Gate", "state", sorts=False),
        Column("reason", "Why", sorts=False, wide=True),
        Column("rows", "Rows trained on", "number", sorts=False),
        Column("actor", "Asked by", filters=True),
        Column("created_at", "Built", "moment"),
    ]
    ask = visit.requested.of("versions", columns)
    part = visit.moment.versions(model, ask)
    return Table("versions", "Versions", columns, part, ask, visit.requested, "No version was trained yet.")
