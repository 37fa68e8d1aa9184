"""A version's page: should it go live? What the gate says, how good it is beside the champion, what it was made of."""

from __future__ import annotations

import json
from typing import Any

from windvane.errors import WindvaneError
from windvane.lifecycle.overriding import overridden_by
from windvane.lifecycle.wording import elsewhere, refitted, trained_until
from windvane.results import Approval, Evaluation, Explanation, Promotion, Record, Verdict, Version
from windvane.spec import units_of
from windvane.stores.pages import ModelLine, Query
from windvane.web.actions import links, state_of
from windvane.web.barred import Bar, barred
from windvane.web.changes import Changed, changed_since
from windvane.web.fairness import fairness_of, robustness_of
from windvane.web.measured import MetricLine, SliceLine, forest, interval, metrics_table, slices_table, verdicts_table
from windvane.web.page import page
from windvane.web.pages.curves import figures
from windvane.web.standing import Standing, standing_of
from windvane.web.tables import Listing, Table
from windvane.web.visit import Page, Visit
from windvane.web.words import number, number_of

_PROMOTIONS = 200
"""Moves of the champion that are looked through for one of this version."""

_CHANGES = 15
"""Lines of what changed that are shown; the page Compare has all."""

_RESTS_ON = 12
"""Columns whose importance is drawn."""

_DRAWN = frozenset(
    {
        *("model", "version", "snapshot", "holdout_start", "holdout_end", "rows", "metrics", "baseline", "champion"),
        *("champion_metrics", "comparisons", "slices", "notes", "curves", "fairness", "robustness"),
        "backtest",
    }
)
"""Fields of an evaluation that the page has a form of its own for; it tells whatever else there is as well."""


class VersionData(Record):
    """Everything on a version's page."""

    model: ModelLine
    version: Version
    evaluation: Evaluation | None
    metrics: Listing[MetricLine]
    slices: Listing[SliceLine]
    verdicts: Listing[Verdict]
    further: dict[str, Any]
    """What its evaluation tells besides, such as fairness and robustness."""
    missing: tuple[str, ...]
    answers: tuple[Approval, ...] = ()
    """The questions to people about it, the newest first."""
    overridden: Promotion | None = None
    """The promotion by which a person overrode the gate's refusal of it."""
    standing: Standing
    changed: Changed | None = None
    """What changed since the champion; since the version it was judged beside where it is the champion itself."""
    explanation: Explanation | None = None
    """What it rests on, where that was measured."""
    scored: int = 0
    """Monitored windows that it scored."""
    scored_last: str = ""


@page("/models/{model}/versions/{number}", VersionData)
def build(visit: Visit, model: str, number: str) -> Page:
    """Tell whether a version should go live."""
    name = visit.see(model)
    line = visit.moment.line(name)
    version = visit.moment.version(name, number_of(number, name))
    raw, missing = evaluation_of(visit, version)
    evaluation = Evaluation.model_validate(raw) if raw else None
    metrics = metrics_table(visit, evaluation, name)
    slices = slices_table(visit, evaluation)
    verdicts = verdicts_table(visit, version)
    promotions = visit.moment.promotions(name, _PROMOTIONS)
    answers = tuple(visit.moment.approvals(name, version.version))
    overridden = overridden_by(version, promotions)
    explanation, unexplained = _explanation(visit, version)
    scored = visit.moment.windows(name, Query(filters={"version": str(version.version)}, limit=1))
    data = VersionData(
        model=line,
        version=version,
        evaluation=evaluation,
        metrics=metrics.listing,
        slices=slices.listing,
        verdicts=verdicts.listing,
        further={key: value for key, value in raw.items() if key not in _DRAWN and value not in (None, [], {}, "")},
        missing=(*missing, *unexplained),
        answers=answers,
        overridden=overridden,
        standing=standing_of(version, line.champion, promotions, answers, overridden),
        changed=_changed(visit, version, line.champion),
        explanation=explanation,
        scored=scored.total,
        scored_last=scored.rows[0].window if scored.rows else "",
    )
    crumbs = [("Models", visit.url()), (visit.called(name), visit.model_url(name))]
    shown = {
        "refitted": refitted(version),
        "interval": interval,
        "forest": forest(evaluation, units_of(visit.moment.spec(name))),
        "figures": figures(evaluation, line.task),
        "fairness": fairness_of(evaluation, version),
        "robustness": robustness_of(evaluation),
        "importance": _importance(explanation),
        "estimator": _estimator(visit, version),
        "run_url": visit.run_url(version.run_id),
        "log_url": visit.around.log_url(version.run_id) if visit.around else "",
        "actions": links(visit, "version", name, state_of(visit, line, version)),
        "training_windows": len(version.elsewhere.snapshots if version.elsewhere else version.snapshots),
        "trained_until": trained_until(version),
        "elsewhere": elsewhere(version),
        "most": _CHANGES,
        "sections": _sections(data),
    }
    tables: dict[str, Table[Any]] = {"verdicts": verdicts, "metrics": metrics, "slices": slices}
    return Page(f"v{version.version}", "version.html", data, crumbs, tables, shown)


def _sections(data: VersionData) -> list[tuple[str, str]]:
    """Return the sections that the page has, to go to."""
    found = data.evaluation
    every = [
        ("answers", "Questions to people", bool(data.answers)),
        ("verdicts", "Verdicts", True),
        ("changed", "What changed", data.changed is not None),
        ("made", "Estimator", True),
        ("quality", "Metrics", found is not None),
        ("fairness", "Fairness", bool(found and found.fairness)),
        ("importance", "Importance", True),
        ("curves", "Curves", bool(found and found.curves)),
        ("numbers", "All numbers", True),
        ("lineage", "Lineage", True),
    ]
    return [(section, name) for section, name, there in every if there]


def _changed(visit: Visit, version: Version, champion: int | None) -> Changed | None:
    """Return what changed since the champion; since whom it was judged beside where it is the champion itself."""
    other = champion if champion != version.version else version.beside or next(iter(version.parents), None)
    if not other or other == version.version:
        return None
    return changed_since(visit, version, visit.moment.version(version.model, other))


def _explanation(visit: Visit, version: Version) -> tuple[Explanation | None, tuple[str, ...]]:
    """Return what is kept of what a version rests on, or why it is not to be had."""
    digest = visit.moment.explanation(version.model, version.version)
    kept, error = visit.artifact(digest)
    if isinstance(error, WindvaneError):
        return None, (f"{error.name}: {error.cause}",)
    try:
        return (Explanation.from_json(kept), ()) if kept else (None, ())
    except ValueError:
        return None, (f"the explanation {digest} is of a form that this version does not know",)


def _importance(found: Explanation | None) -> tuple[str, Any] | None:
    known = [item for item in found.importance if item.increase is not None][:_RESTS_ON] if found else []
    if found is None or not known:
        return None
    bars = [Bar(item.feature, item.increase or 0.0, item.low, item.high) for item in known]
    title = f"Increase of {found.metric} when the column is shuffled"
    return title, barred("importance-chart", title, bars, f"increase of {found.metric}", number)


def _estimator(visit: Visit, version: Version) -> tuple[tuple[str, str], ...]:
    """Return the estimator that a version was trained with and its parameters, as its own declaration says."""
    kept, _ = visit.artifact(version.spec_digest)
    try:
        declared = json.loads(kept).get("estimator") if kept else None
    except ValueError:
        declared = None
    if not isinstance(declared, dict):
        return (("Estimator", "not known: its declaration is not kept"),)
    params = declared.get("params") or {}
    told = ", ".join(f"{name} = {number(value)}" for name, value in sorted(params.items()))
    return (("Estimator", str(declared.get("path", ""))), ("Parameters", told or "the estimator's own defaults"))


def evaluation_of(visit: Visit, version: Version) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Return a version's evaluation as it is kept, unknown fields too, or why it is not to be had."""
    kept, error = visit.artifact(version.evaluation)
    if isinstance(error, WindvaneError):
        return {}, (f"{error.name}: {error.cause}",)
    if kept is None:
        return {}, ()
    try:
        raw = json.loads(kept)
        Evaluation.model_validate(raw)
    except ValueError:
        return {}, (f"the evaluation {version.evaluation} is of a form that this version does not know",)
    return raw, ()
