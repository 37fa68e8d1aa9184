"""SIGKILL at a random instant: whatever was being done, doing it again completes it, and nothing half was ever seen."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import partial
from random import Random
from typing import Any

from tests.torture.children import Child
from tests.torture.outcome import Outcome, tried
from tests.torture.work import WORKS
from tests.torture.worlds import Place, World, look, picture

MUST_HOLD = "re-run completes, as if never killed; no half version visible; verify clean"
_LONGEST_WAIT = 1.1
"""How far into the work a kill may fall, in lengths of the undisturbed work."""


def run(trials: Sequence[int], seed: int, place: Place, where: str) -> Outcome:
    """Kill the works in turn.

    Args:
        trials: Their numbers.
        seed: Of the instants.
        place: Where the worlds are.
        where: Its name, for the table.
    """
    works = list(WORKS)
    undisturbed: dict[str, tuple[dict[str, Any], float]] = {}

    def attempt(trial: int, random: Random, counts: Counter[str]) -> Iterator[str]:
        name = works[trial % len(works)]
        if name not in undisturbed:
            undisturbed[name] = _undisturbed(place, name)
        expected, length = undisturbed[name]
        world, length = _killed(place, trial, name, random, length, counts)
        undisturbed[name] = expected, length
        yield from (f"{name}, killed: {message}" for message in look(world).wrong)
        reply = Child(lambda: WORKS[name].act(world)).reply()
        if not reply.done:
            yield f"{name}: the re-run ended with {reply.error}: {reply.text}"
            return
        found = look(world)
        yield from (f"{name}, run again: {message}" for message in found.wrong)
        yield from differences(expected, found.picture, name)

    return tried(f"SIGKILL at a random instant of {', '.join(works)}; {where}", MUST_HOLD, trials, seed, attempt)


def differences(expected: dict[str, Any], found: dict[str, Any], name: str) -> Iterator[str]:
    """Yield the parts in which two pictures differ."""
    for part, value in expected.items():
        if found[part] != value:
            yield f"{name}: {part} are {found[part]}, and were {value} without the fault"


def _undisturbed(place: Place, name: str) -> tuple[dict[str, Any], float]:
    """Return how a work leaves its world when nobody disturbs it, and how long it takes in seconds."""
    world = WORKS[name].world(place, -1)
    child = Child(partial(WORKS[name].act, world))
    child.begun()
    started = time.monotonic()
    reply = child.reply()
    assert reply.done, reply
    return picture(world), time.monotonic() - started


def _killed(
    place: Place, trial: int, name: str, random: Random, length: float, counts: Counter[str]
) -> tuple[World, float]:
    """Return a world in which the work was killed before its end, and the shortest time in which it ever ended."""
    while True:
        world = WORKS[name].world(place, trial)
        child = Child(partial(WORKS[name].act, world))
        child.begun()
        pause = random.uniform(0, length * _LONGEST_WAIT)
        time.sleep(pause)
        child.kill()
        if child.reply().signal is not None:
            counts[f"killed during {name}"] += 1
            return world, length
        length = min(length, pause)
        counts["ended before the kill, tried again"] += 1
