"""Whole chains in one process: what a DAG run does task by task, for the command line, notebooks and tests."""

from __future__ import annotations

from collections.abc import Callable

from windvane.results import GateOutcome, MonitorResult, Reason, Record, Run, Scores
from windvane.spec import Model
from windvane.steps import approving, data, judging, scoring, staging, training, watching
from windvane.stores import Stores
from windvane.windows import Window

Progress = Callable[[str], None]


class TrainOutcome(Record):
    """What a training run came to."""

    model: str
    window: str
    version: int
    digest: str
    """Digest of the version's stored model."""
    snapshot: str
    decision: GateOutcome
    reasons: tuple[Reason, ...]
    champion: int | None
    """The champion after the run."""
    epoch: int
    promoted: bool


def run_train(model: Model, window: Window, stores: Stores, run: Run, progress: Progress | None = None) -> TrainOutcome:
    """Snapshot, validate, train, evaluate, gate; then promote or reject; one that needs approval waits."""
    say = progress or _silent
    say(f"taking the snapshot of {window}")
    taken = data.snapshot(model, window, stores, run)
    say(f"validating {taken.rows:,} rows")
    data.validate(model, window, taken.digest, stores, run)
    say("training")
    version = training.train(model, window, taken.digest, stores, run)
    say(f"evaluating v{version.version}")
    training.evaluate(model, version.version, stores, run)
    result = judging.gate(model, version.version, stores, run)
    say(f"the gate says {result.decision}")
    if result.decision == "promote":
        judging.settle(model, version.version, stores, run, result.expected_epoch)
    elif result.decision == "needs_approval":
        approving.ask_approval(model, version.version, stores, run)
    else:
        judging.reject(model, version.version, stores, run)
    champion = stores.registry.champions.current(model.name)
    return TrainOutcome(
        model=model.name,
        window=window.key,
        version=version.version,
        digest=version.artifact,
        snapshot=taken.digest,
        decision=result.decision,
        reasons=result.reasons,
        champion=champion.version if champion else None,
        epoch=champion.epoch if champion else 0,
        promoted=champion is not None and champion.version == version.version,
    )


def run_score(model: Model, window: Window, stores: Stores, run: Run, progress: Progress | None = None) -> Scores:
    """Snapshot, validate, score with the window's champion, publish."""
    say = progress or _silent
    say(f"taking the snapshot of {window}")
    taken = data.snapshot(model, window, stores, run)
    say(f"validating {taken.rows:,} rows")
    data.validate(model, window, taken.digest, stores, run)
    say("scoring")
    scored = scoring.score(model, window, taken.digest, stores, run)
    published = scoring.publish(model, scored, stores, run)
    if model.on_trial:
        say("scoring with the challengers")
        staging.shadow(model, window, taken.digest, stores, run)
    return published


def run_monitor(
    model: Model,
    window: Window,
    stores: Stores,
    run: Run,
    progress: Progress | None = None,
    retrain: bool = True,
    report: bool = True,
) -> MonitorResult:
    """Reopen earlier windows, collect, check, decide, report; then, unless told otherwise, run what was asked for."""
    say = progress or _silent
    for again in watching.reopen(model, window, stores, run):
        say(f"{again.window} was opened again: {again.decision}")
    say(f"collecting {window}")
    collected = watching.collect(model, window, stores, run)
    say("checking")
    checked = watching.check(model, window, collected, stores, run)
    result = watching.decide(model, window, checked.digest, stores, run)
    say(f"the monitor says {result.decision}")
    if model.on_trial:
        say("comparing the challengers")
        staging.live(model, window, stores, run)
        staging.advance(model, stores, run)
    if report:
        watching.report(model, window, collected, stores, run)
    if retrain:
        answer(model, stores, run, progress)
    return result


def answer(model: Model, stores: Stores, run: Run, progress: Progress | None = None) -> list[TrainOutcome]:
    """Run the retrains that the monitor asked for and that no run answers yet."""
    made = []
    for request in watching.pending(model, stores):
        (progress or _silent)(f"retraining on {request.window}")
        requested = run.model_copy(update={"actor": "monitor", "run_id": request.run_id, "reason": request.reason})
        made.append(run_train(model, model.cadence.window(request.window), stores, requested, progress))
        watching.started(model, request.request, stores, run)
    return made


def _silent(message: str) -> None:
    """Say nothing."""
