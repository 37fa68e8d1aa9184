"""The champion does not depend on the order in which windows were trained; a person's decision is not undone."""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from itertools import count
from pathlib import Path
from random import Random

import pytest
import sqlalchemy as sa

from tests.unit.stores.examples import ADA, MODEL, SCHEDULE, draft_of, evaluation_of, gate_of, month
from windvane.errors import RegistryError, RolledBack
from windvane.lifecycle.lineup import Unjudged, before, decide
from windvane.results import Version
from windvane.results.lineup import Lineup
from windvane.steps.judging import settle_lineup
from windvane.stores.sql import SqlRegistry

WINDOWS = 12


class World:
    """A model whose versions pass or fail beside each other as a table of chance says, in a real registry.

    Args:
        registry: The registry.
        seed: Of the table.
        name: The model's name.
    """

    def __init__(self, registry: SqlRegistry, seed: int, name: str) -> None:
        self.registry, self.name, self.seed = registry, name, seed
        self.judgements = 0
        registry.models.register(name, "sha256:1", {}, SCHEDULE)

    def passes(self, window: int, beside: int) -> bool:
        """Whether a window's version passes beside that of another window (0: nobody)."""
        return beside == 0 or Random(f"{self.seed} {window} {beside}").random() < 0.5

    def train(self, window: int) -> Version:
        """Do what a training run does."""
        draft = draft_of(window).model_copy(update={"model": self.name})
        number = self.registry.versions.add(draft, SCHEDULE).version
        seen = self.registry.champions.lineup(self.name, number)
        self.judge(Unjudged(number, before(seen, number), ""))
        return self.settle(number)

    def settle(self, number: int) -> Version:
        """Do what its last task does."""
        return settle_lineup(self.registry, self.name, number, SCHEDULE, self.judge, lambda: "the gate said so")

    def judge(self, wanted: Unjudged) -> None:
        """Judge a version by the table."""
        self.judgements += 1
        version = self.registry.versions.get(self.name, wanted.version)
        beside = wanted.before.comparison
        other = self.window_of(beside) if beside else 0
        found = evaluation_of(version).model_copy(update={"model": self.name, "champion": beside or None})
        self.registry.versions.add_evaluation(self.name, version.version, found.sha256, found, SCHEDULE)
        decision = "promote" if self.passes(self.window_of(version.version), other) else "reject"
        said = gate_of(version.version, decision).model_copy(
            update={"model": self.name, "evaluation": found.sha256, "beside": beside}
        )
        self.registry.versions.add_gate(self.name, version.version, said, SCHEDULE, wanted.cause)

    def window_of(self, number: int) -> int:
        """Return a version's window."""
        return int(self.registry.versions.get(self.name, number).window[-2:])

    def state(self) -> tuple[int | None, list[int]]:
        """Return the champion's window, and those of all that are eligible."""
        champion = self.registry.champions.current(self.name)
        eligible = [item.window for item in self.registry.versions.all(self.name) if item.eligible]
        return (int(champion.window[-2:]) if champion else None), sorted(int(item[-2:]) for item in eligible)

    def expected(self, windows: Sequence[int]) -> tuple[int | None, list[int]]:
        """Return what training in order comes to."""
        eligible: list[int] = []
        for window in sorted(windows):
            if self.passes(window, eligible[-1] if eligible else 0):
                eligible.append(window)
        return (eligible[-1] if eligible else None), eligible


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SqlRegistry]:
    """A registry that does not wait for the disk."""
    with closing(SqlRegistry(f"sqlite:///{tmp_path_factory.mktemp('lineup') / 'registry.db'}")) as opened:
        sa.event.listen(
            opened.database.backend.engine, "connect", lambda made, _: made.execute("PRAGMA synchronous = OFF")
        )
        opened.database.backend.engine.dispose()
        yield opened


NAMES = (f"m{number}" for number in count())


@pytest.mark.parametrize("seed", range(60))
def test_windows_trained_in_any_order_end_as_in_order(registry: SqlRegistry, seed: int) -> None:
    random = Random(seed)
    windows = random.sample(range(1, WINDOWS + 1), random.randint(2, WINDOWS))
    world = World(registry, seed, next(NAMES))
    for place, window in enumerate(windows, 1):
        world.train(window)
        assert world.state() == world.expected(windows[:place]), windows[:place]
    registry.audit.verify(world.name)
