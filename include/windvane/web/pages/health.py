"""Health: everything that is wrong with any model, the worst first; the same as JSON for an uptime check."""

from __future__ import annotations

from windvane.results import HealthReport, Trouble
from windvane.results.health import LEVELS
from windvane.web.page import page
from windvane.web.tables import Column, Table, table_of
from windvane.web.visit import Page, Visit
from windvane.web.words import ago


class HealthData(HealthReport):
    """How all models are that the viewer may see; of those without a trouble only the number."""

    counts: dict[str, int]
    """How many models are how."""


class TroubleLine(Trouble):
    """A trouble and its model."""

    model: str


@page("/health", HealthData, tab="Health", order=1)
def build(visit: Visit) -> Page:
    """Tell what is wrong."""
    from windvane import steps

    models = visit.models()
    found = steps.worst_first(visit.health(models).values())
    lines = [TroubleLine(model=one.model, **dict(trouble)) for one in found for trouble in one.troubles]
    lines.sort(key=lambda line: LEVELS.index(line.level))
    columns = [
        Column("level", "Health", "state", choices=LEVELS[:-1], order=lambda line: LEVELS.index(line.level)),
        Column(
            "model",
            "Model",
            value=visit.called_in,
            href=lambda line: visit.about_url(line.model),
            filters=True,
            breaks=True,
        ),
        Column(
            "headline",
            "What is wrong",
            href=lambda line: trouble_url(visit, line.model, line),
            filters=True,
            wide=True,
        ),
        Column("since", "Since", "moment", note=lambda line: ago(line.since, visit.now) if line.since else ""),
        Column("remedy", "What to do first", sorts=False, note=_runbook, wide=True),
        Column("kind", "Kind", filters=True, hidden=True),
        Column("run", "Run", hidden=True),
    ]
    empty = "Nothing is wrong." if models else "No model is registered or declared: nothing was looked at."
    table = table_of("troubles", "What is wrong", columns, lines, visit.requested, empty)
    data = HealthData(
        level=found[0].level if found else "good",
        at=visit.now,
        airflow=visit.host.around is not None,
        counts={level: sum(one.level == level for one in found) for level in LEVELS},
        models=tuple(one for one in found if one.troubles),
    )
    tables: dict[str, Table[TroubleLine]] = {"troubles": table}
    return Page("Health", "health.html", data, [("Models", visit.url())], tables)


def trouble_url(visit: Visit, model: str, trouble: Trouble) -> str:
    """Return where more is told of a trouble: the log of its run, its window, its version, or its model."""
    if trouble.run and (url := visit.run_url(trouble.run)):
        return url
    if trouble.kind in ("incident", "loss_jumped", "outcomes_late") and trouble.window:
        return visit.model_url(model, "windows", trouble.window)
    if trouble.version is not None:
        return visit.model_url(model, "versions", trouble.version)
    return visit.about_url(model)


def _runbook(trouble: Trouble) -> str:
    return f"runbook: docs/runbooks/{trouble.runbook}.md" if trouble.runbook else ""
