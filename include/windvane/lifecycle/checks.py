"""All declared checks of a window, each standing alone: what one cannot answer does not keep the others from it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from windvane.lifecycle.concept import calibration_check, concept_drift_check
from windvane.lifecycle.drift import data_drift_check, prediction_drift_check
from windvane.lifecycle.drift_sources import drift_sources
from windvane.lifecycle.estimated import estimated_performance_check
from windvane.lifecycle.fairness_drift import decisions, fairness_check
from windvane.lifecycle.multivariate import multivariate_drift_check
from windvane.lifecycle.performance import performance_check
from windvane.lifecycle.profile import measured_by, profile_frame, profile_scores
from windvane.lifecycle.quality import quality_check, silence_check
from windvane.lifecycle.scored_rows import ScoredRows, score_array
from windvane.lifecycle.segments import WHOLE, segments
from windvane.results import CheckResult, MonitorResult, Profile
from windvane.spec import CheckKind, Model
from windvane.windows import Window

_NEEDS_SCORES = ("prediction_drift", "performance", "calibration", "concept_drift", "estimated_performance", "fairness")


@dataclass(frozen=True)
class Evidence:
    """What is known about a window, as of the run.

    Args:
        window: The window.
        rows: Its rows in their normal form; None when nothing could be read of them.
        features: The same rows as the estimator sees them.
        reference: The profile of the version that scored it.
        like: The profile that inputs are compared with instead, in the same bins (see `Monitor.compare_with`).
        scored: Those of the rows that were scored, and their scores in the same order.
        mature: Whether the outcomes are due.
        usual_rows: Rows of a usual window.
        problems: What the wall against bad rows refused, a sentence each.
        empty: Whether the source has no row of it.
        idle: Whether that is usual at this time of the week.
        earlier: Windows before it that the same version scored, with outcomes, the newest first.
        past: Conclusions about earlier windows, the newest first.
        reference_rows: Rows the version was trained on, as the estimator saw them; for `multivariate_drift` only.
    """

    window: Window
    rows: pd.DataFrame | None
    features: pd.DataFrame | None
    reference: Profile | None
    scored: ScoredRows | None = None
    mature: bool = False
    like: Profile | None = None
    usual_rows: float | None = None
    problems: tuple[str, ...] = ()
    empty: bool = False
    idle: bool = False
    earlier: tuple[ScoredRows, ...] = ()
    past: tuple[MonitorResult, ...] = ()
    reference_rows: pd.DataFrame | None = None


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


@dataclass
class _Work:
    evidence: Evidence
    model: Model
    current: Profile
    known: ScoredRows | None
    scored_features: pd.DataFrame | None
    loss: float | None = None
    estimated: float | None = None
    found: list[CheckResult] = field(default_factory=list)


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
    work = _Work(evidence, model, current, known, scored_features)
    for name in model.monitor.checks:
        work.found.append(_answered(name, work))
    if scored is not None and scored_features is not None and evidence.reference is not None:
        table = score_array(scored.scores, model)
        score = table.max(axis=1) if table.ndim == 2 else table
        why = drift_sources(work.found, scored_features, score, evidence.reference, evidence.past)
        work.found += [why] if why else []
    return Answers(tuple(work.found), current, work.loss, work.estimated, len(known.rows) if known else 0)


def _profile(
    evidence: Evidence, model: Model, known: ScoredRows | None, scored_features: pd.DataFrame | None
) -> Profile:
    reference, features = evidence.reference, evidence.features
    if features is None:
        return Profile(model=model.name, window=evidence.window.key, rows=0, columns={})
    current = profile_frame(features, model, evidence.window.key, reference)
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


def _answered(name: CheckKind, work: _Work) -> CheckResult:
    evidence = work.evidence
    if name == "quality" and evidence.problems and (evidence.rows is None or evidence.reference is None):
        return CheckResult(check=name, outcome="found", sentence="; ".join(evidence.problems[:3]), effect=1.0)
    if name == "quality" and evidence.empty:
        return silence_check(evidence.window, evidence.usual_rows, idle=evidence.idle)
    lacking = _lacking(name, work)
    if lacking:
        message = f"window {evidence.window} has nothing to compare: {lacking}"
        return CheckResult(check=name, outcome="insufficient_data", sentence=message)
    try:
        return _CHECKS[name](work)
    except (ArithmeticError, ValueError, np.linalg.LinAlgError) as error:
        message = f"it could not be answered: {type(error).__name__}: {error}"
        return CheckResult(check=name, outcome="insufficient_data", sentence=message)


def _lacking(name: CheckKind, work: _Work) -> str:
    evidence = work.evidence
    if evidence.empty:
        return "it has no rows"
    if evidence.rows is None or evidence.features is None:
        return "none of its rows could be read"
    if evidence.reference is None:
        return "no version may score it"
    if evidence.scored is None and name in _NEEDS_SCORES:
        return "nothing was scored in it"
    return ""


def _quality(work: _Work) -> CheckResult:
    evidence = work.evidence
    assert evidence.rows is not None and evidence.reference is not None
    return quality_check(
        evidence.rows,
        evidence.reference,
        work.current,
        work.model,
        window=evidence.window,
        usual_rows=evidence.usual_rows,
        problems=evidence.problems,
    )


def _data_drift(work: _Work) -> CheckResult:
    reference, like = work.evidence.reference, work.evidence.like
    assert reference is not None
    return data_drift_check(measured_by(like, reference) if like else reference, work.current, work.model)


def _performance(work: _Work) -> CheckResult:
    known, evidence, model = work.known, work.evidence, work.model
    assert known is not None and evidence.scored is not None
    share = len(known.rows) / max(1, len(evidence.scored.rows))
    if evidence.mature and share < 1 - model.max_missing_outcomes:
        message = (
            f"{len(known.rows):,} of {len(evidence.scored.rows):,} outcomes are known, fewer than "
            f"{100 * (1 - model.max_missing_outcomes):.0f} %; the window is opened again when they come"
        )
        return CheckResult(check="performance", outcome="insufficient_data", sentence=message)
    whole = next(iter(evidence.reference.segments.get(WHOLE, ())), None) if evidence.reference else None
    result, work.loss = performance_check(
        known.rows, known.scores, model, earlier=evidence.earlier if evidence.mature else (), reference=whole
    )
    return result


def _estimated(work: _Work) -> CheckResult:
    evidence = work.evidence
    assert evidence.scored is not None and evidence.reference is not None and work.scored_features is not None
    result, work.estimated = estimated_performance_check(
        work.scored_features, evidence.scored.scores, evidence.reference, work.model, evidence.past
    )
    return result


def _multivariate(work: _Work) -> CheckResult:
    then, now = work.evidence.reference_rows, work.evidence.features
    if then is None or now is None:
        message = "the rows the version was trained on cannot be read"
        return CheckResult(check="multivariate_drift", outcome="insufficient_data", sentence=message)
    return multivariate_drift_check(then, now, work.model)


def _of_profiles(check: Callable[[Profile, Profile, Model], CheckResult]) -> Callable[[_Work], CheckResult]:
    def answered(work: _Work) -> CheckResult:
        assert work.evidence.reference is not None
        return check(work.evidence.reference, work.current, work.model)

    return answered


_CHECKS: dict[CheckKind, Callable[[_Work], CheckResult]] = {
    "quality": _quality,
    "data_drift": _data_drift,
    "prediction_drift": _of_profiles(prediction_drift_check),
    "performance": _performance,
    "calibration": _of_profiles(calibration_check),
    "concept_drift": _of_profiles(concept_drift_check),
    "estimated_performance": _estimated,
    "fairness": _of_profiles(fairness_check),
    "multivariate_drift": _multivariate,
}
