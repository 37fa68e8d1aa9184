"""Look up a prediction: from its key back to the version, its data, code and judgement, and who let it through."""

from __future__ import annotations

from typing import Any

from windvane.errors import ArtifactError, NaiveTimestamp, UnknownPrediction
from windvane.lifecycle.overriding import overridden_by
from windvane.results import Event, Lineage, Record
from windvane.web.evidence import answer
from windvane.web.page import page
from windvane.web.pages.audit_log import gist, reason
from windvane.web.publications import ASKED, moment, publications_table
from windvane.web.tables import Column, Table, table_of
from windvane.web.visit import Page, Visit


class PredictionData(Record):
    """What a prediction comes from; nothing where no key is asked for yet."""

    model: str
    key: str
    window: str
    as_of: str
    found: Lineage | None
    problem: str
    """Why nothing is found."""
    remedy: str


@page("/models/{model}/predictions", PredictionData)
def build(visit: Visit, model: str) -> Page:
    """Trace a prediction."""
    from windvane import steps

    name = visit.see(model)
    key, window, as_of = (visit.requested.get(part) for part in ("key", "window", ASKED))
    found, problem, remedy = None, "", ""
    if key:
        try:
            found = steps.lineage(name, visit.stores, key=key, window=window or None, as_of=moment(as_of))
        except (UnknownPrediction, ArtifactError, NaiveTimestamp) as error:
            problem, remedy = error.cause, error.remedy
    columns = [
        Column("at", "When", "moment"),
        Column("kind", "What"),
        Column("gist", "Details", value=gist, sorts=False),
        Column("actor", "Who"),
        Column("reason", "Why", value=reason, sorts=False, wide=True),
    ]
    rows: tuple[Event, ...] = found.origin.events if found else ()
    table = table_of("events", "What happened to the version", columns, rows, visit.requested)
    data = PredictionData(model=name, key=key, window=window, as_of=as_of, found=found, problem=problem, remedy=remedy)
    origin = found.origin if found else None
    drawn = {"overridden": overridden_by(origin.version, origin.promotions[::-1]) if origin else None, "answer": answer}
    crumbs = [("Models", visit.url()), (visit.called(name), visit.model_url(name))]
    tables: dict[str, Table[Any]] = {}
    if found:
        tables = {"publications": publications_table(visit, name, found.publications, traced=True), "events": table}
    return Page("Look up a prediction", "predictions.html", data, crumbs, tables, drawn)
