"""64 processes promote on one model at once: each promotion is accepted once, epochs have no gap, no update is lost."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from functools import partial
from random import Random
from typing import Any

from tests.torture.children import Reply, at_once
from tests.torture.lending import RUN
from tests.torture.outcome import Outcome, Violation, random_of
from tests.torture.worlds import World
from windvane.errors import RegistryError, RegistryLocked, StaleChampion
from windvane.results import Evaluation, Version
from windvane.spec import sha256_of
from windvane.stores import Registry

MUST_HOLD = "each accepted exactly once; epochs without a gap; no update lost; verify clean"


def run(processes: int, promotions: int, seed: int, world: World, where: str) -> Outcome:
    """Let every process record versions of its own and promote each of them once.

    Args:
        processes: How many at once.
        promotions: How many each.
        seed: Of how long a process waits after it was refused.
        world: Where; its model has a champion already.
        where: Its name, for the table.
    """
    fault = f"{processes} processes × {promotions} promotions on one model; {where}"
    started = time.monotonic()

    replies = at_once(
        [partial(_promote, world, index, promotions, random_of(fault, seed, index)) for index in range(processes)]
    )
    found = [Violation(index, told) for index, told in _judged(world, replies, promotions)]
    counts: Counter[str] = Counter()
    for reply in replies:
        counts.update((reply.value or {}).get("refused", {}))
    seconds = time.monotonic() - started
    return Outcome(fault, MUST_HOLD, processes * promotions, tuple(found), seconds, dict(sorted(counts.items())))


def _promote(world: World, index: int, promotions: int, random: Random) -> dict[str, Any]:
    """Promote, looking again as often as another process was faster; return what was acknowledged."""
    name = world.model.name
    accepted, refused = [], Counter[str]()
    with world.opened() as stores:
        for count in range(promotions):
            version = _patiently(partial(_evaluated, world, stores.registry, f"{index}.{count}"), refused)
            while True:
                try:
                    champion = stores.registry.champion(name)
                    run = RUN.model_copy(update={"run_id": f"process {index}"})
                    made = stores.registry.promote(
                        name, version.version, champion.epoch if champion else 0, run, "better"
                    )
                except (StaleChampion, RegistryLocked) as error:
                    refused[f"refused: {error.name}"] += 1
                    time.sleep(random.uniform(0, 0.2))
                else:
                    accepted.append((made.epoch, made.version))
                    break
    return {"accepted": accepted, "refused": refused}


def _patiently(work: Any, refused: Counter[str]) -> Any:
    while True:
        try:
            return work()
        except RegistryLocked as error:
            refused[f"refused: {error.name}"] += 1


def _evaluated(world: World, registry: Registry, flavour: str) -> Version:
    """Record a version like v2, with other inputs, and its evaluation."""
    name = world.model.name
    like = registry.version(name, 2)
    draft = like.model_copy(update={"fingerprint": sha256_of(flavour)})
    version = registry.add_version(draft, RUN)
    evaluation = Evaluation(
        model=name,
        version=version.version,
        snapshot=version.snapshots[-1],
        holdout_start=version.trained_until,
        holdout_end=version.window_end,
        rows=90,
        metrics=(),
        baseline=(),
    )
    registry.add_evaluation(name, version.version, evaluation.sha256, evaluation, RUN)
    return version


def _judged(world: World, replies: list[Reply], promotions: int) -> Iterator[tuple[int, str]]:
    """Yield what does not hold, with the number of the process it concerns."""
    accepted: list[tuple[int, int]] = []
    for index, reply in enumerate(replies):
        if not reply.done:
            yield index, f"process {index} ended with {reply.error}: {reply.text}"
        accepted += [tuple(pair) for pair in (reply.value or {}).get("accepted", [])]
    with world.opened() as stores:
        moves = stores.registry.moves(world.model.name)[::-1]
        try:
            stores.registry.verify_trail(world.model.name)
        except RegistryError as error:
            yield 0, f"verify: {error}"
    made = [(move.epoch, move.version) for move in moves if move.reason == "better"]
    if sorted(accepted) != made:
        yield 0, f"acknowledged and recorded differ in {sorted(set(accepted) ^ set(made))[:20]}"
    if len({version for _, version in made}) != len(made) or len(made) != len(replies) * promotions:
        yield 0, f"{len(made)} promotions of {len({version for _, version in made})} versions"
    if [move.epoch for move in moves] != list(range(1, len(moves) + 1)):
        yield 0, f"epochs are {[move.epoch for move in moves]}"
    if [move.from_version for move in moves] != [None, *(move.version for move in moves[:-1])]:
        yield 0, "a move does not come from where the one before it went"
