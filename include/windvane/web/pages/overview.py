"""Overview: is anything wrong, where, since when, and what to do."""

from __future__ import annotations

from datetime import datetime
from typing import get_args

from windvane.results import Record
from windvane.stores.pages import Health, ModelLine
from windvane.web import charts
from windvane.web.page import page
from windvane.web.tables import Column, Listing, Table
from windvane.web.visit import Page, Visit
from windvane.web.words import ago

_SPARK = 24
"""Windows of a spark line."""

_LISTED = 8
_FIRST_STEPS = {
    "alert": "Read the window's checks; mend the source, then run the window again.",
    "paused": "Automation is stopped: find out whether it may go on, then resume it.",
    "waiting": "Read the version's page, then approve or reject it with a reason.",
    "no_champion": "Train a window: nothing is scored until a version is champion.",
}
"""The first step of each runbook (docs/runbooks), by the health that calls for it."""


class OverviewData(Record):
    """The models that the viewer may see."""

    models: Listing[ModelLine]
    next_runs: dict[str, datetime]
    losses: dict[str, list[float | None]]
    """The last windows' losses, the oldest first."""
    wrong: int
    """Models of this page with an alert."""


@page("/", OverviewData, tab="Models", order=0)
def build(visit: Visit) -> Page:
    """Tell the overview."""
    columns = _columns(visit)
    ask = visit.requested.of("models", columns)
    part = visit.moment.models(ask, among=visit.among)
    names = [line.model for line in part.rows]
    losses = visit.moment.last_losses(names, _SPARK)
    next_runs = dict(visit.around.next_runs(names)) if visit.around else {}
    empty = "No model is registered yet. A model registers itself when its first run takes a snapshot."
    table = Table("models", "Models", columns, part, ask, visit.requested, empty)
    data = OverviewData(
        models=table.listing,
        next_runs=next_runs,
        losses=losses,
        wrong=sum(line.health == "alert" for line in part.rows),
    )
    sparks = {
        name: charts.spark(f"spark-{place}", f"{name}: loss of the last {len(values)} windows", values)
        for place, (name, values) in enumerate(losses.items())
    }
    waiting = sum(line.waiting for line in part.rows)
    first = [line for line in part.rows if line.health in _FIRST_STEPS][:_LISTED]
    drawn = {"sparks": sparks, "next_runs": next_runs, "first": first, "steps": _FIRST_STEPS, "waiting": waiting}
    return Page("Models", "overview.html", data, tables={"models": table}, drawn=drawn)


def _columns(visit: Visit) -> list[Column]:
    def page(line: ModelLine) -> str:
        return visit.model_url(line.model)

    def window(line: ModelLine) -> str:
        return visit.model_url(line.model, "windows", line.window) if line.window else ""

    def champion(line: ModelLine) -> str:
        return visit.model_url(line.model, "versions", line.champion) if line.champion else ""

    def age(line: ModelLine) -> str:
        return f"for {ago(line.champion_at, visit.now)}" if line.champion_at else ""

    def since(line: ModelLine) -> str:
        return f"for {ago(line.wrong_since, visit.now)}" if line.wrong_since else ""

    return [
        Column("health", "Health", "state", choices=get_args(Health), note=since),
        Column("model", "Model", href=page, filters=True, note=lambda line: f"{line.task}, {line.owner}"),
        Column("champion", "Champion", "version", href=champion, note=age),
        Column("window", "Last window", href=window),
        Column("decision", "Decision", "state", choices=("hold", "retrain", "alert", "insufficient_data")),
        Column("reason", "Why", sorts=False, filters=True),
        Column("loss", "Loss", "number"),
        Column("owner", "Owner", filters=True, hidden=True),
        Column("incidents", "Open incidents", "number", hidden=True),
    ]
