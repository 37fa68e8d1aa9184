"""Play plans over a model's past: train, score, monitor and retrain as each would have, in stores of their own.

The registry is read for snapshots that were recorded, and nothing of it is changed.
"""

from __future__ import annotations

import contextlib
import glob
import json
import multiprocessing
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from windvane.errors import EmptyWindow, UnknownModel, WindvaneError
from windvane.results import PlayedPlan, PlayedWindow, Replay, Run
from windvane.spec import Model, Plan, Source, sha256_of
from windvane.stores import Stores
from windvane.windows import Window

if TYPE_CHECKING:
    from windvane.stores.scratch import Moment

Progress = Callable[[int, int, str], None]
"""Told how many windows are done, of how many, and what is being done."""

_ACTOR = "replay"
_UNSEEN = ("explain",)
"""Tasks that a replay leaves out: nobody opens the versions it makes, and no decision rests on them."""
_TICK = 0.5


@dataclass(frozen=True)
class _Unit:
    """One plan in one fold: what one process plays."""

    model: Model
    plan: Plan
    fold: int
    windows: tuple[Window, ...]
    scratch: Path

    @property
    def name(self) -> str:
        """A name that follows from all that decides the outcome, so that what was played is found again."""
        from windvane.stores.code import code_digest
        from windvane.stores.scratch import Scratch

        scratch = Scratch(self.scratch)
        files = {window.key: [path.name for path in scratch.kept(window.key)] for window in self.windows}
        said = {"model": self.model.digest, "code": code_digest(self.model), "files": files, "fold": self.fold}
        return sha256_of(said | {"plan": self.plan.model_dump(mode="json")}).removeprefix("sha256:")[:16]


def replay(
    model: Model,
    windows: Sequence[Window],
    plans: Sequence[Plan],
    stores: Stores,
    run: Run,
    scratch: Path,
    *,
    folds: int = 1,
    jobs: int = 1,
    fresh: bool = False,
    progress: Progress | None = None,
) -> Replay:
    """Play plans over windows, each as of the moments at which its runs would have stood.

    Fold 0 begins with the first window, fold 1 with the second, and so on: how much of a difference is luck shows in
    how far the folds are apart. What was played before in the same scratch folder is not played again.

    Args:
        model: The spec.
        windows: The windows, oldest first; the first of a fold is trained on, the others are scored.
        plans: The plans to compare.
        stores: The model's own stores; only read.
        run: Who asks, and as of when: windows whose outcomes are due later are refused.
        scratch: The replay's folder.
        folds: How many first windows to play from.
        jobs: Processes.
        fresh: Throw away what was played before.
        progress: Told what is done.

    Raises:
        StorageFailed: The scratch folder holds other files, or cannot be written.
        WindvaneError: The rows of a window cannot be used, or a plan cannot be played.
    """
    from windvane.lifecycle.replay import summarise
    from windvane.stores.scratch import Scratch

    Scratch(scratch, fresh=fresh)
    say = progress or _silent
    take(model, windows, stores, run, scratch, say)
    played_from = _on_files(model, scratch)
    units = [
        _Unit(played_from.revised(monitor=model.monitor.revised(policy=plan.policy)), plan, fold, part, scratch)
        for fold in range(folds)
        for plan in plans
        if (part := tuple(windows[fold:]))
    ]
    _play_all(units, jobs, say)
    played = tuple(PlayedPlan(plan=unit.plan.label, fold=unit.fold, windows=_played(unit)) for unit in units)
    return Replay(
        model=model.name,
        first=windows[0].key,
        last=windows[-1].key,
        metric=model.metric,
        plans=summarise(played),
        played=played,
    )


def take(
    model: Model, windows: Sequence[Window], stores: Stores, run: Run, scratch: Path, say: Progress = lambda *_: None
) -> None:
    """Copy the windows' rows, and those of the history before them, into the scratch folder.

    A snapshot that the registry recorded as mature comes first; the source is asked for the others. A window without
    rows stays empty.
    """
    from windvane.stores.scratch import Moment, Scratch

    folder, moment = Scratch(scratch), Moment()
    moment.at = run.as_of
    before = [window for window in model.history_of(windows[0]) if window.start < windows[0].start]
    wanted = [*before, *windows]
    with folder.stores("taken", moment) as apart:
        own = replace(apart, connections=stores.connections, base=stores.base)
        for number, window in enumerate(wanted):
            say(number, len(wanted), f"taking the rows of {window}")
            if not folder.taken(window.key):
                folder.keep(window.key, _parts(model, window, stores, own, run))


def _parts(model: Model, window: Window, stores: Stores, own: Stores, run: Run) -> Iterator[bytes]:
    from windvane.steps.data import refuse_immature, snapshot

    refuse_immature(model, window, run)
    recorded = None
    with contextlib.suppress(UnknownModel):
        recorded = stores.registry.snapshots.latest(model.name, window.key, mature_only=True)
    if recorded is not None and set(recorded.columns) == set(model.columns):
        yield from (stores.artifacts.get(part.digest) for part in recorded.parts)
        return
    with contextlib.suppress(EmptyWindow):
        taken = snapshot(model, window, own, run.model_copy(update={"actor": _ACTOR}))
        yield from (own.artifacts.get(part.digest) for part in taken.parts)


def _on_files(model: Model, scratch: Path) -> Model:
    """Return the spec with the scratch folder's files as its source, without people to wait for or to deliver to."""
    pattern = f"{glob.escape(str((scratch / 'data').absolute()))}/*.parquet"
    return model.revised(source=Source.parquet(pattern), gate=model.gate.revised(approval="never"), publish=())


def _play_all(units: Sequence[_Unit], jobs: int, say: Progress) -> None:
    """Play every unit, several at once where that is asked for; the first failure ends all."""
    total = sum(len(unit.windows) for unit in units)

    def message() -> None:
        say(sum(len(_played(unit)) for unit in units), total, "playing")

    if jobs == 1:
        for unit in units:
            play(unit, message)
        return
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(min(jobs, len(units)), mp_context=context) as pool:
        waiting = {pool.submit(_play_alone, *_as_text(unit)) for unit in units}
        try:
            while waiting:
                done, waiting = wait(waiting, timeout=_TICK, return_when=FIRST_COMPLETED)
                for future in done:
                    future.result()
                message()
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


def _as_text(unit: _Unit) -> tuple[str, str, int, list[str], str]:
    model, plan = unit.model.model_dump_json(), unit.plan.model_dump_json()
    return model, plan, unit.fold, [window.key for window in unit.windows], str(unit.scratch)


def _play_alone(model: str, plan: str, fold: int, keys: list[str], scratch: str) -> None:
    """Play a unit in a process of its own, which is handed plain text."""
    spec = Model(**json.loads(model))
    windows = tuple(spec.cadence.window(key) for key in keys)
    play(_Unit(spec, Plan(**json.loads(plan)), fold, windows, Path(scratch)))


def play(unit: _Unit, message: Callable[[], None] = lambda: None) -> None:
    """Play one plan over its windows, from where it was left."""
    from windvane.stores.scratch import Moment, Scratch

    scratch, moment, name = Scratch(unit.scratch), Moment(), unit.name
    with scratch.stores(name, moment) as stores:
        done = scratch.played(name)
        for position in range(len(done), len(unit.windows)):
            done.append(_play_window(unit, position, stores, moment))
            scratch.note(name, done)
            message()


def _played(unit: _Unit) -> tuple[PlayedWindow, ...]:
    from windvane.stores.scratch import Scratch

    return tuple(Scratch(unit.scratch).played(unit.name))


def _play_window(unit: _Unit, position: int, stores: Stores, moment: Moment) -> PlayedWindow:
    """Score and monitor a window, then train where the plan says so; what is refused is noted, and the play goes on."""
    from windvane.pipeline.runner import answer, run_monitor, run_score, run_train

    model, window = unit.model, unit.windows[position]
    message: dict[str, Any] = {"window": window.key}
    due = window.end + model.maturity
    try:
        scored = position > 0 and _has_champion(model, stores)
        watched = scored or (position > 0 and unit.plan.kind == "policy")  # it asks for a first champion, too
        if scored:
            run_score(model, window, stores, _stand(moment, window.end))
        if watched:
            result = run_monitor(model, window, stores, _stand(moment, due), retrain=False, report=False)
            message |= {"version": result.version, "loss": result.loss, "decision": result.decision}
            message["found"] = tuple(check.check for check in result.checks if check.outcome == "finding")
            message["probed"] = any("trained_rows" in check.details.get("probe", ()) for check in result.checks)
        run = _stand(moment, due)
        if watched and unit.plan.kind == "policy":
            made = answer(model, stores, run, without=_UNSEEN)
        else:
            due_now = not scored or unit.plan.scheduled(position)
            made = [run_train(model, window, stores, run, without=_UNSEEN)] if due_now else []
        for outcome in made:
            message |= {"trained": outcome.version, "promoted": outcome.promoted}
    except WindvaneError as error:
        message["note"] = f"{error.name}: {error.cause}"
    return PlayedWindow(**message)


def _stand(moment: Moment, at: datetime) -> Run:
    """Set the clock, and return a run that stands there."""
    moment.at = at
    return Run(actor=_ACTOR, as_of=at)


def _has_champion(model: Model, stores: Stores) -> bool:
    try:
        return stores.registry.champions.current(model.name) is not None
    except UnknownModel:  # the first window was refused
        return False


def _silent(done: int, total: int, what: str) -> None:
    """Say nothing."""
