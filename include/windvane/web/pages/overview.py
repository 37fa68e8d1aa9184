"""Overview: is anything wrong, where, since when, and what to do."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from markupsafe import Markup

from windvane.results import ModelHealth, Record
from windvane.results.health import LEVELS, Level
from windvane.stores.pages import ModelLine
from windvane.web import charts
from windvane.web.page import page
from windvane.web.pages.health import trouble_url
from windvane.web.tables import Column, Listing, Table, table_of
from windvane.web.visit import Page, Visit
from windvane.web.words import ago

_SPARK = 24
"""Windows of a spark line."""

_LISTED = 8
"""Models that are listed as what to do first."""


GROUPS = ("owner", "tag")
"""What models can be grouped by: `?group=owner`."""

NONE = "none"
"""What a group of models without an owner or a tag is called."""


class Group(Record):
    """Models that share an owner or a tag."""

    name: str
    models: int
    bad: int
    """How many need somebody now."""
    warn: int
    """How many are to be looked at today."""
    waiting: int
    """Versions of them that wait for a person."""
    worst: str
    """The model to look at first; empty where nothing is wrong with any."""


class OverviewData(Record):
    """The models that the viewer may see."""

    models: Listing[ModelLine]
    health: dict[str, ModelHealth]
    """What is wrong with each of these models."""
    counts: dict[str, int]
    """How many models are how, of all that match."""
    next_runs: dict[str, datetime]
    losses: dict[str, list[float | None]]
    """The last windows' losses, the oldest first."""
    groups: tuple[Group, ...]
    """The owners or tags of all models, the worst first; nothing unless the query asks for `group`."""


@page("/", OverviewData, tab="Models", order=0)
def build(visit: Visit) -> Page:
    """Tell the overview."""
    lines = visit.models()
    health = visit.health(lines)
    tags = {line.model: visit.tags(line.model) or (NONE,) for line in lines}
    worst = sorted(lines, key=lambda line: (LEVELS.index(health[line.model].level), line.model))
    empty = "No model is registered yet. A model registers itself when its first run takes a snapshot."
    losses: dict[str, list[float | None]] = {}  # filled for the models that the table shows, once it is known which
    next_runs: dict[str, datetime] = {}
    columns = _columns(visit, lines, health, losses, next_runs, tags)
    table = table_of("models", "Models", columns, worst, visit.requested, empty)
    names = [line.model for line in table.part.rows]
    shown = names if visit.requested.export != "models" else []
    losses |= visit.moment.last_losses(shown, _SPARK)
    next_runs |= visit.around.next_runs(shown) if visit.around else {}
    by = visit.requested.get("group")
    of = {"owner": lambda line: (line.owner or NONE,), "tag": lambda line: tags[line.model]}.get(by)
    groups = _groups(worst, health, of) if of else ()
    data = OverviewData(
        models=table.listing,
        health={name: health[name] for name in names},
        counts={level: sum(one.level == level for one in health.values()) for level in LEVELS},
        next_runs=next_runs,
        losses=losses,
        groups=groups,
    )
    wanted = (visit.requested.get("models.model") or "").casefold()
    meant = [line for line in worst if wanted in visit.called(line.model).casefold()]
    first = [health[line.model] for line in meant if health[line.model].level in ("bad", "warn")]
    drawn = {
        "first": first[:_LISTED],
        "more": max(0, len(first) - _LISTED),
        "waiting": sum(line.waiting for line in lines),
        "never_ran": sum(not line.registered for line in lines),
        "grouping": [(name, visit.requested.url({"group": name if name != by else None})) for name in GROUPS],
        "grouped_by": by if of else "",
        "searched": visit.requested.get("models.model"),
        "kept": [one for one in visit.requested.query.items() if one[0] not in ("models.model", "models.page")],
        "trouble_url": lambda model, trouble: trouble_url(visit, model, trouble),
    }
    tables: dict[str, Table[Any]] = {"models": table}
    if of:
        tables["groups"] = _group_table(visit, by, groups)
    return Page("Models", "overview.html", data, tables=tables, drawn=drawn)


def _columns(
    visit: Visit,
    lines: Sequence[ModelLine],
    health: Mapping[str, ModelHealth],
    losses: Mapping[str, list[float | None]],
    next_runs: Mapping[str, datetime],
    tags: Mapping[str, tuple[str, ...]],
) -> list[Column]:
    def page(line: ModelLine) -> str:
        return visit.about_url(line.model)

    def window(line: ModelLine) -> str:
        return visit.model_url(line.model, "windows", line.window) if line.window else ""

    def champion(line: ModelLine) -> str:
        return visit.model_url(line.model, "versions", line.champion) if line.champion else ""

    def age(line: ModelLine) -> str:
        over = f"; gate overridden by {line.overridden_by}" if line.overridden_by else ""
        return f"for {ago(line.champion_at, visit.now)}{over}" if line.champion_at else ""

    def level(line: ModelLine) -> Level:
        return health[line.model].level

    def worst(line: ModelLine) -> str:
        found = health[line.model].worst
        return found.headline if found else "nothing is wrong"

    def since(line: ModelLine) -> str:
        troubles = health[line.model].troubles
        first = f"for {ago(troubles[0].since, visit.now)}" if troubles and troubles[0].since else ""
        more = f"{len(troubles) - 1} more" if len(troubles) > 1 else ""
        return "; ".join(filter(None, (first, more)))

    def spark(line: ModelLine) -> Markup:
        values = losses.get(line.model, [])
        return charts.spark(f"spark-{line.model}", f"{line.model}: loss of the last {len(values)} windows", values)

    def waiting_url(line: ModelLine) -> str:
        return visit.url("approvals") if line.waiting else ""

    known = visit.requested.export != "models"  # a CSV of all models asks Airflow for none of them
    following = Column("next", "Next run", "moment", lambda line: next_runs.get(line.model), sorts=False)
    return [
        Column("health", "Health", "state", level, choices=LEVELS, order=lambda line: LEVELS.index(level(line))),
        Column(
            "model",
            "Model",
            value=visit.called_in,
            href=page,
            filters=True,
            breaks=True,
            note=lambda line: _about(line, tags[line.model]),
        ),
        Column("trouble", "What is wrong", value=worst, note=since, filters=True, sorts=False, wide=True),
        Column("champion", "Champion", "version", href=champion, note=age),
        Column("window", "Last window", href=window),
        Column("decision", "Decision", "state", choices=("hold", "retrain", "alert", "insufficient_data")),
        Column("loss", "Loss", "number", drawn=spark, note=lambda line: change(losses.get(line.model, []))),
        Column("waiting", "Waits for", value=_waits, href=waiting_url, order=lambda line: line.waiting),
        *([following] if known and visit.around else []),
        Column("reason", "Why", sorts=False, filters=True, hidden=True),
        *_grouping(lines, tags),
        Column("incidents", "Open incidents", "number", hidden=True),
    ]


def _about(line: ModelLine, tags: Sequence[str]) -> str:
    own = ", ".join(tag for tag in tags if tag != NONE)
    return "; ".join(filter(None, (", ".join(filter(None, (line.task, line.owner))), own)))


def _grouping(lines: Sequence[ModelLine], tags: Mapping[str, tuple[str, ...]]) -> list[Column]:
    """Return the columns by which models are grouped; a filter names one of their values."""
    owners = tuple(sorted({line.owner or NONE for line in lines}))
    known = tuple(sorted({tag for own in tags.values() for tag in own}))
    return [
        Column("owner", "Owner", value=lambda line: line.owner or NONE, choices=owners, hidden=True),
        Column("tag", "Tag", value=lambda line: tags[line.model], choices=known, hidden=True),
    ]


def _groups(
    worst_first: Sequence[ModelLine], health: Mapping[str, ModelHealth], of: Callable[[ModelLine], tuple[str, ...]]
) -> tuple[Group, ...]:
    """Return the groups, the one with the most urgent models first; a model of several tags is in each."""
    members: dict[str, list[ModelLine]] = {}
    for line in worst_first:
        for name in of(line):
            members.setdefault(name, []).append(line)
    found = [
        Group(
            name=name,
            models=len(lines),
            bad=sum(health[line.model].level == "bad" for line in lines),
            warn=sum(health[line.model].level == "warn" for line in lines),
            waiting=sum(line.waiting for line in lines),
            worst=lines[0].model if health[lines[0].model].level in ("bad", "warn") else "",
        )
        for name, lines in members.items()
    ]
    return tuple(sorted(found, key=lambda one: (-one.bad, -one.warn, one.name)))


def _group_table(visit: Visit, by: str, groups: Sequence[Group]) -> Table[Group]:
    def inside(group: Group) -> str:
        return visit.requested.url({f"models.{by}": group.name, "models.page": None}, "models")

    def worst(group: Group) -> str:
        return visit.about_url(group.worst) if group.worst else ""

    columns = [
        Column("name", by.capitalize(), href=inside, filters=True),
        Column("models", "Models", "number"),
        Column("bad", "Act now", "number"),
        Column("warn", "Look today", "number"),
        Column("waiting", "Wait for a person", "number"),
        Column("worst", "Look first at", value=lambda group: visit.called(group.worst), href=worst),
    ]
    return table_of("groups", f"By {by}", columns, groups, visit.requested)


def _waits(line: ModelLine) -> str:
    person = f"a person, {line.waiting} {'version' if line.waiting == 1 else 'versions'}" if line.waiting else ""
    return "; ".join(filter(None, (person, "a requested retrain" if line.retrains else "")))


def change(losses: Sequence[float | None]) -> str:
    """Return how the last loss differs from the one before: new less old, lower is better."""
    known = [loss for loss in losses if loss is not None]
    if len(known) < 2 or losses[-1] is None:
        return ""
    moved = known[-1] - known[-2]
    if f"{abs(moved):.2g}" == "0":
        return "as before"
    return f"{moved:+.2g} {'▲ worse' if moved > 0 else '▼ better'}"
