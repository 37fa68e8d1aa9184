"""Approvals: what waits for a person, and where to answer."""

from __future__ import annotations

from windvane.results import Record
from windvane.stores.pages import VersionLine
from windvane.web.actions import links
from windvane.web.page import page
from windvane.web.tables import Column, Listing, Table
from windvane.web.visit import Page, Visit
from windvane.web.words import ago


class ApprovalsData(Record):
    """The versions that wait for a person."""

    waiting: Listing[VersionLine]


@page("/approvals", ApprovalsData, tab="Approvals", order=2)
def build(visit: Visit) -> Page:
    """Tell what waits."""

    def page(line: VersionLine) -> str:
        return visit.model_url(line.model, "versions", line.version)

    columns = [
        Column("model", "Model", value=visit.called_in, href=lambda line: visit.model_url(line.model), filters=True),
        Column("version", "Version", "version", href=page),
        Column("window", "Window", filters=True),
        Column("reason", "Why a person must decide", sorts=False, wide=True),
        Column("created_at", "Waits since", "moment", note=lambda line: ago(line.created_at, visit.now)),
        Column("actor", "Asked by", filters=True),
        Column("run_id", "Run", hidden=True),
    ]
    ask = visit.requested.of("waiting", columns)
    part = visit.moment.waiting(ask, among=visit.among)
    table = Table("waiting", "Waiting for a person", columns, part, ask, visit.requested, "Nothing waits for a person.")
    around = visit.around
    drawn = {
        "action_urls": {line.run_id: around.action_url(line.run_id) for line in part.rows} if around else {},
        "answers": {line.model: links(visit, "approvals", line.model) for line in part.rows},
    }
    data = ApprovalsData(waiting=table.listing)
    return Page("Approvals", "approvals.html", data, [("Models", visit.url())], {"waiting": table}, drawn)
