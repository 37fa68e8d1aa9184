"""64 processes promote on one model at once: each promotion is accepted once, epochs have no gap, no update is lost."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from functools import partial
from itertools import count
from random import Random
from typing import Any, TypeVar

from tests.torture.children import Reply, at_once
from tests.torture.lending import RUN
from tests.torture.outcome import Outcome, Violation, random_of
from tests.torture.worlds import World
from windvane.errors import RegistryError, RegistryLocked, RegistryUnavailable, StaleChampion
from windvane.results import Evaluation, Version
from windvane.spec import sha256_of
from windvane.stores import Stores, open_stores

T = TypeVar("T")

_PASSING = (RegistryLocked, RegistryUnavailable)

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
        [
            partial(promote_each, world, index, range(promotions), random_of(fault, seed, index))
            for index in range(processes)
        ]
    )
    found = [Violation(index, message) for index, message in judged(world, replies)]
    made = sum(len((reply.value or {}).get("accepted", [])) for reply in replies)
    if made != processes * promotions:
        found.append(Violation(0, f"{made} promotions were accepted"))
    seconds = time.monotonic() - started
    return Outcome(fault, MUST_HOLD, processes * promotions, tuple(found), seconds, refusals(replies))


def refusals(replies: list[Reply]) -> dict[str, int]:
    """Return how often which error was met, over all processes."""
    counts: Counter[str] = Counter()
    for reply in replies:
        counts.update((reply.value or {}).get("refused", {}))
    return dict(sorted(counts.items()))


def promote_each(world: World, index: int, numbers: Iterable[int], random: Random) -> dict[str, Any]:
    """Record a version for each number and promote it; return what was acknowledged.

    A promotion whose answer was lost is asked for again at the same epoch, which the registry then knows; one that was
    refused because the champion moved is asked for at the new epoch.
    """
    name = world.model.name
    run = RUN.model_copy(update={"run_id": f"process {index}"})
    accepted, refused = [], Counter[str]()
    stores = _patiently(partial(open_stores, world.registry, world.artifacts), refused, random)
    with closing(stores.registry):
        for number in numbers:
            version = _patiently(partial(_evaluated, world, stores, f"{index}.{number}"), refused, random)
            epoch = None
            for tries in count(1):
                try:
                    if epoch is None:
                        champion = stores.registry.champions.current(name)
                        epoch = champion.epoch if champion else 0
                    made = stores.registry.champions.promote(name, version.version, epoch, run, "better")
                    accepted.append((made.epoch, made.version))
                    break
                except StaleChampion as error:
                    epoch = None
                    _wait(error, refused, random, tries)
                except _PASSING as error:
                    _wait(error, refused, random, tries)
    return {"accepted": accepted, "refused": refused}


def _patiently(work: Callable[[], T], refused: Counter[str], random: Random) -> T:
    for tries in count(1):
        try:
            return work()
        except _PASSING as error:
            _wait(error, refused, random, tries)
    raise AssertionError("unreachable")


def _wait(error: RegistryError, refused: Counter[str], random: Random, tries: int) -> None:
    """Wait longer after each try, by chance: else 64 processes refuse each other's promotions all day."""
    refused[f"refused: {error.name}"] += 1
    time.sleep(random.uniform(0, min(8.0, 0.2 * 2**tries)))


def _evaluated(world: World, stores: Stores, flavour: str) -> Version:
    """Record a version like v2, with other inputs, and its evaluation."""
    name, registry = world.model.name, stores.registry
    like = registry.versions.get(name, 2)
    draft = like.model_copy(update={"fingerprint": sha256_of(flavour)})
    version = registry.versions.add(draft, RUN)
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
    digest = stores.artifacts.put(evaluation.to_json().encode())
    registry.versions.add_evaluation(name, version.version, digest, evaluation, RUN)
    return version


def judged(world: World, replies: list[Reply]) -> Iterator[tuple[int, str]]:
    """Yield what does not hold between what was acknowledged and what is recorded, with the process it concerns."""
    accepted: list[tuple[int, int]] = []
    for index, reply in enumerate(replies):
        if not reply.done:
            yield index, f"process {index} ended with {reply.error}: {reply.text}"
        accepted += [tuple(pair) for pair in (reply.value or {}).get("accepted", [])]
    with world.opened() as stores:
        promotions = stores.registry.champions.promotions(world.model.name)[::-1]
        versions = stores.registry.versions.all(world.model.name)
    made = [(promotion.epoch, promotion.version) for promotion in promotions if promotion.reason == "better"]
    if sorted(accepted) != made:
        yield 0, f"acknowledged and recorded differ in {sorted(set(accepted) ^ set(made))[:20]}"
    if len({version for _, version in made}) != len(made):
        yield 0, f"{len(made)} promotions of {len({version for _, version in made})} versions"
    if len({version.fingerprint for version in versions}) != len(versions):
        yield 0, "a version is there twice"
    if [promotion.epoch for promotion in promotions] != list(range(1, len(promotions) + 1)):
        yield 0, f"epochs are {[promotion.epoch for promotion in promotions]}"
    if [promotion.from_version for promotion in promotions] != [
        None,
        *(promotion.version for promotion in promotions[:-1]),
    ]:
        yield 0, "a move does not come from where the one before it went"
    yield from ((0, message) for message in world.verified())
