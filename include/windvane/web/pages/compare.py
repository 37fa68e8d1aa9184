"""Compare: how two versions differ, side by side."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from windvane.results import Estimate, Evaluation, Record, Version
from windvane.stores.pages import Query
from windvane.web.page import page
from windvane.web.pages.version import evaluation_of, interval
from windvane.web.paired import Paired, on_holdouts, on_windows
from windvane.web.tables import Column, Listing, Table, table_of
from windvane.web.visit import Page, Visit
from windvane.web.words import number, number_of, short

Side = dict[tuple[str, str], str]
"""What is known of a version: a text for each subject and name."""

_LIVE = 500
"""Comparisons on live windows that are looked through for those of the two versions."""

_LEFT_OUT = frozenset({"gate", "evaluation"})
_ORDER = ("gate", "metrics", "spec", "data")


class Line(Record):
    """One thing about two versions."""

    about: str
    """`gate`, `metrics`, `spec` (parameters among it), `data`, `made from`, `environment` or `columns`."""
    name: str
    one: str
    other: str
    same: bool


class CompareData(Record):
    """Two versions side by side; nothing where none is chosen yet."""

    model: str
    one: int | None
    other: int | None
    lines: Listing[Line]
    missing: tuple[str, ...]
    paired: tuple[Paired, ...] = ()
    """Their differences on the same rows, where they are known."""
    unpaired: str = ""
    """Why there is none, and how to get one."""


@page("/models/{model}/compare", CompareData)
def build(visit: Visit, model: str) -> Page:
    """Tell how two versions differ."""
    name = visit.see(model)
    known = [line.version for line in visit.moment.versions(name, Query(limit=500)).rows]
    numbers = [_chosen(visit, name, key, known, place) for place, key in enumerate(("b", "a"))][::-1]
    found = [visit.moment.version(name, item) for item in numbers if item is not None]
    missing: list[str] = []
    lines: list[Line] = []
    paired: tuple[Paired, ...] = ()
    unpaired = ""
    if len(found) == 2:
        sides: list[Side] = []
        evaluations: list[Evaluation | None] = []
        for version in found:
            raw, why = evaluation_of(visit, version)
            spec, unkept = _spec_of(visit, version)
            missing += [*why, *unkept]
            sides.append({**_message(version), **{("spec", key): item for key, item in _leaves(spec)}})
            evaluations.append(Evaluation.model_validate(raw) if raw else None)
        for place, evaluation in enumerate(evaluations):
            if evaluation is not None:
                _measured(sides[place], sides[1 - place], evaluation, found[1 - place].version)
        lines = _lines(sides[0], sides[1])
        paired = (
            *on_holdouts(*evaluations),
            *on_windows(visit.moment.live(name, _LIVE), found[0].version, found[1].version),
        )
        unpaired = "" if paired else _unpaired(name, found, evaluations)
    one, other = (f"v{item}" if item else "" for item in numbers)
    columns = [
        Column("about", "About", choices=tuple(dict.fromkeys(line.about for line in lines)) or ("data",)),
        Column("name", "What", filters=True),
        Column("one", one or "One", sorts=False),
        Column("other", other or "Other", sorts=False),
        Column("same", "Same", value=lambda line: "same" if line.same else "differs", choices=("differs", "same")),
    ]
    empty = "Choose two versions of this model."
    table: Table[Line] = table_of("lines", "Side by side", columns, lines, visit.requested, empty)
    data = CompareData(
        model=name,
        one=numbers[0],
        other=numbers[1],
        lines=table.listing,
        missing=tuple(missing),
        paired=paired,
        unpaired=unpaired,
    )
    crumbs = [("Models", visit.url()), (visit.called(name), visit.model_url(name))]
    return Page("Compare", "compare.html", data, crumbs, {"lines": table}, {"known": known})


def _chosen(visit: Visit, model: str, key: str, known: list[int], place: int) -> int | None:
    """Return the version that is asked for, else the newest one and the one before."""
    text = visit.requested.get(key)
    if text:
        return number_of(text, model)
    return known[place] if place < len(known) else None


def _message(version: Version) -> Side:
    """Return everything about a version but its metrics as plain lines, by subject and name."""
    message: Side = {}
    for key, value in version.model_dump(mode="json", exclude=set(_LEFT_OUT)).items():
        if isinstance(value, dict):
            message |= {(key, name): str(item) for name, item in value.items()}
        elif key == "warnings":
            said = ", ".join(f"{item['category']} ({item['count']} times)" for item in value)
            message["data", "warnings of the fit"] = said or "none"
        elif key == "snapshots":
            message |= {("data", f"snapshot {place + 1}"): short(item) for place, item in enumerate(value)}
        else:
            about = "data" if key.startswith("window") or key in ("rows", "trained_until") else "made from"
            message[about, key.replace("_", " ")] = short(value) if str(value).startswith("sha256:") else number(value)
    for verdict in version.gate.verdicts if version.gate else ():
        message["gate", verdict.rule] = verdict.headline
    if version.gate:
        message["gate", "decision"] = version.gate.decision
    return message


def _spec_of(visit: Visit, version: Version) -> tuple[Any, tuple[str, ...]]:
    """Return the declaration that a version was trained by, or why it is not to be had."""
    kept, error = visit.artifact(version.spec_digest)
    if kept is None:
        message = f"{error.name}: {error.cause}" if error else "it is not kept"
        return {}, (f"the spec of v{version.version}: {message}",)
    try:
        return json.loads(kept), ()
    except ValueError:
        return {}, (f"the spec of v{version.version} is of a form that this version does not know",)


def _leaves(found: Any, name: str = "") -> Iterator[tuple[str, str]]:
    """Yield the values of a declaration by their dotted names; what is not declared is left out."""
    if isinstance(found, dict) and found:
        for key, item in found.items():
            yield from _leaves(item, f"{name}.{key}" if name else str(key))
    elif isinstance(found, list) and any(isinstance(item, dict | list) for item in found):
        for place, item in enumerate(found, start=1):
            yield from _leaves(item, f"{name} {place}")
    elif found not in (None, [], {}, ""):
        yield name, ", ".join(map(str, found)) if isinstance(found, list) else str(found)


def _measured(own: Side, beside: Side, evaluation: Evaluation, other: int) -> None:
    """Put the metrics of a version on its holdout into its lines, and the other one's where it was measured there too.

    A loss on one holdout never stands beside a loss on another: a line is of one holdout.
    """
    theirs = evaluation.champion_metrics if evaluation.champion == other else ()
    known = {item.metric: _estimate(item) for item in theirs}
    for item in evaluation.metrics:
        line = ("metrics", f"{item.metric}, {_holdout(evaluation)}")
        own[line] = _estimate(item)
        beside.setdefault(line, known.get(item.metric, "not measured on these rows"))


def _unpaired(model: str, found: list[Version], evaluations: list[Evaluation | None]) -> str:
    one, other = (version.version for version in found)
    command = f"`windvane compare {model} {one} {other} --score` scores both on the same later windows"
    spans = [_holdout(item) if item else "no holdout" for item in evaluations]
    if spans[0] != spans[1]:
        return f"v{one} was measured on {spans[0]}, v{other} on {spans[1]}: their losses cannot be compared. {command}."
    return f"Nothing is known of v{one} and v{other} on the same rows. {command}."


def _holdout(evaluation: Evaluation) -> str:
    return f"holdout {evaluation.holdout_start:%Y-%m-%d %H:%M} to {evaluation.holdout_end:%Y-%m-%d %H:%M}"


def _estimate(estimate: Estimate) -> str:
    message = interval(estimate)
    return f"{number(estimate.value)} ({message})" if message else number(estimate.value)


def _lines(one: Side, other: Side) -> list[Line]:
    keys = list(dict.fromkeys([*one, *other]))
    found = [(about, name, one.get((about, name), "-"), other.get((about, name), "-")) for about, name in keys]
    lines = [Line(about=item[0], name=item[1], one=item[2], other=item[3], same=item[2] == item[3]) for item in found]
    order = {about: place for place, about in enumerate(_ORDER)}
    return sorted(lines, key=lambda line: (line.same, order.get(line.about, len(order))))
