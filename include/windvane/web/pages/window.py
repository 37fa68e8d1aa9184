"""A window's page: what moved in it, how surely, and what followed."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from windvane.errors import InvalidWindow, WindvaneError
from windvane.results import CheckResult, MonitorResult, Profile, Published, Record
from windvane.spec import check_label
from windvane.web import charts, plots
from windvane.web.actions import links
from windvane.web.distributions import Distribution, distributions
from windvane.web.heat import ColumnMove, Heat, column_moves, heat_of
from windvane.web.page import page
from windvane.web.publications import ASKED, moment, publications_table
from windvane.web.tables import Column, Kind, Listing, Table, table_of
from windvane.web.visit import Page, Visit
from windvane.web.words import percent
from windvane.windows import Cadence

_HEAT = 12
"""Windows of the heat map, ending with this one."""

_DRAWN = 12
"""Distributions drawn at most, the ones that moved first."""


class WindowData(Record):
    """Everything on a window's page."""

    model: str
    window: str
    conclusion: MonitorResult
    promotions: Listing[ColumnMove]
    publications: Listing[Published]
    """Every publication of its scores; the current one now, or at the moment `as_of` that was asked about."""
    as_of: datetime | None
    heat: Heat
    further: dict[str, Any]
    """What a check tells besides, such as segments and attribution, by check."""
    before: str | None
    after: str | None
    report: str | None
    """Digest of Evidently's report of the window."""
    missing: tuple[str, ...]
    """Artifacts that could not be read, and why."""


@page("/models/{model}/windows/{window}", WindowData)
def build(visit: Visit, model: str, window: str) -> Page:
    """Tell what moved in a window."""
    name = visit.see(model)
    kept = visit.moment.conclusions(name, window, _HEAT)
    if not kept or kept[-1].get("window") != window:
        cause = f"{name}: window {window!r:.60} was not monitored"
        raise InvalidWindow(cause, f"choose one of the windows on the page of {name}, or monitor this one")
    result = MonitorResult.model_validate(kept[-1])
    checks = _checks(visit, result)
    promotions = _promotions(visit, kept[-1])
    drawn, missing = _distributions(visit, name, result, promotions.part.rows, visit.requested.get("column"))
    before, after = visit.moment.around(name, window)
    as_of = moment(visit.requested.get(ASKED))
    publications = publications_table(visit, name, _publications(visit, name, window, as_of))
    data = WindowData(
        model=name,
        window=window,
        conclusion=result,
        promotions=promotions.listing,
        publications=publications.listing,
        as_of=as_of,
        heat=heat_of(kept),
        further={check.check: _further(check) for check in result.checks if _further(check)},
        before=before,
        after=after,
        report=visit.moment.report(name, window),
        missing=missing,
    )
    crumbs = [("Models", visit.url()), (visit.called(name), visit.model_url(name))]
    around = visit.around
    shown = {
        "distributions": drawn,
        "backfill": {verb: around.backfill_url(name, verb, window) for verb in ("score", "monitor", "train")}
        if around
        else {},
        "commands": _commands(visit, name, window),
        "actions": links(visit, "window", name),
    }
    tables: dict[str, Table[Any]] = {"checks": checks, "publications": publications, "promotions": promotions}
    return Page(f"{window}", "window.html", data, crumbs, tables, shown)


def _publications(visit: Visit, model: str, window: str, as_of: datetime | None) -> list[Published]:
    """Return the window's publications, and which one is current, or was."""
    every = visit.moment.publications(model, window)
    current = next((item for item in every if as_of is None or item.moment <= as_of), None)
    return [Published(publication=item, current=item is current) for item in every]


def _commands(visit: Visit, model: str, key: str) -> dict[str, str]:
    """Return the command that runs the window again, by verb: Airflow dates a window's run within the window."""
    spec = visit.moment.spec(model) if visit.around else {}
    if not spec or visit.around is None:
        return {}
    try:
        window = Cadence.parse(str(spec.get("window")), str(spec.get("timezone", "UTC"))).window(key)
    except (WindvaneError, ValueError):  # of a form that this version does not know
        return {}
    begin, end = window.start, window.end - timedelta(seconds=1)
    around = visit.around
    return {verb: around.backfill_command(model, verb, begin, end) for verb in ("score", "monitor", "train")}


def _checks(visit: Visit, result: MonitorResult) -> Table[CheckResult]:
    columns = [
        Column("check", "Check", value=lambda check: check_label(check.check)),
        Column("outcome", "Answer", "state", choices=("ok", "finding", "insufficient_data")),
        Column("headline", "In words", sorts=False, filters=True, note=lambda check: check.detail),
        Column("effect", "Effect", "share", note=_interval, kind_of=_effect_kind),
    ]
    return table_of(
        "checks", "Checks", columns, result.checks, visit.requested, "No check was declared for this window."
    )


def _effect_kind(check: CheckResult) -> Kind:
    return "share" if check.unit.startswith("%") else "number"


def _interval(check: CheckResult) -> str:
    """Return what stands below an effect: its unit, and the lower end of its interval."""
    if check.effect is None:
        return ""
    low = f"surely {percent(check.low)} or more" if check.low is not None and check.unit.startswith("%") else ""
    return ", ".join(filter(None, [check.unit.removeprefix("% "), low]))


def _promotions(visit: Visit, conclusion: Mapping[str, Any]) -> Table[ColumnMove]:
    columns = [
        Column("column", "Column", filters=True),
        Column("effect", "Moved by", "share", note=_between, unit="of the rows"),
        Column("adjusted", "Corrected p", "chance"),
        Column(
            "found",
            "Counts",
            "state",
            value=lambda promotion: "finding" if promotion.found else "ok",
            choices=("finding", "ok"),
        ),
    ]
    rows = sorted(
        column_moves(conclusion), key=lambda promotion: (not promotion.found, -promotion.effect, promotion.column)
    )
    return table_of("promotions", "Columns", columns, rows, visit.requested, "No column was compared.")


def _between(promotion: ColumnMove) -> str:
    return (
        f"{percent(promotion.low)} to {percent(promotion.high)}"
        if promotion.low is not None and promotion.high is not None
        else ""
    )


def _further(check: CheckResult) -> dict[str, Any]:
    """Return what a check's details hold besides its columns."""
    return {key: value for key, value in check.details.items() if key != "columns" and value not in (None, [], {}, "")}


def _distributions(
    visit: Visit, model: str, result: MonitorResult, promotions: Sequence[ColumnMove], wanted: str
) -> tuple[list[tuple[Distribution, Any]], tuple[str, ...]]:
    """Draw the columns that moved, or the one that is wanted, at training and in this window."""
    version = visit.moment.version(model, result.version) if result.version else None
    found: list[Profile] = []
    missing: list[str] = []
    for digest in (version.profile if version else None, result.profile):
        kept, error = visit.artifact(digest)
        if kept is None:
            missing += [f"{error.name}: {error.cause}"] if isinstance(error, WindvaneError) else []
            continue
        try:
            found.append(Profile.model_validate(json.loads(kept)))
        except ValueError:
            missing.append(f"the profile {digest} is of a form that this version does not know")
    if len(found) < 2:
        return [], tuple(missing)
    names = [wanted] if wanted else ["score", *(promotion.column for promotion in promotions)]
    shown = distributions(found[0], found[1], names[:_DRAWN])
    drawn = [
        (item, _then_and_now(f"then-now-{place}", f"{item.column}: then and now", item))
        for place, item in enumerate(shown)
    ]
    return drawn, tuple(missing)


def _then_and_now(identity: str, title: str, item: Distribution) -> Any:
    """Draw a column: a number by its density over the values, a category by shares."""
    if not item.bounds:
        return charts.bars(identity, title, item.labels, item.then, item.now)
    still = charts.densities(identity, title, item.column, item.bounds, item.then_density, item.now_density)
    return plots.densities(title, still, item)
