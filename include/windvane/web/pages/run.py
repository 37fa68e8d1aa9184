"""What a DAG, a run or a task is about, for who stands on its page: model, window, what was decided, what to do."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from windvane.errors import UnknownModel
from windvane.pipeline import GRAPHS
from windvane.results import Event, ModelHealth, Publication, Record, RunState, Trouble, Version
from windvane.stores.pages import ModelLine, Query, WindowLine
from windvane.web.page import page
from windvane.web.pages.audit_log import reason
from windvane.web.pages.health import trouble_url
from windvane.web.sentences import sentence
from windvane.web.tables import Column, Table, table_of
from windvane.web.visit import Page, Visit

_VERBS = (*GRAPHS, "act")
"""What the DAGs of a family end with."""

_MOST = 50
"""Events of a run that are listed, the newest ones."""

_WINDOWS = 5
"""Windows that are listed where no run is named."""

_SKEW = timedelta(minutes=5)
"""How far the clock that dates a run's begin may be ahead of the registry's."""


class RunData(Record):
    """What is known of what a person stands on."""

    dag: str
    run: str
    """As `dag id/run id`; empty for the DAG itself."""
    task: str
    verb: str
    """What the DAG does: `train`, `score`, `monitor`, `rollback`, `act`; empty for one of no model."""
    model: ModelLine | None
    """None for a DAG of no model that this viewer may see."""
    health: ModelHealth | None
    window: str | None
    """The window that the run concerns."""
    conclusion: WindowLine | None
    """What the monitor concluded about the window last, in any run."""
    publication: Publication | None
    """The window's scores that are current."""
    version: Version | None
    """The version that the run made or judged; of a DAG, the champion is in `model`."""
    state: RunState | None
    """What is known of the run beside the registry."""
    events: tuple[Event, ...]
    """What the run recorded, the newest first."""
    windows: tuple[WindowLine, ...]
    """The newest monitored windows, where no run is named."""


@page("/run", RunData)
def build(visit: Visit) -> Page:
    """Tell what a DAG, a run or a task is about."""
    dag, run_id = visit.requested.get("dag"), visit.requested.get("run")
    name, verb = _model_of(visit, dag)
    data = _told(visit, name, dag, run_id, verb) if name else _nothing(dag, run_id, verb, _task(visit))
    tables: dict[str, Table[Any]] = {}
    if data.run and name:
        tables["events"] = _events(visit, data.events)
    drawn = {
        "called": visit.called(name) if name else "",
        "trouble_url": lambda trouble: trouble_url(visit, name, trouble),
        "troubles": _concerning(data),
        "failed": _of_the_task(data),
        "started": visit.declared[name].url if name in visit.declared else "",
    }
    return Page(dag or "Run", "run.html", data, tables=tables, drawn=drawn)


def _model_of(visit: Visit, dag: str) -> tuple[str, str]:
    """Return the model and the verb of a DAG; no model where it is of none that the viewer may see."""
    called, _, verb = dag.rpartition("_")
    if not called or verb not in _VERBS:
        return "", ""
    try:
        return visit.see(called), verb
    except UnknownModel:
        return (called, verb) if called in visit.declared else ("", "")


def _nothing(dag: str, run_id: str, verb: str, task: str) -> RunData:
    run = f"{dag}/{run_id}" if run_id else ""
    absent = dict.fromkeys(("model", "health", "window", "conclusion", "publication", "version", "state"))
    return RunData.model_validate(
        {"dag": dag, "run": run, "task": task, "verb": verb, **absent, "events": (), "windows": ()}
    )


def _told(visit: Visit, name: str, dag: str, run_id: str, verb: str) -> RunData:
    moment, registered = visit.moment, name not in visit.declared
    line = moment.line(name) if registered else ModelLine.declared(visit.declared[name])
    run = f"{dag}/{run_id}" if run_id else ""
    state = visit.around.run_state(visit.viewer, run) if run and visit.around else None
    since = state.began - _SKEW if state and state.began else None
    events = moment.of_run(name, run, since, _MOST) if run and registered else []
    window = (state.window if state else None) or _window(events)
    publications = moment.publications(name, window) if window and registered else []
    return RunData(
        dag=dag,
        run=run,
        task=_task(visit),
        verb=verb,
        model=line,
        health=visit.health([line])[name],
        window=window,
        conclusion=moment.concluded(name, window) if window and registered else None,
        publication=publications[0] if publications else None,
        version=_version(visit, name, events),
        state=state,
        events=tuple(events),
        windows=moment.windows(name, Query(limit=_WINDOWS)).rows if registered and not run else (),
    )


def _task(visit: Visit) -> str:
    """Return the task, with the number of a mapped one; a name in braces was filled by nobody."""
    task, index = visit.requested.get("task"), visit.requested.get("index")
    return f"{task} [{index}]" if index.isdecimal() else task


def _window(events: Sequence[Event]) -> str | None:
    """Return the window that a run's records name, where nothing else tells it."""
    named = {window for event in events if isinstance(window := event.payload.get("window"), str)}
    return named.pop() if len(named) == 1 else None


def _version(visit: Visit, name: str, events: Sequence[Event]) -> Version | None:
    """Return the version that a run made, judged or moved to."""
    made = ("version.", "champion.")
    number = next(
        (
            number
            for event in events
            if event.kind.startswith(made) and isinstance(number := event.payload.get("version"), int)
        ),
        None,
    )
    return visit.moment.version(name, number) if number is not None else None


def _concerning(data: RunData) -> tuple[Trouble, ...]:
    """Return the troubles of the model that are about this run or its window; of a DAG all of them."""
    troubles = data.health.troubles if data.health else ()
    if not data.run:
        return troubles
    shown = bool(data.state and data.state.failed)  # then the failure itself stands above, with its cause
    about = [one for one in troubles if one.run == data.run or (data.window and one.window == data.window)]
    return tuple(one for one in about if not (shown and one.run == data.run))


def _of_the_task(data: RunData) -> tuple[Any, ...]:
    """Return the failed tasks, the one that the person stands on first."""
    failed = data.state.failed if data.state else ()
    return tuple(sorted(failed, key=lambda one: one.task != data.task))


def _events(visit: Visit, events: Sequence[Event]) -> Table[Event]:
    columns = [
        Column("at", "When", "moment"),
        Column("what", "What", value=sentence, sorts=False, wide=True),
        Column("actor", "Who", sorts=False),
        Column("reason", "Why", value=reason, sorts=False, wide=True),
        Column("seq", "Event", "number", hidden=True),
        Column("kind", "Kind", hidden=True),
    ]
    empty = "It changed nothing of the model: no event of the audit log is this run's."
    return table_of("events", "What this run recorded", columns, events, visit.requested, empty)
