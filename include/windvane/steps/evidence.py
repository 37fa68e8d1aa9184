"""What the monitor's checks and decisions rest on, loaded from the stores."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from statistics import median
from typing import TYPE_CHECKING, Any

from windvane.results import CheckResult, Evaluation, MonitorResult, Profile, Version
from windvane.spec import CHECKS, Model
from windvane.steps.carrying import apart, carried, common, contender
from windvane.steps.making import make_of
from windvane.steps.scoring import score_frame
from windvane.steps.training import may_score
from windvane.stores import Stores
from windvane.windows import Window

if TYPE_CHECKING:
    import pandas as pd

    from windvane.lifecycle.checks.case import Evidence
    from windvane.lifecycle.deciding import Past
    from windvane.lifecycle.scored_rows import ScoredRows
    from windvane.steps.collecting import Collected

_NEAR = 4
"""Windows before this one whose profiles tell whether something odd is in line with them."""
_EARLIER = 5
"""Most earlier champions that are tried on a window."""


def evidence(model: Model, window: Window, collected: Collected, stores: Stores) -> tuple[Evidence, Model]:
    """Return what is known about a window, and the declaration of the version that it is known of.

    Rows and the version are compared in the columns that both have.
    """
    from windvane.lifecycle.checks.case import Evidence
    from windvane.lifecycle.features import design
    from windvane.lifecycle.history import alike, idle
    from windvane.lifecycle.history import before as earlier_than
    from windvane.stores.code import resolve
    from windvane.stores.datasets import read_snapshot

    # A window that was not scored, for one because its data was refused, is still compared with what may score it.
    allowed = may_score(model, window, stores)
    number = collected.version or (allowed.version if allowed else None)
    version = stores.registry.versions.get(model.name, number) if number else None
    reference = Profile.from_json(stores.artifacts.get(version.profile)) if version else None
    rows = None
    if collected.snapshot:
        rows = read_snapshot(stores.registry.snapshots.get(model.name, collected.snapshot), stores.artifacts)
    make = make_of(model)
    uncompared: tuple[str, ...] = ()
    if version is not None:
        own = carried(model, version, stores)
        uncompared = tuple(apart(model, own.model, version, rows))
        model, make = common(own.model, rows), own.make
        make = make if model.features.make else None
    before = earlier_than(stores.registry.monitoring.results(model.name), model, window)
    scored = _scored(model, rows, collected.scores, collected.version, stores) if rows is not None else None
    needs = {need for name in model.monitor.checks for need in CHECKS.get(name).needs}
    earlier = collected.mature and "earlier" in needs
    learned = _learned_rows(version, stores) if version and "usual_rows" in needs else {}
    named = {item.metric for item in model.monitor.limits}
    known = Evidence(
        window=window,
        rows=rows,
        features=design(rows, model, make) if rows is not None else None,
        reference=reference,
        like=_like(model, window, stores) if "like" in needs else None,
        scored=scored,
        mature=collected.mature,
        usual_rows=median(learned.values()) if learned else None,
        alike=alike(before, learned, model, window) if "usual_rows" in needs else (),
        problems=collected.problems,
        empty=collected.empty,
        idle=collected.empty and idle(before, model, window),
        earlier=tuple(_together(model, window, scored, collected.version, before, stores)) if earlier else (),
        past=tuple(before),
        reference_rows=_reference_rows(model, make, version, stores) if version and "reference_rows" in needs else None,
        due=collected.due,
        uncompared=uncompared,
        told=collected.told,
        version=number,
        before=partial(_profiles, model, window, before, stores),
        evaluation=_evaluation(model, version, stores),
        own_metrics={item.label: resolve(item.path) for item in model.metrics if item.label in named},
    )
    return known, model


def _profiles(model: Model, window: Window, before: list[MonitorResult], stores: Stores) -> list[Profile]:
    """Return the profiles of the last windows that were in order, and of the same ones a year before."""
    from windvane.lifecycle.deciding import LOOKS_BACK, in_order

    sound = [item for item in before[:LOOKS_BACK] if item.profile and in_order(item, model)]
    year = {model.cadence.window_at(window.start - timedelta(days=days)).key for days in (364, 365)}
    near = sound[:_NEAR]
    chosen = [*near, *(item for item in sound[_NEAR:] if item.window in year)]
    return [Profile.from_json(stores.artifacts.get(item.profile)) for item in chosen if item.profile]


def _evaluation(model: Model, version: Version | None, stores: Stores) -> Evaluation | None:
    """Return what a version came to on its holdout, where a limit is held against it."""
    if version is None or not version.evaluation or all(item.kind != "change" for item in model.monitor.limits):
        return None
    return Evaluation.from_json(stores.artifacts.get(version.evaluation))


def past(model: Model, window: Window, stores: Stores) -> Past:
    """Return what was decided about other windows, and what became of the retrains asked for."""
    from windvane.lifecycle.history import past as concluded

    registry = stores.registry
    return concluded(
        registry.monitoring.results(model.name),
        registry.monitoring.requests(model.name),
        {item.dag_run: item.state for item in registry.versions.all(model.name)},
        registry.champions.current(model.name),
        model,
        window,
    )


def explored(
    model: Model, known: Evidence, checks: tuple[CheckResult, ...], number: int | None, stores: Stores
) -> tuple[CheckResult, ...]:
    """Return the checks, a found performance with what a retrain could learn from (see `lifecycle.recurrence`)."""
    found = next((item for item in checks if item.check == "performance" and item.outcome == "finding"), None)
    if found is None or known.scored is None or number is None:
        return checks
    from windvane.lifecycle.recurrence import fresh_start
    from windvane.stores.code import builder

    promotions = stores.registry.champions.promotions(model.name) if model.monitor.policy.propose_rollback else []
    numbers = dict.fromkeys(promotion.version for promotion in promotions if promotion.window_end <= known.window.start)
    others = [item for item in numbers if item != number][:_EARLIER]
    has = known.scored.rows[model.target].notna()
    loaded = {item: contender(model, stores.registry.versions.get(model.name, item), stores) for item in others}
    champion = contender(model, stores.registry.versions.get(model.name, number), stores)
    rows = known.scored.rows[has].reset_index(drop=True)
    more = fresh_start(rows, model, make_of(model), builder(model), champion, loaded)
    message = found.model_copy(update={"details": {**found.details, **more}})
    return tuple(message if item is found else item for item in checks)


def first_loss(model: Model, known: Evidence, loss: float | None, number: int | None, stores: Stores) -> float | None:
    """Return what the model's first champion would have lost on the same rows."""
    if known.scored is None or loss is None or number is None:
        return None
    first = stores.registry.champions.first(model.name)
    if first is None or first.version == number:
        return loss
    from windvane.lifecycle.scored_rows import mean_loss

    rows = known.scored.rows[known.scored.rows[model.target].notna()]
    version = stores.registry.versions.get(model.name, first.version)
    if contender(model, version, stores).lacks(rows):
        return None  # it needs columns that are not declared any more
    again, _ = score_frame(model, version, rows, stores)
    return mean_loss(rows, score_columns(again, model), model)


def score_columns(scores: pd.DataFrame, model: Model) -> pd.DataFrame:
    """Return the columns of a frame of scores that are scores."""
    from windvane.lifecycle.scored_rows import score_names

    return scores[score_names(scores.columns, model)]


def _scored(
    model: Model, rows: pd.DataFrame, artifact: str | None, version: int | None, stores: Stores
) -> ScoredRows | None:
    """Return the window's rows that the version's scores were published for, beside their scores."""
    from windvane.lifecycle.scored_rows import ScoredRows
    from windvane.stores.datasets import read_scores

    if not artifact:
        return None
    scores = read_scores(artifact, stores.artifacts).drop(columns=[model.event_time])
    scores = scores[scores["version"] == version]  # in a promotion in stages some rows are another's
    aligned = rows[[model.key]].merge(scores, on=model.key, how="inner", validate="1:1")
    kept = rows[rows[model.key].isin(aligned[model.key])].reset_index(drop=True)
    return ScoredRows(kept, score_columns(aligned, model))


def _together(
    model: Model,
    window: Window,
    scored: ScoredRows | None,
    number: int | None,
    before: list[MonitorResult],
    stores: Stores,
) -> list[ScoredRows]:
    """Return the unbroken run of windows before this one that the same version scored, with their outcomes."""
    from windvane.lifecycle.history import unbroken
    from windvane.lifecycle.performance import MOST_ROWS, SPANS
    from windvane.lifecycle.scored_rows import ScoredRows
    from windvane.stores.datasets import read_snapshot

    found: list[ScoredRows] = []
    left = MOST_ROWS - (len(scored.rows) if scored else MOST_ROWS)
    for item in unbroken(before[: SPANS[-1] - 1], model, window, number, left):
        rows = read_snapshot(stores.registry.snapshots.get(model.name, item.snapshot), stores.artifacts)
        judged = _scored(model, rows, item.scores, item.version, stores)
        if judged is None:
            break
        has = judged.rows[model.target].notna().to_numpy()
        found.append(ScoredRows(judged.rows[has].reset_index(drop=True), judged.scores[has].reset_index(drop=True)))
    return found


def _learned_rows(version: Version, stores: Stores) -> dict[str, int]:
    """Return the number of rows of each window that a version was trained on."""
    found = stores.registry.snapshots.get_all(version.model, version.snapshots)
    return {item.window: item.rows for item in found}


def _like(model: Model, window: Window, stores: Stores) -> Profile | None:
    """Return the profile of like windows before this one, where the spec asks for that and they are recorded."""
    from windvane.lifecycle.profile import measured_by, merged

    found: list[Profile] = []
    for key in model.like(window):
        said = stores.registry.monitoring.results(model.name, key, limit=1)
        if said and said[0].profile and said[0].decision != "alert":
            found.append(Profile.from_json(stores.artifacts.get(said[0].profile)))
    if not found:
        return None
    same = [found[0], *(measured_by(item, found[0]) for item in found[1:])]
    named = found[0].window if len(found) == 1 else f"{found[-1].window} to {found[0].window}, the same weekday"
    return merged([item.model_copy(update={"scores": {}}) for item in same], named)


def _reference_rows(model: Model, make: Any, version: Version, stores: Stores) -> Any:
    from windvane.lifecycle.features import design
    from windvane.stores.datasets import read_snapshot

    newest = read_snapshot(stores.registry.snapshots.get(model.name, version.snapshots[-1]), stores.artifacts)
    return design(newest, model, make)
