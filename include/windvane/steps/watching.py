"""Steps of the monitor: collect what is known about a window, check it, decide, and hand a retrain to the outbox."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from windvane.errors import DataError, EmptyWindow, ExpectationsFailed, MissingArtifact, SourceFailed
from windvane.results import CheckResult, MonitorResult, Notice, Record, RetrainRequest, Run
from windvane.spec import Model, sha256_of
from windvane.steps.data import is_mature, refuse_unusable, snapshot, validate
from windvane.steps.evidence import evidence, explored, first_loss, past
from windvane.steps.training import may_score
from windvane.stores import Stores
from windvane.windows import Window

_FRESH = timedelta(days=7)
"""A channel that is added, or works again, tells of no incident that is older."""


class Collected(Record):
    """What is there to check: the window's rows with the outcomes known now, and the scores published for it."""

    snapshot: str
    """Empty when not even event times and keys could be read."""
    scores: str | None = None
    version: int | None = None
    mature: bool
    problems: tuple[str, ...] = ()
    """What the input checks refused; the rows that are left are only watched."""
    reopened: bool = False
    empty: bool = False
    """True when the source has no row of the window."""


class Checked(Record):
    """The answers to all checks, and what they were computed from; `digest` names this record in the artifacts."""

    collected: Collected
    checks: tuple[CheckResult, ...]
    profile: str
    loss: float | None = None
    first_loss: float | None = None
    estimated_loss: float | None = None
    outcomes: int = 0


@dataclass(frozen=True)
class CheckedRef:
    """A `Checked` record and its digest."""

    digest: str
    checked: Checked


def collect(model: Model, window: Window, stores: Stores, run: Run) -> Collected:
    """Take a fresh snapshot with the outcomes known at `run.as_of`, and find the window's published scores.

    Rows that the input checks refuse are watched as far as they can be read, and never recorded as fit to learn from.
    So are those that the declared expectations do not hold for. A window without rows is a finding, once there is a
    version that would have scored it.

    Raises:
        EmptyWindow: It has no rows, and nothing is missed: no version may score it.
        SourceFailed: The source cannot be read.
    """
    problems: tuple[str, ...] = ()
    try:
        taken = snapshot(model, window, stores, run)
        digest, known = taken.digest, taken.outcomes / max(1, taken.rows)
        problems = _unexpected(model, window, digest, stores, run)
    except EmptyWindow:
        missed = any(item.name == model.name for item in stores.registry.models.all()) and may_score(
            model, window, stores
        )
        if not missed:
            raise
        return Collected(snapshot="", mature=is_mature(model, window, run), empty=True)
    except SourceFailed:
        raise
    except DataError:
        digest, problems = _coerced(model, window, stores, run)
        known = 0.0
    scores = stores.registry.scores.current(model.name, window.key)
    enough = model.monitor.mature_share
    return Collected(
        snapshot=digest,
        scores=scores.artifact if scores else None,
        version=scores.version if scores else None,
        mature=is_mature(model, window, run) or (enough is not None and known >= enough),
        problems=problems,
    )


def _unexpected(model: Model, window: Window, digest: str, stores: Stores, run: Run) -> tuple[str, ...]:
    """Return which declared expectations a snapshot fails; those that every model has belong to the input checks."""
    if not model.expect:
        return ()
    try:
        validate(model, window, digest, stores, run)
    except ExpectationsFailed as error:
        return (error.cause.removeprefix(f"{model.name} {window.key}: "),)
    return ()


def check(model: Model, window: Window, collected: Collected, stores: Stores, run: Run) -> CheckedRef:
    """Answer the declared checks for a window; each stands alone, and one that cannot be answered says why."""
    from windvane.lifecycle.answers import answer

    known = evidence(model, window, collected, stores)
    answers = answer(known, model)
    checks = explored(model, known, answers.checks, collected.version, stores)
    checked = Checked(
        collected=collected,
        checks=checks,
        profile=stores.artifacts.put(answers.profile.to_json().encode()),
        loss=answers.loss,
        first_loss=first_loss(model, known, answers.loss, collected.version, stores),
        estimated_loss=answers.estimated_loss,
        outcomes=answers.outcomes,
    )
    return CheckedRef(stores.artifacts.put(checked.to_json().encode()), checked)


def decide(model: Model, window: Window, checked: str, stores: Stores, run: Run) -> MonitorResult:
    """Conclude from a window's checks, and commit the decision together with the retrain it asks for."""
    from windvane.lifecycle.decide import decide as conclude

    known = Checked.from_json(stores.artifacts.get(checked))
    if not stores.artifacts.has(known.profile):
        cause = f"{model.name} {window}: the profile {known.profile} of its checks is not there any more"
        raise MissingArtifact(cause, "check the window again")
    concluded = conclude(
        known.checks, model, window=window, past=past(model, window, stores), mature=known.collected.mature
    )
    champion = stores.registry.champions.current(model.name)
    request = None
    if concluded.decision == "retrain" and champion is not None:
        request = _request(model, window, champion.version, champion.epoch, concluded.reasons[0].headline, run)
    result = MonitorResult(
        model=model.name,
        window=window.key,
        decision=concluded.decision,
        reasons=concluded.reasons,
        checks=known.checks,
        version=known.collected.version,
        loss=known.loss,
        first_loss=known.first_loss,
        estimated_loss=known.estimated_loss,
        outcomes=known.outcomes,
        notices=concluded.notices,
        reopened=known.collected.reopened,
        snapshot=known.collected.snapshot,
        scores=known.collected.scores,
        profile=known.profile,
        request=request.request if request else None,
        history=concluded.history,
    )
    quiet = model.cadence.back_from(window, model.monitor.policy.cooldown + 1)[0].start
    return stores.registry.monitoring.add(
        result, request, run, cooldown_since=quiet, daily_cap=model.monitor.policy.daily_cap
    )


def reopen(model: Model, window: Window, stores: Stores, run: Run) -> list[MonitorResult]:
    """Look again, once, at earlier windows whose outcomes came late, and at the last one when they were corrected.

    The first conclusion stays in the audit log; the new one is drawn from what is known at `run.as_of`.
    """
    from windvane.lifecycle.history import reopenable

    found = []
    known = any(item.name == model.name for item in stores.registry.models.all())
    results = stores.registry.monitoring.results(model.name) if known else []
    for said in reopenable(results, model, window):
        earlier = model.cadence.window(said.window)
        collected = collect(model, earlier, stores, run)
        if not collected.mature or collected.problems or not _news(said, collected, model, stores):
            continue
        again = collected.model_copy(update={"reopened": True})
        found.append(decide(model, earlier, check(model, earlier, again, stores, run).digest, stores, run))
    return found


def _news(said: MonitorResult, collected: Collected, model: Model, stores: Stores) -> bool:
    """True when enough outcomes are known now, and they are not those that were known then."""
    now = stores.registry.snapshots.get(model.name, collected.snapshot)
    complete = now.outcomes >= (1 - model.max_missing_outcomes) * now.rows
    return complete and collected.snapshot != said.snapshot


def _coerced(model: Model, window: Window, stores: Stores, run: Run) -> tuple[str, tuple[str, ...]]:
    """Keep what can be read of refused rows as a snapshot that nothing learns from; return its digest, and why."""
    from windvane.lifecycle.coerce import coerce
    from windvane.stores.datasets import read_source, write_snapshot

    refuse_unusable(model, window, run)
    frame, problems = coerce(read_source(model, window, connections=stores.connections), model, window)
    stores.registry.models.register(model.name, model.digest, model.model_dump(mode="json"), run)
    if frame is None:
        return "", problems
    taken = write_snapshot(frame, model, window, stores.artifacts)
    stores.registry.snapshots.add(taken, False, run)
    return taken.digest, problems


def report(model: Model, window: Window, collected: Collected, stores: Stores, run: Run) -> str:
    """Keep an Evidently report of the window beside the version's newest training window; return its digest.

    The audit log notes it, so that people find it, and no sweep takes it.
    """
    message = "The window has no rows." if collected.empty else "None of the window's rows could be read."
    page = f"<p>{message}</p>".encode()
    if collected.snapshot:
        page = _page(model, window, collected, stores)
    digest = stores.artifacts.put(page)
    stores.registry.monitoring.add_report(model.name, window.key, digest, run)
    return digest


def _page(model: Model, window: Window, collected: Collected, stores: Stores) -> bytes:
    from windvane.lifecycle.features import design
    from windvane.lifecycle.report import evidently_report
    from windvane.steps.training import make_of
    from windvane.stores.datasets import read_snapshot

    version = stores.registry.versions.get(model.name, collected.version) if collected.version else None
    then = stores.registry.snapshots.get(model.name, version.snapshots[-1] if version else collected.snapshot)
    now = stores.registry.snapshots.get(model.name, collected.snapshot)
    frames = [design(read_snapshot(item, stores.artifacts), model, make_of(model)) for item in (then, now)]
    return evidently_report(frames[0], frames[1], model, window, model.seed)


def pending(model: Model, stores: Stores) -> list[RetrainRequest]:
    """Return the retrain requests that no run answers yet, oldest first."""
    return stores.registry.monitoring.requests(model.name, pending_only=True)


def notices(model: Model, channel: str, stores: Stores, run: Run) -> list[Notice]:
    """Return what a channel has yet to tell people about incidents of the last week."""
    return stores.registry.monitoring.notices(model.name, channel, run.as_of - _FRESH)


def message(notice: Notice, channel: str, stores: Stores, run: Run) -> None:
    """Note that a channel notified people; doing so again changes nothing."""
    stores.registry.monitoring.mark_notified(notice, channel, run)


def started(model: Model, request: str, stores: Stores, run: Run) -> None:
    """Mark a request as answered by its run; doing so again changes nothing."""
    stores.registry.monitoring.mark_started(request, run)


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
        run_id=f"retrain__{window.key}__{digest.removeprefix('sha256:')[:8]}",
    )
