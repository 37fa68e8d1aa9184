"""`windvane status`: is anything wrong with any model, since when, and what to do."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from windvane.cli.commanding import command
from windvane.cli.home import Home
from windvane.cli.output import Answer, Failure, line, table
from windvane.results import HealthReport

if TYPE_CHECKING:
    from windvane.stores import Stores

Some = Annotated[str | None, typer.Argument(metavar="[MODEL]", help="A model that the registry knows. Default: all.")]


@command(order=25)
def status(home: Home, model: Some = None) -> Answer:
    """Tell what is wrong with models, the worst first; the exit code is 1 when somebody must act now.

    Registry and artifacts are asked. Airflow is not: failed runs and paused DAGs are on the Models page Health.
    """
    with home.stores() as stores:
        return told(stores, model)


def told(stores: Stores, model: str | None) -> Answer:
    """Return how models are now, as a table and as a record.

    Raises:
        UnknownModel: There is no such model.
    """
    from windvane import steps

    now = datetime.now(UTC)
    found = steps.examine_all(stores, now, only=model)
    level = found[0].level if found else "good"
    data = HealthReport(level=level, at=now, airflow=False, models=tuple(found))
    if not found:
        return Answer(data, [line("no model yet; `windvane run train MODEL --window KEY` registers one")])
    rows: list[tuple[object, ...]] = []
    for one in found:
        for trouble in one.troubles:
            age = _age(now - trouble.since) if trouble.since else None
            rows.append((trouble.level, one.model, trouble.headline, age, trouble.remedy))
        if not one.troubles:
            rows.append((one.level, one.model, "nothing is wrong", None, None))
    failures = [
        Failure("Unhealthy", f"{one.model}: {trouble.headline}", trouble.remedy)
        for one in found
        for trouble in one.troubles[:1]
        if one.level == "bad"
    ]
    return Answer(data, [table(("health", "model", "what is wrong", "for", "what to do"), rows)], failures)


def _age(since: timedelta) -> str:
    """Return a length of time in its largest unit."""
    for length, unit in ((timedelta(days=1), "d"), (timedelta(hours=1), "h"), (timedelta(minutes=1), "min")):
        if since >= length:
            return f"{since // length} {unit}"
    return "now"
