"""Over time: what each segment lost, whether scores mean what they say, and how groups fare, window by window."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from windvane.errors import WindvaneError
from windvane.results import Record, Replay
from windvane.stores.pages import loss_interval
from windvane.web import plots, timeline
from windvane.web.heat import Heat, heat_of
from windvane.web.page import page
from windvane.web.timeline import SMALL, Frame, Series
from windvane.web.trends import SCORE, WHOLE, Point, Told, Trend, losses, protected, residuals, shares, told_of
from windvane.web.visit import Page, Visit
from windvane.web.words import number, percent

_SPAN = 24
"""Windows that are shown: each has a profile of its own to read."""

_EVERY = "always"
"""The plan of a replay that trains on every window."""

_KINDS = ("main", "frozen", "other")
"""How the losses are drawn."""

_PARTS = 6
"""Segments or groups drawn beside each other at most, those with the most rows."""

_ASKED = ("concept_drift", "data_drift")
"""Checks whose columns are looked at where none is asked for: what moved against the scores, then what moved."""


class OverTimeData(Record):
    """Numbers of a model over its windows, each with its 95 % interval."""

    model: str
    metric: str
    windows: tuple[str, ...]
    whole: Trend | None
    """Mean loss of all rows together."""
    losses: tuple[Trend, ...]
    """Loss of the version that scored, of the first version, and of one trained on every window, where replayed."""
    replayed: str
    """The plan that the last of them followed; empty where no replay was kept."""
    column: str
    """The column whose segments are shown."""
    columns: tuple[str, ...]
    """The columns that have segments."""
    segments: tuple[Trend, ...]
    """Mean loss of each part of the column."""
    calibration: tuple[Trend, ...]
    """Mean of outcome less score: of all rows, then by part of the score."""
    fairness: dict[str, tuple[Trend, ...]]
    """Share decided positive of each group, by protected column."""
    heat: Heat
    missing: tuple[str, ...]


@page("/models/{model}/over-time", OverTimeData)
def build(visit: Visit, model: str) -> Page:
    """Tell how a model's segments, calibration and groups did over its windows."""
    name = visit.see(model)
    line, spec = visit.moment.line(name), visit.moment.spec(name)
    last = visit.requested.get("to") or line.window or ""
    kept = visit.moment.conclusions(name, last, _SPAN)
    profiles, missing = _profiles(visit, kept)
    columns = tuple(sorted({key for item in profiles for key in (item.get("segments") or {})} - {WHOLE, SCORE}))
    column = _column(visit.requested.get("column"), columns, kept)
    told, unknown = _told(profiles, column, kept)
    ordered = any(_kind(item, column) == "number" for item in profiles)
    task = str(spec.get("task", ""))
    every, unread = _replayed(visit, name)
    data = OverTimeData(
        model=name,
        metric=_metric(task),
        windows=tuple(str(item.get("window")) for item in kept),
        whole=next(iter(losses(told, WHOLE, 1)), None),
        losses=_losses(kept, every),
        replayed=_EVERY if every else "",
        column=column,
        columns=columns,
        segments=tuple(losses(told, column, _PARTS, ordered=ordered)) if column else (),
        calibration=(*residuals(told, WHOLE, 1), *residuals(told, SCORE, _PARTS, ordered=True)),
        fairness={key: tuple(shares(told, key, _PARTS)) for key in protected(told)},
        heat=heat_of(kept),
        missing=(*missing, *unknown, *unread),
    )
    crumbs = [("Models", visit.url()), (visit.called(name), visit.model_url(name))]
    drawn = {
        "losses": _beside(visit, data) if kept else "",
        "segments": _segments(visit, data),
        "calibration": _calibration(visit, data, task),
        "fairness": {key: _fairness(visit, data, key, place) for place, key in enumerate(data.fairness)},
        "off": _off(task),
        "ordered": ordered,
        "protected": bool(spec.get("protected")),
        "earlier": visit.requested.url({"to": data.windows[0]}) if len(kept) >= _SPAN else "",
    }
    return Page("Over time", "over_time.html", data, crumbs, drawn=drawn)


def _replayed(visit: Visit, model: str) -> tuple[dict[str, float], tuple[str, ...]]:
    """Return each window's loss under the plan that trains on every window, by the replay that was kept last."""
    text, error = visit.artifact(visit.moment.replay(model))
    if isinstance(error, WindvaneError):
        return {}, (f"the replay: {error.name}: {error.cause}",)
    try:
        found = Replay.from_json(text) if text else None
    except ValueError:
        return {}, ("the replay that was kept is of a form that this version does not know",)
    plans = [item for item in found.played if item.plan == _EVERY and item.fold == 0] if found else []
    return {item.window: item.loss for plan in plans[:1] for item in plan.windows if item.loss is not None}, ()


def _losses(kept: Sequence[Mapping[str, Any]], every: Mapping[str, float]) -> tuple[Trend, ...]:
    """Return the losses of each window: of who scored it, of the first version, and under the replayed plan."""
    own: list[Point | None] = []
    first: list[Point | None] = []
    for item in kept:
        low, high = loss_interval(item) or (None, None)
        rows = int(item.get("outcomes") or 0)
        loss, frozen = item.get("loss"), item.get("first_loss")
        own.append(None if loss is None else Point(value=loss, low=low, high=high, rows=rows))
        first.append(None if frozen is None else Point(value=frozen, rows=rows))
    found = [every.get(str(item.get("window"))) for item in kept]
    trained = [None if loss is None else Point(value=loss, rows=0) for loss in found]
    trends = [Trend(name="champion", points=tuple(own)), Trend(name="first version", points=tuple(first))]
    return (*trends, *([Trend(name="trained on every window", points=tuple(trained))] if every else []))


def _beside(visit: Visit, data: OverTimeData) -> Any:
    """Draw the losses of each window beside each other."""
    series = [_series(trend, trend.name, kind) for trend, kind in zip(data.losses, _KINDS, strict=False)]
    hrefs = [visit.model_url(data.model, "windows", key) for key in data.windows]
    title = f"{data.metric.replace('_', ' ')} of each window"
    still = timeline.lines("losses", title, data.windows, series, (), hrefs, data.metric)
    return plots.windows(title, still, data.windows, series, (), (), hrefs, data.metric)


def _profiles(visit: Visit, kept: Sequence[Mapping[str, Any]]) -> tuple[list[Mapping[str, Any]], list[str]]:
    """Return the windows' profiles, an empty one where there is none, and why some are not to be had."""
    found: list[Mapping[str, Any]] = []
    missing = []
    for item in kept:
        text, error = visit.artifact(item.get("profile"))
        if isinstance(error, WindvaneError):
            missing.append(f"{item.get('window')}: {error.name}: {error.cause}")
        try:
            read = json.loads(text) if text else {}
        except ValueError:
            read = {}
        found.append(read if isinstance(read, dict) else {})
    return found, missing


def _told(
    profiles: Sequence[Mapping[str, Any]], column: str, kept: Sequence[Mapping[str, Any]]
) -> tuple[list[Told], list[str]]:
    found, unknown = [], []
    for item, conclusion in zip(profiles, kept, strict=True):
        try:
            found.append(told_of(item, [column], conclusion.get("version")))
        except (ValueError, TypeError, AttributeError, WindvaneError):
            unknown.append(f"the profile of {conclusion.get('window')} is of a form that this version does not know")
            found.append(Told())
    return found, unknown


def _kind(profile: Mapping[str, Any], column: str) -> Any:
    found = profile.get("columns")
    known = found.get(column) if isinstance(found, dict) else None
    return known.get("kind") if isinstance(known, dict) else None


def _column(wanted: str, columns: Sequence[str], kept: Sequence[Mapping[str, Any]]) -> str:
    """Return the column asked for, else the one that moved most in the newest window where one did."""
    if wanted in columns:
        return wanted
    for item in reversed(kept):
        checks = {check.get("check"): check for check in item.get("checks") or ()}
        for check in _ASKED:
            for moved in checks.get(check, {}).get("columns") or ():
                if moved in columns:
                    return str(moved)
    return next(iter(columns), "")


def _metric(task: str) -> str:
    from windvane.spec import PRIMARY

    return str(PRIMARY.get(task, "loss"))


def _off(task: str) -> str:
    """Return what a residual is, as its axis says."""
    return {
        "binary": "outcome less score",
        "regression": "outcome less prediction",
    }.get(task, "loss beyond what scores expect")


def _segments(visit: Visit, data: OverTimeData) -> list[tuple[str, Any]]:
    """Draw the loss of each part of the column, with that of all rows behind it."""
    behind = [_series(data.whole, "all rows", "previous", banded=False)] if data.whole else []
    within = _ends([*data.segments, *([data.whole] if data.whole else [])])
    return [
        (
            f"{data.column}: {trend.name}",
            _chart(visit, data, f"segment-{place}", trend, behind, data.metric, replace(SMALL, within=within)),
        )
        for place, trend in enumerate(data.segments)
    ]


def _calibration(visit: Visit, data: OverTimeData, task: str) -> list[tuple[str, Any]]:
    within = _ends(data.calibration)
    frame = replace(SMALL, within=within, level=0.0)
    return [
        (
            "all rows" if not place else f"scores {trend.name}",
            _chart(visit, data, f"calibration-{place}", trend, [], _off(task), frame),
        )
        for place, trend in enumerate(data.calibration)
    ]


def _fairness(visit: Visit, data: OverTimeData, column: str, which: int) -> list[tuple[str, Any]]:
    trends = data.fairness[column]
    frame = replace(SMALL, within=_ends(trends))
    return [
        (
            f"{column}: {trend.name}",
            _chart(visit, data, f"fairness-{which}-{place}", trend, [], "share decided positive", frame),
        )
        for place, trend in enumerate(trends)
    ]


def _chart(
    visit: Visit,
    data: OverTimeData,
    identity: str,
    trend: Trend,
    behind: Sequence[Series],
    unit: str,
    frame: Frame,
) -> Any:
    series = [_series(trend, trend.name, "main"), *behind]
    hrefs = [visit.model_url(data.model, "windows", key) for key in data.windows]
    title = f"{unit.replace('_', ' ')}: {trend.name}, window by window"
    still = timeline.lines(identity, title, data.windows, series, (), hrefs, unit, frame)
    return plots.windows(title, still, data.windows, series, (), (), hrefs, unit, frame)


def _series(trend: Trend, name: str, kind: str, *, banded: bool = True) -> Series:
    values = [point.value if point else None for point in trend.points]
    if not banded:
        return Series(name, values, kind)
    low, high = ([getattr(point, end) if point else None for point in trend.points] for end in ("low", "high"))
    return Series(name, values, kind, low, high)


def _ends(trends: Sequence[Trend]) -> tuple[float, ...]:
    """Return the least and the greatest number of trends, which all their charts' axes hold."""
    points = [point for trend in trends for point in trend.points if point]
    found = [end for point in points for end in (point.value, point.low, point.high) if end is not None]
    return (min(found), max(found)) if found else ()


def rows_of(trend: Trend, *, share: bool = False) -> list[tuple[str, str]]:
    """Return a trend's points as people read them: the value, and its interval with the rows."""
    figure = percent if share else number
    told = []
    for point in trend.points:
        if point is None:
            told.append(("-", ""))
            continue
        interval = f"{figure(point.low)} to {figure(point.high)}, " if point.low is not None else ""
        told.append((figure(point.value), f"{interval}{point.rows:,} rows" if point.rows else ""))
    return told
