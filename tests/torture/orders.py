"""Days around a change of the clocks, backfilled in any order and side by side: the same answers as in order."""

from __future__ import annotations

import fcntl
import os
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

from tests.servers.postgres import PostgresServer
from tests.torture.children import at_once
from tests.torture.lending import RUN, spec, turning
from tests.torture.outcome import Outcome, tried
from tests.torture.worlds import Fresh, World
from windvane.pipeline import runner
from windvane.windows import Cadence, Window

MUST_HOLD = "the same champion, the same eligible versions, and for each window the same one to score it; verify clean"
WINDOWS = 24
CHANGES = {
    "Europe/Berlin": ("2020-03-29", "2020-10-25"),
    "America/New_York": ("2020-03-08", "2020-11-01"),
    "Australia/Lord_Howe": ("2020-04-05", "2020-10-04"),  # by half an hour
}
"""Days on which the clocks changed (IANA time zone database)."""


def run(
    trials: Sequence[int], seed: int, folder: Path, postgres: Callable[[], PostgresServer], windows: int = WINDOWS
) -> Outcome:
    """Backfill in random orders, every second one by two to four processes at once, on PostgreSQL.

    Args:
        trials: Numbers of the orders.
        seed: Of them.
        folder: Where the worlds are.
        postgres: Starts the server of those that run in parallel, the first time.
        windows: How many days, half of them before the change.
    """
    fault = f"{windows} windows backfilled in random orders, some in parallel, across DST in three zones"
    changes = [(zone, day) for zone, days in CHANGES.items() for day in days]
    place, known = Fresh(folder), dict[tuple[int, bool], tuple[Any, ...]]()

    def attempt(trial: int, random: Random, counts: Counter[str]) -> Iterator[str]:
        number = trial % len(changes)
        zone, changed = changes[number]
        turns = trial % 4 != 0  # of both kinds, most are of the one whose versions are often rejected
        model = (turning if turns else spec)(timezone=zone, history=2)
        days = _around(model.cadence.window(changed), model.cadence, windows)
        if (number, turns) not in known:
            known[number, turns] = _backfilled(place.world(0, model), days, 1)
        order = random.sample(days, len(days))
        processes = random.randint(2, 4) if trial % 2 else 1
        counts[f"{zone}, {'in parallel' if processes > 1 else 'one by one'}"] += 1
        counts["with rejections"] += turns
        message = f"{zone} {changed}, {processes} at once, in the order {[window.key[5:] for window in order]}"
        world = place.world(1, model)
        if processes > 1:
            world = replace(world, registry=postgres().database())
        found = _backfilled(world, order, processes)
        if found != known[number, turns]:
            yield f"{message}: {found}, and in order {known[number, turns]}"
        yield from (f"{message}: {item}" for item in world.verified())

    return tried(fault, MUST_HOLD, trials, seed, attempt)


def _around(middle: Window, cadence: Cadence, count: int) -> list[Window]:
    last = cadence.window_at(middle.start + timedelta(days=count // 2, hours=12))
    return cadence.back_from(last, count)


def _backfilled(world: World, order: list[Window], processes: int) -> tuple[Any, ...]:
    """Train every window in this order; return the champion, what is eligible, and which version scores each window."""
    if processes == 1:
        replies = at_once([lambda: _train(world, order)])
    else:
        queue = os.memfd_create("queue")
        replies = at_once([lambda: _train(world, _taken(queue, order))] * processes)
        os.close(queue)
    for reply in replies:
        assert reply.done, reply
    with world.opened() as stores:
        champion = stores.registry.champions.current(world.model.name)
        days = sorted(order)
        answers = [_scorer(world, stores, window) for window in [*days, world.model.cadence.next(days[-1])]]
        eligible = sorted(item.window for item in stores.registry.versions.all(world.model.name) if item.eligible)
    return (champion.window if champion else None), eligible, answers


def _train(world: World, order: Any) -> None:
    with world.opened() as stores:
        for window in order:
            runner.run_train(world.model, window, stores, RUN)


def _taken(queue: int, order: list[Window]) -> Iterator[Window]:
    """Yield windows that no other process took: the file's length is how many are taken."""
    while True:
        fcntl.flock(queue, fcntl.LOCK_EX)
        taken = os.fstat(queue).st_size
        if taken < len(order):
            os.ftruncate(queue, taken + 1)
        fcntl.flock(queue, fcntl.LOCK_UN)
        if taken >= len(order):
            return
        yield order[taken]


def _scorer(world: World, stores: Any, window: Window) -> str | None:
    from windvane.steps.training import may_score

    promotion = may_score(world.model, window, stores)
    return promotion.window if promotion else None
