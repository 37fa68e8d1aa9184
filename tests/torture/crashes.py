"""PostgreSQL stopped at once, and connections cut, while processes write: nothing that was acknowledged is lost."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

from tests.servers.cutter import Cutter
from tests.servers.postgres import PostgresServer
from tests.torture.children import Child
from tests.torture.outcome import Outcome, Violation, random_of
from tests.torture.promotions import judged, promote_each, refusals
from tests.torture.worlds import World, begin
from windvane import Model

MUST_HOLD = "nothing acknowledged is lost; everything completes exactly once; verify clean"
_WRITERS = 4


def run(trials: Sequence[int], seed: int, server: PostgresServer, folder: Path, model: Model) -> Outcome:
    """Let processes record and promote versions; stop the server and cut their connections in turn, over and over.

    Args:
        trials: As many times.
        seed: Of the moments.
        server: A durable one.
        folder: Where the artifacts are.
        model: The model.
    """
    times = len(trials)
    fault = f"PostgreSQL stopped with immediate mode, or connections cut: {times} times beside {_WRITERS} writers"
    started, random, enough = time.monotonic(), random_of(fault, seed, 0), folder / "enough"
    with Cutter(server.port) as cutter:
        world = World(server.database(port=cutter.port), str(folder / "artifacts"), model)
        begin(world)
        writers = [
            Child(partial(promote_each, world, index, _until(enough), random_of(fault, seed, index + 1)))
            for index in range(_WRITERS)
        ]
        for number in range(times):
            time.sleep(random.uniform(0.1, 0.5))
            if number % 2:
                cutter.cut()
            else:
                server.stop("immediate")
                time.sleep(random.uniform(0, 0.2))
                server.start()
        enough.touch()
        replies = [writer.reply() for writer in writers]
        found = [Violation(0, message) for _, message in judged(world, replies)]
    counts = refusals(replies)
    counts["promotions acknowledged"] = sum(len((reply.value or {}).get("accepted", [])) for reply in replies)
    return Outcome(fault, MUST_HOLD, times, tuple(found), time.monotonic() - started, counts)


def _until(enough: Path) -> Iterator[int]:
    return itertools.takewhile(lambda _: not enough.exists(), itertools.count())
