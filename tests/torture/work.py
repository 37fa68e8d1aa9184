"""What is interrupted: the steps that change something, each on a world in which it has something to do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.torture.lending import RUN, day
from tests.torture.worlds import Place, World
from windvane import steps
from windvane.pipeline import runner


def train(world: World) -> None:
    """Run the whole chain of a training on the third day."""
    with world.opened() as stores:
        runner.run_train(world.model, day(world.model, 3), stores, RUN)


def promote(world: World) -> None:
    """Promote the version that passed the gate."""
    with world.opened() as stores:
        steps.promote(world.model, 2, stores, RUN, expected_epoch=1)


def score(world: World) -> None:
    """Run the whole chain of a scoring on the fifth day."""
    with world.opened() as stores:
        runner.run_score(world.model, day(world.model, 5), stores, RUN)


def monitor(world: World) -> None:
    """Run the whole chain of a monitoring on the fourth day."""
    with world.opened() as stores:
        runner.run_monitor(world.model, day(world.model, 4), stores, RUN, report=False)


def sweep(world: World) -> None:
    """Remove what nothing refers to, however young: the bytes that `begin` left, and whatever was interrupted."""
    with world.opened() as stores:
        for _ in steps.sweep(stores, datetime.now(UTC) + timedelta(hours=3), remove=True):
            pass


def take_in(world: World) -> None:
    """Import the history that `begin` made into a registry that has none."""
    with world.opened() as stores:
        steps.import_model(Path(world.export), stores)


@dataclass(frozen=True)
class Work:
    """One thing that is done.

    Args:
        act: Does it.
        empty: True when it begins in a world in which nothing has happened, and all happens at once; else it begins in
            one with the history of `begin`.
        one_change: True for a single transaction: an error means that nothing happened. A chain may end between two of
            its changes.
    """

    act: Callable[[World], None]
    empty: bool = False
    one_change: bool = False

    def world(self, place: Place, trial: int) -> World:
        """Return a fresh world to do it in."""
        return place.empty(trial) if self.empty else place.world(trial)


WORKS: dict[str, Work] = {
    "train": Work(train),
    "promote": Work(promote, one_change=True),
    "score": Work(score),
    "sweep": Work(sweep),
    "monitor": Work(monitor),
    "import": Work(take_in, empty=True),
}
