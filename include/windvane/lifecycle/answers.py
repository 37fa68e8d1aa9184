"""All declared checks of a window, each standing alone: what one cannot answer does not keep the others from it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from windvane.lifecycle.checks.case import Evidence, Work
from windvane.lifecycle.checks.saying import unknown
from windvane.lifecycle.deciding import ALWAYS, LIMITS
from windvane.lifecycle.decisions import decisions
from windvane.lifecycle.drift_sources import drift_sources
from windvane.lifecycle.possible import impossible_scores
from windvane.lifecycle.profile import profile_scores
from windvane.lifecycle.scored_rows import ScoredRows, score_array
from windvane.lifecycle.segments import segments
from windvane.lifecycle.traits import watched
from windvane.results import CheckResult, Profile
from windvane.results.reason import fitting
from windvane.spec import CHECKS, Model
from windvane.spec.limits import usual_limits

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Answers:
    """The answers to all checks.

    Args:
        checks: One result a declared check, in their order; then what explains the findings, if there are any.
        profile: The window's profile, to be kept.
        loss: The mean primary loss of the rows with outcomes.
        estimated_loss: The mean loss expected without outcomes.
        outcomes: Rows with outcomes.
    """

    checks: tuple[CheckResult, ...]
    profile: Profile
    loss: float | None = None
    estimated_loss: float | None = None
    outcomes: int = 0


def answer(evidence: Evidence, model: Model) -> Answers:
    """Answer the declared checks."""
    scored, rows = evidence.scored, evidence.rows
    known, scored_features = None, None
    if scored is not None and rows is not None and evidence.features is not None:
        places = rows.index[rows[model.key].isin(scored.rows[model.key])]
        scored_features = evidence.features.loc[places].reset_index(drop=True)
        has = (scored.rows[model.target].notna() & evidence.mature).to_numpy()
        known = ScoredRows(scored.rows[has].reset_index(drop=True), scored.scores[has].reset_index(drop=True))
    current = _profile(evidence, model, known, scored_features)
    work = Work(evidence, model, current, known, scored_features)
    asked = [name for name in model.monitor.checks if name != ALWAYS]
    if evidence.due is not None or ALWAYS in model.monitor.checks:
        asked.insert(0, ALWAYS)
    if model.monitor.limits and LIMITS not in asked:
        asked.append(LIMITS)
    found = [_answered(name, work) for name in asked]
    if LIMITS not in model.monitor.checks and model.monitor.limits == usual_limits():
        found = [item for item in found if item.check != LIMITS or item.outcome == "finding"]
    outside = impossible_scores(work) if scored is not None and evidence.reference is not None else None
    found += [item for item in (work.odd, outside) if item]
    if scored is not None and scored_features is not None and evidence.reference is not None:
        table = score_array(scored.scores, model)
        score = table.max(axis=1) if table.ndim == 2 else table
        why = drift_sources(found, scored_features, score, evidence.reference, evidence.past)
        found += [why] if why else []
    if evidence.told:
        found.append(_unmet(evidence.told))
    if evidence.uncompared:
        found.append(unknown("columns", "Some columns cannot be compared", " ".join(evidence.uncompared)))
    return Answers(tuple(found), current, work.loss, work.estimated, len(known.rows) if known else 0)


def _unmet(told: Sequence[str]) -> CheckResult:
    """Return what declared expectations of a lower severity say: a finding that alerts nobody and blocks nothing."""
    count = f"{len(told)} declared expectation{' does' if len(told) == 1 else 's do'} not hold"
    return CheckResult(check="expectations", outcome="finding", headline=fitting(count), detail="; ".join(told) + ".")


def _profile(
    evidence: Evidence, model: Model, known: ScoredRows | None, scored_features: pd.DataFrame | None
) -> Profile:
    reference, features = evidence.reference, evidence.features
    if features is None:
        return Profile(model=model.name, window=evidence.window.key, rows=0, columns={})
    times = evidence.rows[model.event_time] if evidence.rows is not None else None
    current = watched(features, times, model, evidence.window, reference)
    if evidence.scored is None or reference is None:
        return current
    update: dict[str, object] = {
        "scores": profile_scores(evidence.scored.scores, reference),
        "decisions": decisions(evidence.scored.rows, evidence.scored.scores, model),
    }
    if known is not None and scored_features is not None and len(known.rows):
        has = evidence.scored.rows[model.target].notna().to_numpy()
        features = scored_features[has].reset_index(drop=True)
        update["segments"] = segments(features, known.rows, known.scores, model, reference.columns, reference.scores)
    return current.model_copy(update=update)


def _answered(name: str, work: Work) -> CheckResult:
    kind = CHECKS.get(name)
    lacking = work.lacking(kind.needs)
    if lacking:
        return unknown(name, f"Window {work.evidence.window} {lacking}: nothing to compare")
    try:
        found: CheckResult = kind().answer(work)
    except (ArithmeticError, ValueError, np.linalg.LinAlgError) as error:
        return unknown(name, f"{kind.label} could not be answered", f"{type(error).__name__}: {error}")
    return found if found.unit else found.model_copy(update={"unit": kind.unit})
