"""What is interrupted: the steps that change something, each on a world in which it has something to do."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from tests.torture.lending import RUN, day
from tests.torture.worlds import World
from windvane import steps


def train(world: World) -> None:
    """Run the whole chain of a training on the third day."""
    with world.opened() as stores:
        steps.run_train(world.model, day(world.model, 3), stores, RUN)


def promote(world: World) -> None:
    """Promote the version that passed the gate."""
    with world.opened() as stores:
        steps.promote(world.model, 2, stores, RUN, expected_epoch=1)


def score(world: World) -> None:
    """Run the whole chain of a scoring on the fifth day."""
    with world.opened() as stores:
        steps.run_score(world.model, day(world.model, 5), stores, RUN)


def monitor(world: World) -> None:
    """Run the whole chain of a monitoring on the fourth day."""
    with world.opened() as stores:
        steps.run_monitor(world.model, day(world.model, 4), stores, RUN, report=False)


def sweep(world: World) -> None:
    """Remove what nothing refers to, however young: the bytes that `begin` left, and whatever was interrupted."""
    with world.opened() as stores:
        for _ in steps.sweep(stores, datetime.now(UTC) + timedelta(hours=3), remove=True):
            pass


WORKS: dict[str, Callable[[World], None]] = {
    "train": train,
    "promote": promote,
    "score": score,
    "sweep": sweep,
    "monitor": monitor,
}
ONE_CHANGE = ("promote",)
"""Works of a single transaction: an error means that nothing happened. A chain may end between two of its changes."""
