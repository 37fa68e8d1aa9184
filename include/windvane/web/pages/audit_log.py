"""The audit log: who changed what, when and why; whether the chain holds; and from a prediction back."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from windvane.errors import AuditLogBroken, WindvaneError
from windvane.results import Event, Record, Run
from windvane.stores.pages import MOST_COUNTED
from windvane.web.page import page
from windvane.web.sentences import has_sentence, sentence
from windvane.web.tables import Column, Listing, Table
from windvane.web.visit import File, Page, Visit
from windvane.web.words import number, short

KINDS = (
    *("champion.promoted", "champion.rolled_back", "champion.reordered", "version.eligible", "version.rejected"),
    *("version.reconsidered",),
    *("automation.paused", "automation.resumed", "incident.opened", "incident.closed", "incident.notified"),
    *("version.begun", "version.built", "version.evaluated", "version.judged", "version.explained", "version.compared"),
    "version.received",
    *("retrain.requested", "retrain.started", "window.monitored", "window.reported"),
    *("scores.published", "scores.shadowed", "rollout.began", "rollout.scored", "rollout.moved"),
    *("study.begun", "study.chosen", "trial.begun", "trial.ended"),
    *("snapshot.recorded", "snapshot.validated", "model.registered", "model.changed", "model.replayed"),
)
"""What happens to models, the events that people ask for most first."""

_LINES = "jsonl"
"""The ending of the events as lines of JSON, and what a query's `export` calls them."""

_WHOLE = "every event is what was written, and none is missing"

_AGAIN = timedelta(minutes=1)
"""How soon the same verification by the same person is not kept again."""

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


class Chain(Record):
    """Whether a model's events are what was written."""

    model: str
    whole: bool
    """False when it is broken, a file is not what was written, or it is not the one that was verified."""
    headline: str
    message: str
    seq: int
    """The last event that was looked at; 0 where the chain is broken."""
    at: datetime
    """When it was looked at."""
    by: str
    """Who did."""
    kept: str = ""
    """Why this could not be kept for those who look later; empty where it was."""


class AuditLogData(Record):
    """Events, the newest first."""

    model: str | None
    events: Listing[Event]
    chain: Chain | None
    """Verified when the query asks for `verify=yes`; else what somebody verified last, here or by a command."""


@page("/audit-log", AuditLogData, tab="Audit log", order=3)
def build(visit: Visit) -> Page:
    """Tell who changed what."""
    return _events(visit, None)


@page("/models/{model}/audit-log", AuditLogData)
def build_of_model(visit: Visit, model: str) -> Page:
    """Tell who changed what about one model."""
    return _events(visit, model)


def _events(visit: Visit, model: str | None) -> Page:
    name = visit.see(model) if model is not None else None
    columns = _columns(visit, one=name is not None)
    requested = visit.requested.of("events", columns)
    bounds = {bound: f"{day}T00:00:00+00:00" for bound in ("since", "until") if (day := _day(visit, bound))}
    ask = replace(requested, filters={**requested.filters, **bounds})
    if visit.requested.export == _LINES:
        ask = replace(ask, offset=0, limit=MOST_COUNTED)
    part = visit.moment.events(ask, among=visit.among, model=name)
    table = Table("events", "Events", columns, part, ask, visit.requested, "Nothing happened yet.")
    asked_now = visit.requested.get("verify") == "yes"
    chain = _verify(visit, name) if name and asked_now else _last_verified(visit, name)
    crumbs = [("Models", visit.url()), *([(visit.called(name), visit.model_url(name))] if name else [])]
    drawn = {
        "since": visit.requested.get("events.since"),
        "until": visit.requested.get("events.until"),
        "verify_url": visit.requested.url({"verify": "yes"}) if name else "",
        "lines_url": visit.requested.url({"events.page": None, "verify": None, "export": _LINES}),
        "newest": part.rows[0].seq if part.rows and not ask.filters and not ask.offset and not ask.sort else None,
    }
    files = {_LINES: File("events", "application/x-ndjson", lambda: _lines(part.rows))}
    data = AuditLogData(model=name, events=table.listing, chain=chain)
    return Page("Audit log", "audit_log.html", data, crumbs, {"events": table}, drawn, files)


def _day(visit: Visit, bound: str) -> str:
    """Return the day that bounds the events; what is no day is no bound."""
    text = visit.requested.get(f"events.{bound}")
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return ""
    return text if _DAY.fullmatch(text) else ""


def _lines(found: Sequence[Event]) -> str:
    """Return events as JSON, one a line, each with what chains it."""
    return "".join(f"{event.model_dump_json()}\n" for event in found)


def _verify(visit: Visit, model: str) -> Chain:
    """Verify a chain now, and keep that: a page that is loaded again within a minute keeps it once."""
    audit, run = visit.stores.registry.audit, Run(actor=visit.viewer.name, as_of=visit.now)
    upto, problem, said = 0, "", _WHOLE
    try:
        upto = audit.verify(model).events
    except AuditLogBroken as error:
        problem, said = f"{error.name}: {error.cause}", f"{error.cause}: {error.remedy}"
    headline = "The chain is broken" if problem else "The chain is whole"
    chain = Chain(model=model, whole=not problem, headline=headline, message=said, seq=upto, at=visit.now, by=run.actor)
    for last in visit.moment.verifications((model,)).get(model, ())[:1]:
        again = last.holds and (last.upto, last.problem, last.actor) == (upto, problem, run.actor)
        if again and visit.now - last.at < _AGAIN:
            return chain
    try:
        audit.note_verified(model, upto, run, everything=False, problem=problem)
    except WindvaneError as error:  # who may read alone, verifies all the same
        return chain.model_copy(update={"kept": f"{error.name}: {error.cause}"})
    return chain


def _last_verified(visit: Visit, model: str | None) -> Chain | None:
    """Return what was verified last of a model, by whomever, if it still is what it was then."""
    from windvane import steps

    known = visit.moment.verifications((model,)).get(model, ()) if model else ()
    if model is None or not known:
        return None
    last, bad = known[0], steps.standing_problem(known)
    if bad is not None:
        broken = bad.problem.startswith(f"{AuditLogBroken.__name__}:")
        headline = "The chain is broken" if broken else "Something is not as it was written"
        return Chain(model=model, whole=False, headline=headline, message=bad.problem, seq=0, at=bad.at, by=bad.actor)
    if not visit.stores.registry.audit.stands(model, last.upto, last.hash):
        message = f"event {last.upto} is not the one that was verified. Verify the chain, then read the runbook"
        return Chain(
            model=model, whole=False, headline="Not verified since", message=message, seq=0, at=last.at, by=last.actor
        )
    words = f"{_WHOLE}; the files too" if last.everything else _WHOLE
    return Chain(
        model=model,
        whole=True,
        headline="The chain is whole",
        message=words,
        seq=last.upto,
        at=last.at,
        by=last.actor,
    )


def _columns(visit: Visit, *, one: bool) -> list[Column]:
    model = Column(
        "model", "Model", value=visit.called_in, href=lambda event: visit.model_url(event.model), filters=True
    )
    return [
        Column("seq", "Event", "number"),
        Column("at", "When", "moment"),
        *([] if one else [model]),
        Column(
            "what",
            "What",
            value=sentence,
            sorts=False,
            href=lambda event: _subject(visit, event),
            note=lambda event: "" if has_sentence(event) else gist(event),
            wide=True,
        ),
        Column("actor", "Who", filters=True, sorts=False, breaks=True),
        Column("reason", "Why", value=reason, sorts=False, wide=True),
        Column("run_id", "Run", sorts=False, href=lambda event: visit.run_url(event.run_id), filters=True, breaks=True),
        Column("kind", "Kind", choices=KINDS, sorts=False, folded=_raw),
        Column("gist", "Details", value=gist, sorts=False, hidden=True),
        Column("version", "Version", value=lambda event: event.payload.get("version"), hidden=True, filters=True),
        Column("window", "Window", value=lambda event: event.payload.get("window"), hidden=True, filters=True),
        Column("hash", "Hash", sorts=False, hidden=True),
    ]


def _raw(event: Event) -> str:
    """Return the event as it is kept, and what chains it to the one before."""
    kept = {"payload": event.payload, "previous": event.previous, "hash": event.hash}
    return json.dumps(kept, indent=1, ensure_ascii=False, default=str)


def gist(event: Event) -> str:
    """Return what an event's payload says in few words: its plain values, digests shortened."""
    message = []
    for name, value in event.payload.items():
        if name in ("reason", "reasons") or value is None or value == "":
            continue
        if isinstance(value, Mapping):
            message += [f"{key} {number(item)}" for key, item in list(value.items())[:3]]
        elif name == "changes" and isinstance(value, list):
            message += [str(item) for item in value]
        elif not isinstance(value, list):
            text = str(value)
            message.append(f"{name.replace('_', ' ')} {short(text) if text.startswith('sha256:') else text}")
    return ", ".join(message)


def reason(event: Event) -> str:
    """Return why, in the words of who did it."""
    given: Any = event.payload.get("reason") or event.payload.get("reasons") or ""
    return str(given[0]) if isinstance(given, list) and given else str(given or "")


def _subject(visit: Visit, event: Event) -> str:
    """Return the page of what an event concerns."""
    version, window = event.payload.get("version"), event.payload.get("window")
    if event.kind == "window.monitored" and isinstance(window, str):
        return visit.model_url(event.model, "windows", window)
    return visit.model_url(event.model, "versions", version) if isinstance(version, int) else ""
