"""An attempt that was thought dead wakes up after its successor is done: the store refuses whatever it still writes."""

from __future__ import annotations

import os
import signal
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from random import Random
from typing import Any

from tests.torture.children import Child
from tests.torture.lending import RUN, day
from tests.torture.outcome import Outcome, tried
from tests.torture.worlds import Place, World, picture
from windvane import steps
from windvane.results import Run

MUST_HOLD = "refused by the store with StaleAttempt; nothing changed by it; verify clean"
_WORK = RUN.model_copy(update={"work": "loans_train/scheduled__1/train"})


def run(trials: Sequence[int], seed: int, place: Place, where: str) -> Outcome:
    """Stop an attempt before each of its steps in turn, let the next attempt do all of them, and wake the first.

    Args:
        trials: Their numbers.
        seed: Unused: nothing is random.
        place: Where the worlds are.
        where: Its name, for the table.
    """

    def attempt(trial: int, random: Random, counts: Counter[str]) -> Iterator[str]:
        world = place.world(trial)
        stops = trial % len(_STEPS)
        first = Child(partial(_attempt, world, 1, stops))
        _, status = os.waitpid(first.pid, os.WUNTRACED)
        if not os.WIFSTOPPED(status):
            yield "the first attempt ended before it was stopped"
            return
        second = Child(partial(_attempt, world, 2, None)).reply()
        if not second.done:
            yield f"the second attempt ended with {second.error}: {second.text}"
        done = picture(world)
        first.kill(signal.SIGCONT)
        reply = first.reply()
        counts[f"woke up before {list(_STEPS)[stops]}: {reply.error or 'not refused'}"] += 1
        if reply.error != "StaleAttempt":
            yield f"the first attempt, stopped before {list(_STEPS)[stops]}, ended with {reply}"
        if picture(world) != done:
            yield f"the first attempt changed the registry after it woke up before {list(_STEPS)[stops]}"
        yield from world.verified()

    return tried(f"a stale attempt waking up after its successor; {where}", MUST_HOLD, trials, seed, attempt)


class _Training:
    """A training in its steps, each with what the one before it found."""

    def __init__(self, world: World, stores: Any, run: Run) -> None:
        self.model, self.window, self.stores, self.run = world.model, day(world.model, 3), stores, run
        self.snapshot, self.number, self.epoch = "", 0, 0


def _snapshot(one: _Training) -> None:
    one.snapshot = steps.snapshot(one.model, one.window, one.stores, one.run).digest


def _validate(one: _Training) -> None:
    steps.validate(one.model, one.window, one.snapshot, one.stores, one.run)


def _train(one: _Training) -> None:
    one.number = steps.train(one.model, one.window, one.snapshot, one.stores, one.run).version


def _evaluate(one: _Training) -> None:
    steps.evaluate(one.model, one.number, one.stores, one.run)


def _promote(one: _Training) -> None:
    judged = steps.gate(one.model, one.number, one.stores, one.run)
    steps.promote(one.model, one.number, one.stores, one.run, expected_epoch=judged.expected_epoch)


_STEPS: dict[str, Callable[[_Training], None]] = {
    "the snapshot": _snapshot,
    "the validation": _validate,
    "the training": _train,
    "the evaluation": _evaluate,
    "the promotion": _promote,
}


def _attempt(world: World, number: int, stops: int | None) -> None:
    """Train as one attempt at the work; stop this process before a step, and go on when it is woken."""
    with world.opened() as stores:
        held = stores.registry.audit.take_fence(_WORK.model_copy(update={"attempt": number}))
        one = _Training(world, stores, held)
        for index, step in enumerate(_STEPS.values()):
            if index == stops:
                os.kill(os.getpid(), signal.SIGSTOP)
            step(one)
