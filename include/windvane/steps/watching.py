"""Steps of the monitor: collect what is known about a window, check it, decide, and hand a retrain to the outbox."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, replace
from datetime import timedelta

from windvane.errors import EmptyWindow, MissingArtifact
from windvane.results import CheckResult, MonitorResult, Notice, Record, RetrainRequest, Run
from windvane.spec import Model, sha256_of
from windvane.steps.collecting import Collected, collect, waits
from windvane.steps.data import refuse_another_model
from windvane.steps.evidence import evidence, explored, first_loss, past
from windvane.steps.going_back import with_better_version
from windvane.steps.probing import probed
from windvane.steps.starting import first_champion
from windvane.steps.witnessing import witness_daily
from windvane.stores import Stores
from windvane.windows import Window

_LOOKS = 5
"""How often a window is concluded on again while others conclude on those before it."""
_FRESH = timedelta(days=7)
"""A channel that is added, or works again, tells of no incident that is older."""


class Checked(Record):
    """The answers to all checks, and what they were computed from; `digest` names this record in the artifacts."""

    collected: Collected
    checks: tuple[CheckResult, ...]
    profile: str
    loss: float | None = None
    first_loss: float | None = None
    estimated_loss: float | None = None
    outcomes: int = 0
    past: str = ""
    """Digest of the conclusions about earlier windows that it was computed beside."""


@dataclass(frozen=True)
class CheckedRef:
    """A `Checked` record and its digest."""

    digest: str
    checked: Checked


def check(model: Model, window: Window, collected: Collected, stores: Stores, run: Run) -> CheckedRef:
    """Answer the declared checks for a window; each stands alone, and one that cannot be answered says why.

    Where there is a sign that a retrain would win something, a probe is trained and says how much.
    """
    from windvane.lifecycle.answers import answer

    past_digest = _beside(model, window, stores)
    known, own = evidence(model, window, collected, stores)
    answers = answer(known, own)
    checks = explored(model, known, answers.checks, collected.version, stores)
    checks = with_better_version(model, known, checks, collected.version, stores)
    checks = probed(model, window, known, checks, collected.snapshot, stores, run)
    checked = Checked(
        collected=collected,
        checks=checks,
        profile=stores.artifacts.put(answers.profile.to_json().encode()),
        loss=answers.loss,
        first_loss=first_loss(model, known, answers.loss, collected.version, stores),
        estimated_loss=answers.estimated_loss,
        outcomes=answers.outcomes,
        past=past_digest,
    )
    return CheckedRef(stores.artifacts.put(checked.to_json().encode()), checked)


def decide(model: Model, window: Window, checked: str, stores: Stores, run: Run) -> MonitorResult:
    """Conclude from a window's checks, and commit the decision together with the retrain it asks for.

    Scores, and conclusions about earlier windows, that came since the checks are looked at now. Later windows that were
    concluded on already are concluded on again: in whatever order windows are monitored, it ends as if it had been
    theirs.
    """
    known = Checked.from_json(stores.artifacts.get(checked))
    again, request = _conclusion(model, window, known, checked, stores, run)
    found = _commit(model, again, request, stores, run)
    said = stores.registry.monitoring.results(model.name, window.key, limit=1)[0]
    scored = found.scores is None and stores.registry.scores.current(model.name, window.key) is not None
    if scored or said.sha256 != found.sha256 or _beside(model, window, stores) != known.past:
        found = _settle(model, window, said, stores, run)
    _follow(model, window, stores, run)
    witness_daily(model.name, stores, run)
    return found


def monitor_again(model: Model, window: Window, stores: Stores, run: Run) -> list[MonitorResult]:
    """Monitor a window again that was monitored before its scores were published, and what rests on it.

    The last task of a score run: nothing happens where the monitor has not come yet, or came after the scores.
    """
    from windvane.lifecycle.reopening import without_scores
    from windvane.steps.staging import live

    found = without_scores(stores.registry.monitoring.results(model.name, window.key, limit=1))
    if not found:
        return []
    if model.on_trial:
        live(model, window, stores, run)  # the next run of the monitor moves what this decides
    again = _settle(model, window, found[0], stores, run)
    return [again, *_follow(model, window, stores, run)]


def overdue(model: Model, window: Window, stores: Stores, run: Run) -> list[MonitorResult]:
    """Conclude on newer windows whose scores were due at `run.as_of` and are not there: their own run comes too late.

    Where outcomes take long, a window is monitored long after it should have been scored. Nobody should have to wait
    for that to be told that the score run did not come, or failed.
    """
    timetable = model.timetable()
    found, later, last = [], window, model.last_window
    for _ in range(timetable["score"].run_offset - timetable["monitor"].run_offset):
        later = model.cadence.next(later)
        beyond = last is not None and later.start > last.start
        if beyond or later.end > run.as_of or model.scores_due(later) > run.as_of:
            break
        if not waits(model, later, stores) or stores.registry.monitoring.results(model.name, later.key, limit=1):
            continue
        try:
            collected = collect(model, later, stores, run)
        except EmptyWindow:
            continue
        if collected.due is not None:
            found.append(decide(model, later, check(model, later, collected, stores, run).digest, stores, run))
    return found


def _settle(model: Model, window: Window, said: MonitorResult, stores: Stores, run: Run) -> MonitorResult:
    """Conclude on a window again, until what it rests on stays as it was; return what is concluded on it now.

    Two runs that conclude on two windows at once may each miss the other's. Each looks again after it has written, so
    that one of them sees it.

    Raises:
        EmptyWindow: It has no rows any more, and nothing is missed.
    """
    from windvane.lifecycle.reopening import beside, differs, takes_back

    for _ in range(_LOOKS):
        collected = collect(model, window, stores, run).model_copy(update={"reopened": said.reopened})
        found = check(model, window, collected, stores, run)
        again, request = _conclusion(model, window, found.checked, found.digest, stores, run)
        if differs(again, said) and not takes_back(said, request):
            again = again.model_copy(update={"beside": beside(said, found.checked.past)})
            said = _commit(model, again, request, stores, run)
        if _beside(model, window, stores) == found.checked.past:
            break
    return said


def _follow(model: Model, window: Window, stores: Stores, run: Run) -> list[MonitorResult]:
    """Conclude again, in their order, on later windows whose conclusion rests on a window's; return what changed."""
    from windvane.lifecycle.reopening import followers

    found = []
    for said in followers(stores.registry.monitoring.results(model.name), model, window):
        with contextlib.suppress(EmptyWindow):
            again = _settle(model, model.cadence.window(said.window), said, stores, run)
            found += [again] if again.sha256 != said.sha256 else []
    return found


def _beside(model: Model, window: Window, stores: Stores) -> str:
    """Return the digest of the conclusions that a window's rests on, as they are now."""
    from windvane.lifecycle.history import before
    from windvane.lifecycle.reopening import digest_of

    if all(item.name != model.name for item in stores.registry.models.all()):
        return digest_of([])
    return digest_of(before(stores.registry.monitoring.results(model.name), model, window))


def _conclusion(
    model: Model, window: Window, known: Checked, checked: str, stores: Stores, run: Run
) -> tuple[MonitorResult, RetrainRequest | None]:
    """Return what a window's checks come to, and the retrain that it asks for; nothing is kept yet."""
    from windvane.lifecycle.decide import decide as conclude

    if not stores.artifacts.has(known.profile):
        cause = f"{model.name} {window}: the profile {known.profile} of its checks is not there any more"
        raise MissingArtifact(cause, "check the window again")
    concluded = conclude(
        known.checks, model, window=window, past=past(model, window, stores), mature=known.collected.mature
    )
    champion = stores.registry.champions.current(model.name)
    if champion is None and concluded.decision in ("insufficient_data", "hold") and known.collected.snapshot:
        first = first_champion(model, window, known.collected.mature, stores)
        concluded = replace(first, reasons=(*first.reasons, *concluded.reasons)) if first else concluded
    request = None
    if concluded.decision == "retrain":
        version, epoch = (champion.version, champion.epoch) if champion else (0, 0)
        request = _request(model, window, version, epoch, concluded.reasons[0].headline, run)
    result = MonitorResult(
        model=model.name,
        window=window.key,
        decision=concluded.decision,
        reasons=concluded.reasons,
        checks=known.checks,
        version=known.collected.version,
        publication=known.collected.publication,
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
    return MonitorResult.from_json(result.to_json()), request  # as it is read again, to be compared with what was


def _commit(
    model: Model, result: MonitorResult, request: RetrainRequest | None, stores: Stores, run: Run
) -> MonitorResult:
    """Keep a conclusion together with the retrain it asks for."""
    window = model.cadence.window(result.window)
    quiet = model.cadence.back_from(window, model.monitor.policy.cooldown + 1)[0].start
    return stores.registry.monitoring.add(
        result, request, run, cooldown_since=quiet, daily_cap=model.monitor.policy.daily_cap
    )


def reopen(model: Model, window: Window, stores: Stores, run: Run) -> list[MonitorResult]:
    """Look again, once, at earlier windows whose outcomes came late, and at the last one when they were corrected.

    Windows of any time that were monitored without scores are looked at again, too, once their scores are published.
    The first conclusion stays in the audit log; the new one is drawn from what is known at `run.as_of`.

    Raises:
        VersionMismatch: The model is declared as another one than it was.
    """
    from windvane.lifecycle.history import reopenable
    from windvane.lifecycle.reopening import without_scores

    refuse_another_model(model, stores)  # its keys could not even be read
    known = any(item.name == model.name for item in stores.registry.models.all())
    results = stores.registry.monitoring.results(model.name) if known else []
    found = []
    unscored = without_scores(results)
    published = stores.registry.scores.windows(model.name) if unscored else set()
    for said in unscored:
        if said.window in published:
            found += monitor_again(model, model.cadence.window(said.window), stores, run)
    results = stores.registry.monitoring.results(model.name) if found else results
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
