"""Compare: how two versions differ, side by side."""

from __future__ import annotations

from windvane.results import Estimate, Evaluation, Record, Version
from windvane.spec import PRIMARY
from windvane.stores.pages import Query
from windvane.web.changes import Changed, changed_since
from windvane.web.measured import interval
from windvane.web.page import page
from windvane.web.pages.version import evaluation_of
from windvane.web.paired import Paired, headline, on_holdouts, on_windows, surely
from windvane.web.side_by_side import Line, Side, lines_of, side_of
from windvane.web.tables import Column, Listing, Table, table_of
from windvane.web.visit import Page, Visit
from windvane.web.words import number, number_of

_LIVE = 500
"""Comparisons on live windows that are looked through for those of the two versions."""


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
    headline: str = ""
    """Which is better by the metric that the model is trained for, on the same rows, and how surely."""
    changed: Changed | None = None
    """What differs in declaration, data, code and libraries."""


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
    unpaired = said = ""
    changed = None
    if len(found) == 2:
        sides: list[Side] = []
        evaluations: list[Evaluation | None] = []
        for version in found:
            raw, why = evaluation_of(visit, version)
            side, unkept = side_of(visit, version)
            missing += [*why, *unkept]
            sides.append(side)
            evaluations.append(Evaluation.model_validate(raw) if raw else None)
        for place, evaluation in enumerate(evaluations):
            if evaluation is not None:
                _measured(sides[place], sides[1 - place], evaluation, found[1 - place].version)
        lines = lines_of(sides[0], sides[1])
        paired = (
            *on_holdouts(*evaluations),
            *on_windows(visit.moment.live(name, _LIVE), found[0].version, found[1].version),
        )
        unpaired = "" if paired else _unpaired(name, found, evaluations)
        metric = str(PRIMARY.get(str(visit.moment.spec(name).get("task", "")), ""))
        said = headline(paired, metric, found[0].version, found[1].version)
        if numbers[0] == numbers[1]:
            said = f"v{numbers[0]} is on both sides: there is nothing to compare."
            unpaired = ""
        changed = changed_since(visit, found[0], found[1]) if numbers[0] != numbers[1] else None
    elif len(known) < 2:
        what = f"v{known[0]} is the only version" if known else "No version was trained yet"
        said = f"{what}: there is nothing to compare."
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
        headline=said,
        changed=changed,
    )
    crumbs = [("Models", visit.url()), (visit.called(name), visit.model_url(name))]
    return Page("Compare", "compare.html", data, crumbs, {"lines": table}, {"known": known, "surely": surely})


def _chosen(visit: Visit, model: str, key: str, known: list[int], place: int) -> int | None:
    """Return the version that is asked for, else the newest one and the one before."""
    text = visit.requested.get(key)
    if text:
        return number_of(text, model)
    return known[place] if place < len(known) else None


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
