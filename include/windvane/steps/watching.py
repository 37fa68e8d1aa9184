"""Steps of the monitor: collect what is known about a window, check it, decide, and hand a retrain to the outbox."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING, Any

from windvane.results import CheckResult, MonitorResult, Profile, Record, RetrainRequest, Run, Version
from windvane.spec import Model, sha256_of
from windvane.steps.data import is_mature, snapshot
from windvane.steps.scoring import score_frame
from windvane.stores import Stores
from windvane.windows import Window

if TYPE_CHECKING:
    import pandas as pd


class Collected(Record):
    """What is there to check: the window's rows with the outcomes known now, and the scores published for it."""

    snapshot: str
    scores: str | None = None
    version: int | None = None
    mature: bool


class Checked(Record):
    """The answers to all checks, and what they were computed from; `digest` names this record in the artifacts."""

    collected: Collected
    checks: tuple[CheckResult, ...]
    profile: str
    loss: float | None = None
    first_loss: float | None = None


@dataclass(frozen=True)
class CheckedRef:
    """A `Checked` record and its digest."""

    digest: str
    checked: Checked


@dataclass(frozen=True)
class _Scored:
    """Rows of a window, and their scores in the same order (frames: pandas is not imported here)."""

    rows: Any
    scores: Any


def collect(model: Model, window: Window, stores: Stores, run: Run) -> Collected:
    """Take a fresh snapshot with the outcomes known at `run.as_of`, and find the window's published scores."""
    taken = snapshot(model, window, stores, run)
    scores = stores.registry.scores(model.name, window.key)
    return Collected(
        snapshot=taken.digest,
        scores=scores.artifact if scores else None,
        version=scores.version if scores else None,
        mature=is_mature(model, window, run),
    )


def check(model: Model, window: Window, collected: Collected, stores: Stores, run: Run) -> CheckedRef:
    """Answer the declared checks for a window; each stands alone, and one that cannot be answered says why."""
    from windvane.lifecycle.features import design
    from windvane.lifecycle.profile import profile_frame, profile_scores
    from windvane.steps.training import make_of, may_score
    from windvane.stores.datasets import read_snapshot

    frame = read_snapshot(stores.registry.snapshot(model.name, collected.snapshot), stores.artifacts)
    # A window that was not scored, for one because its data was refused, is still compared with what may score it.
    allowed = may_score(model, window, stores)
    number = collected.version or (allowed.version if allowed else None)
    version = stores.registry.version(model.name, number) if number else None
    reference = _profile_of(version, stores) if version else None
    current = profile_frame(design(frame, model, make_of(model)), model, window.key, reference)
    scored = _scored(model, frame, collected, stores)
    if scored:
        current = current.model_copy(update={"scores": profile_scores(scored.scores, reference)})
    usual = _usual_rows(version, stores) if version else None
    results, loss = _answers(model, window, collected, frame, scored, reference, current, usual)
    checked = Checked(
        collected=collected,
        checks=tuple(results),
        profile=stores.artifacts.put(current.to_json().encode()),
        loss=loss,
        first_loss=_first_loss(model, scored, loss, version, stores),
    )
    return CheckedRef(stores.artifacts.put(checked.to_json().encode()), checked)


def decide(model: Model, window: Window, digest: str, stores: Stores, run: Run) -> MonitorResult:
    """Conclude from a window's checks, and commit the decision together with the retrain it asks for."""
    from windvane.lifecycle.decide import decide as conclude

    checked = Checked.from_json(stores.artifacts.get(digest))
    earlier = [item for item in stores.registry.requests(model.name) if item.window != window.key]
    decision, reasons = conclude(
        checked.checks,
        model,
        window=window,
        last_retrain=max((item.window_start for item in earlier), default=None),
        mature=checked.collected.mature,
    )
    champion = stores.registry.champion(model.name)
    request = None
    if decision == "retrain" and champion is not None:
        request = _request(model, window, champion.version, champion.epoch, reasons[0], run)
    result = MonitorResult(
        model=model.name,
        window=window.key,
        decision=decision,
        reasons=reasons,
        checks=checked.checks,
        version=checked.collected.version,
        loss=checked.loss,
        first_loss=checked.first_loss,
        snapshot=checked.collected.snapshot,
        scores=checked.collected.scores,
        profile=checked.profile,
        request=request.request if request else None,
    )
    quiet = model.cadence.back_from(window, model.monitor.policy.cooldown + 1)[0].start
    return stores.registry.add_monitoring(
        result, request, run, cooldown_since=quiet, daily_cap=model.monitor.policy.daily_cap
    )


def report(model: Model, window: Window, collected: Collected, stores: Stores, run: Run) -> str:
    """Keep an Evidently report of the window beside the version's newest training window; return its digest."""
    from windvane.lifecycle.features import design
    from windvane.lifecycle.report import evidently_report
    from windvane.steps.training import make_of
    from windvane.stores.datasets import read_snapshot

    version = stores.registry.version(model.name, collected.version) if collected.version else None
    then = stores.registry.snapshot(model.name, version.snapshots[-1] if version else collected.snapshot)
    now = stores.registry.snapshot(model.name, collected.snapshot)
    frames = [design(read_snapshot(item, stores.artifacts), model, make_of(model)) for item in (then, now)]
    return stores.artifacts.put(evidently_report(frames[0], frames[1], model, window, model.seed))


def pending(model: Model, stores: Stores) -> list[RetrainRequest]:
    """Return the retrain requests that no run answers yet, oldest first."""
    return stores.registry.requests(model.name, pending_only=True)


def started(model: Model, request: str, stores: Stores, run: Run) -> None:
    """Mark a request as answered by its run; doing so again changes nothing."""
    stores.registry.mark_started(request, run)


def _answers(
    model: Model,
    window: Window,
    collected: Collected,
    frame: pd.DataFrame,
    scored: _Scored | None,
    reference: Profile | None,
    current: Profile,
    usual_rows: float | None,
) -> tuple[list[CheckResult], float | None]:
    from windvane.lifecycle.drift import data_drift_check, prediction_drift_check
    from windvane.lifecycle.performance import performance_check
    from windvane.lifecycle.quality import quality_check

    found: list[CheckResult] = []
    loss = None
    for name in model.monitor.checks:
        if reference is None or (scored is None and name in ("prediction_drift", "performance")):
            missing = "no version may score it" if reference is None else "nothing was scored in it"
            told = f"window {window} has nothing to compare: {missing}"
            found.append(CheckResult(check=name, outcome="insufficient_data", sentence=told))
        elif name == "quality":
            found.append(quality_check(frame, reference, current, model, usual_rows=usual_rows))
        elif name == "data_drift":
            found.append(data_drift_check(reference, current, model))
        elif name == "prediction_drift":
            found.append(prediction_drift_check(reference, current, model))
        elif scored is not None:
            known = scored.rows[model.target].notna() & collected.mature
            result, loss = performance_check(scored.rows[known], scored.scores[known], model)
            found.append(result)
    return found, loss


def _profile_of(version: Version, stores: Stores) -> Profile:
    return Profile.from_json(stores.artifacts.get(version.profile))


def _scored(model: Model, frame: pd.DataFrame, collected: Collected, stores: Stores) -> _Scored | None:
    """Return the window's rows that scores were published for, beside their scores."""
    from windvane.stores.datasets import read_scores

    if not collected.scores:
        return None
    scores = read_scores(collected.scores, stores.artifacts).drop(columns=[model.event_time])
    scores = scores[scores["version"] == collected.version]  # in a promotion in stages some rows are another's
    aligned = frame[[model.key]].merge(scores, on=model.key, how="inner", validate="1:1")
    rows = frame[frame[model.key].isin(aligned[model.key])].reset_index(drop=True)
    return _Scored(rows, _score_columns(aligned))


def _score_columns(scores: pd.DataFrame) -> pd.DataFrame:
    return scores[[name for name in scores.columns if name == "score" or name.startswith("score_")]]


def _usual_rows(version: Version, stores: Stores) -> float:
    """Return the median number of rows of the windows a version was trained on."""
    return median(stores.registry.snapshot(version.model, digest).rows for digest in version.snapshots)


def _first_loss(
    model: Model,
    scored: _Scored | None,
    loss: float | None,
    version: Version | None,
    stores: Stores,
) -> float | None:
    """Return what the model's first champion would have lost on the same rows."""
    if scored is None or loss is None or version is None:
        return None
    first = stores.registry.first_champion(model.name)
    if first is None or first.version == version.version:
        return loss
    from windvane.lifecycle.performance import mean_loss

    rows = scored.rows[scored.rows[model.target].notna()]
    again, _ = score_frame(model, stores.registry.version(model.name, first.version), rows, stores)
    return mean_loss(rows, _score_columns(again), model)


def _request(model: Model, window: Window, version: int, epoch: int, reason: str, run: Run) -> RetrainRequest:
    """Return the request this decision makes; its id and run id follow from model, window, champion and epoch."""
    digest = sha256_of({"model": model.name, "window": window.key, "version": version, "epoch": epoch})
    return RetrainRequest(
        request=digest,
        model=model.name,
        window=window.key,
        window_start=window.start,
        reason=reason,
        created_at=run.as_of,
        run_id=f"retrain__{run_key(window)}__{digest.removeprefix('sha256:')[:8]}",
    )


def run_key(window: Window) -> str:
    """Return a window's key as it may stand in an Airflow run id (colons are fine there, kept as they are)."""
    return window.key


def explain(result: MonitorResult) -> dict[str, Any]:
    """Return a monitored window as plain data, without the checks' details."""
    return result.model_dump(mode="json", exclude={"checks"})
