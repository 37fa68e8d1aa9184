"""A monitor killed between its decision and the run it asks for: each request gets exactly one run, cooldown holds."""

from __future__ import annotations

import os
import signal
import sqlite3
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

from tests.torture.children import Child
from tests.torture.lending import RUN
from tests.torture.outcome import Outcome, Violation, random_of
from tests.torture.worlds import World
from windvane import steps
from windvane.results import CheckResult, MonitorResult, RetrainRequest
from windvane.spec import sha256_of
from windvane.stores import Stores
from windvane.windows import Window

MUST_HOLD = "exactly one run for each request; cooldown and daily cap held; verify clean"
_AT_ONCE = 4
"""Most monitors that run at the same time, each on windows of its own."""
_BATCH = 2
"""Windows a monitor goes through in one process."""
DECIDED = "decided"


class Scheduler:
    """What Airflow does for the relay: start a run under the id that it is given, once.

    Args:
        file: Where the runs are kept.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        with closing(self._open()) as connection:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("CREATE TABLE IF NOT EXISTS runs (run_id TEXT PRIMARY KEY, window TEXT, asks INTEGER)")

    def start(self, request: RetrainRequest) -> None:
        """Start a run; one that is there already is left alone, as Airflow does."""
        with closing(self._open()) as connection:
            connection.execute(
                "INSERT INTO runs VALUES (?, ?, 1) ON CONFLICT DO UPDATE SET asks = asks + 1",
                (request.run_id, request.window),
            )

    def runs(self) -> dict[str, tuple[str, int]]:
        """Return window and number of asks of each run."""
        with closing(self._open()) as connection:
            return {run: (window, asks) for run, window, asks in connection.execute("SELECT * FROM runs")}

    def _open(self) -> sqlite3.Connection:
        return sqlite3.connect(self._file, timeout=60, isolation_level=None)


def run(positives: int, kills: int, seed: int, world: World, folder: Path, where: str) -> Outcome:
    """Let monitors find drift in one window after the other, several at once, and kill them.

    Args:
        positives: How many windows drift.
        kills: How many monitors die between the decision and the mark that its run was started.
        seed: Of the instants.
        world: Where; its model has a champion.
        folder: Where the scheduler keeps its runs.
        where: The world's name, for the table.
    """
    fault = (
        f"{positives:,} drift positives, {kills} kills between decision and trigger, up to {_AT_ONCE} monitors; {where}"
    )
    started, counts = time.monotonic(), Counter[str]()
    scheduler, diary = Scheduler(folder / "runs.db"), folder / "diary"
    windows = world.model.cadence.back_from(world.model.cadence.window("2023-12-31"), positives)
    length = _length_of_relay(world, scheduler, windows[0])
    waiting = [windows[first : first + _BATCH] for first in range(0, positives, _BATCH)]
    random = random_of(fault, seed, 0)
    running: list[tuple[Child, list[Window]]] = []
    while waiting or running:
        at_once = random.choice([1, _AT_ONCE])  # alone, nobody else starts what a killed one left
        while waiting and len(running) < at_once:
            batch = waiting.pop(0)
            instant = random.uniform(0, length) if counts["killed"] < kills else None
            running.append((_monitor(world, scheduler, batch, instant, diary), batch))
        child, batch = running.pop(0)
        reply = child.reply()
        if reply.signal is not None:
            between = _last_of(diary, child.pid) == DECIDED
            counts["killed" if between else "killed after the mark"] += 1
            waiting.insert(0, batch)  # as Airflow's next try does
        elif not reply.done:
            raise RuntimeError(reply.text)
    with world.opened() as stores:
        _relay(world, stores, scheduler)
    found = [Violation(0, message) for message in _judged(world, scheduler, positives, counts)]
    if counts["killed"] < kills:
        found.append(Violation(0, f"only {counts['killed']} kills came in time"))
    return Outcome(fault, MUST_HOLD, positives, tuple(found), time.monotonic() - started, dict(counts))


def _length_of_relay(world: World, scheduler: Scheduler, window: Window) -> float:
    """Decide about a window; return how many seconds the trigger and its mark took: kills fall within them."""

    def work() -> float:
        with world.opened() as stores:
            _decide(world, stores, window)
            started = time.monotonic()
            _relay(world, stores, scheduler)
            return time.monotonic() - started

    return float(Child(work).reply().value)


def _monitor(world: World, scheduler: Scheduler, windows: list[Window], instant: float | None, diary: Path) -> Child:
    """Start a monitor; with an instant, it is killed so many seconds after its first decision to retrain."""

    def work() -> None:
        armed = instant is not None
        with world.opened() as stores:
            for window in windows:
                requested = _decide(world, stores, window) == "retrain"
                if requested and armed and instant is not None:
                    _write(diary, DECIDED)
                    threading.Timer(instant, os.kill, (os.getpid(), signal.SIGKILL)).start()
                _relay(world, stores, scheduler)
                if requested and armed:
                    _write(diary, "marked")
                    armed = False

    return Child(work)


def _last_of(diary: Path, pid: int) -> str:
    lines = [line.split() for line in diary.read_text().splitlines()]
    return [word for who, word in lines if who == str(pid)][-1]


def _write(diary: Path, word: str) -> None:
    with diary.open("a") as file:
        file.write(f"{os.getpid()} {word}\n")


def _decide(world: World, stores: Stores, window: Window) -> str:
    """Record that a window drifted, as `steps.decide` does; return what was decided."""
    model = world.model
    champion = stores.registry.champions.current(model.name)
    assert champion is not None
    digest = sha256_of(
        {"model": model.name, "window": window.key, "version": champion.version, "epoch": champion.epoch}
    )
    check = CheckResult(
        check="performance", outcome="finding", headline="A tenth of the loss is recoverable", effect=0.1
    )
    result = MonitorResult(
        model=model.name, window=window.key, decision="retrain", reasons=(check.reason,), checks=(check,), version=1
    )
    request = RetrainRequest(
        request=digest,
        model=model.name,
        window=window.key,
        window_start=window.start,
        reason=check.headline,
        created_at=RUN.as_of,
        run_id=f"retrain__{window.key}__{digest[7:15]}",
    )
    quiet = model.cadence.back_from(window, model.monitor.policy.cooldown + 1)[0].start
    message = stores.registry.monitoring.add(result, request, RUN, cooldown_since=quiet, daily_cap=10**6)
    return message.decision


def _relay(world: World, stores: Stores, scheduler: Scheduler) -> None:
    """Start what is asked for, and mark it, as the operator does."""
    for request in steps.pending(world.model, stores):
        scheduler.start(request)
        steps.started(world.model, request.request, stores, RUN)


def _judged(world: World, scheduler: Scheduler, positives: int, counts: Counter[str]) -> Iterator[str]:
    model, runs = world.model, scheduler.runs()
    with world.opened() as stores:
        requests = stores.registry.monitoring.requests(model.name)
        monitored = stores.registry.monitoring.results(model.name)
    counts["requests"], counts["runs"] = len(requests), len(runs)
    counts["asked the scheduler again"] = sum(asks - 1 for _, asks in runs.values())
    if sorted(item.run_id for item in requests) != sorted(runs):
        odd = {item.run_id for item in requests} ^ set(runs)
        yield f"runs without a request or requests without a run: {sorted(odd)[:20]}"
    if len({item.window for item in requests}) != len(requests):
        yield "a window was asked for twice"
    if any(item.started_at is None for item in requests):
        yield "a request is not marked as started"
    if len(monitored) != positives:
        yield f"{len(monitored)} of {positives} windows have a decision"
    requested = {item.request for item in monitored if item.decision == "retrain"}
    if requested != {item.request for item in requests}:
        yield "decisions and requests differ"
    starts = sorted(item.window_start for item in requests)
    quiet = timedelta(days=model.monitor.policy.cooldown)
    if any(later - earlier <= quiet for earlier, later in pairwise(starts)):
        yield "two retrains were asked for within a cooldown"
    yield from world.verified()
