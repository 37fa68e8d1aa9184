"""The registry against a small model of it: whatever is tried in whatever order, both say the same.

`--hypothesis-profile=deep` tries far more than a run of all tests has time for.
"""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any, ClassVar

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from tests.servers.postgres import PostgresServer
from tests.unit.stores.examples import ADA, SCHEDULE, draft_of, evaluation_of, month
from windvane.errors import IllegalMove, OlderWindow, RegistryError, RolledBack, StaleChampion
from windvane.results import Run
from windvane.stores.sql import SqlRegistry

NUMBERS = st.integers(1, 6)
RUNS = st.sampled_from([ADA, SCHEDULE])
REASONS = st.sampled_from(["because", " "])


class Reference:
    """What a registry should say: plain lists and dictionaries, and the rules as the documentation has them."""

    def __init__(self) -> None:
        self.states: dict[int, str] = {}
        self.windows: dict[int, int] = {}
        self.promotions: list[tuple[str, int]] = []
        self.through: set[int] = set()

    @property
    def champion(self) -> int | None:
        return self.promotions[-1][1] if self.promotions else None

    def expected(self, window: int) -> int | None:
        """The version that counts for a window."""
        found = [number for number in self.through if self.windows[number] < window]
        return max(found, key=lambda number: (self.windows[number], number), default=None)

    def judged(self, number: int, run: Run, reason: str) -> None:
        if self.states[number] == "built" or (
            self.states[number] == "rejected" and not (run.is_person and reason.strip())
        ):
            raise IllegalMove("", "")

    def promote(self, number: int, off: int, run: Run, reason: str) -> None:
        epoch = len(self.promotions) + off
        again = 0 <= epoch < len(self.promotions) and self.promotions[epoch] == ("promote", number)
        if self.champion == number or again:
            return
        self.judged(number, run, reason)
        if off:
            raise StaleChampion("", "")
        if self.champion and self.windows[self.champion] > self.windows[number]:
            raise OlderWindow("", "")
        self.taken_back(number, run)
        self.promotion("promote", number)

    def eligible(self, number: int, run: Run, reason: str) -> None:
        if self.states[number] in ("champion", "archived"):
            return
        self.judged(number, run, reason)
        if self.champion is None or self.windows[self.champion] <= self.windows[number]:
            raise StaleChampion("", "")
        self.taken_back(number, run)
        self.states[number] = "archived"
        self.through.add(number)

    def rollback(self, number: int, run: Run, reason: str) -> None:
        ever = number in {version for _, version in self.promotions}
        if not reason.strip() or not run.is_person or not ever or self.champion == number:
            raise IllegalMove("", "")
        assert self.champion is not None
        span = range(self.windows[number] + 1, self.windows[self.champion] + 1)
        back = {item for item in self.through if self.windows[item] in span} | {self.champion}
        self.through -= back
        self.promotion("rollback", number)

    def reject(self, number: int) -> None:
        if self.states[number] == "built":
            raise IllegalMove("", "")
        if self.states[number] == "evaluated":
            self.states[number] = "rejected"

    def taken_back(self, number: int, run: Run) -> None:
        for index, (kind, target) in enumerate(self.promotions):
            if kind != "rollback" or run.is_person:
                continue
            taken, later = self.promotions[index - 1][1], [version for _, version in self.promotions[index + 1 :]]
            within = self.windows[target] <= self.windows[number] <= self.windows[taken]
            freed = any(self.windows[version] >= self.windows[taken] for version in later)
            if (taken == number and number not in later) or (within and not freed):
                raise RolledBack("", "")

    def promotion(self, kind: str, number: int) -> None:
        if self.champion is not None:
            self.states[self.champion] = "archived"
        self.promotions.append((kind, number))
        self.states[number] = "champion"
        newer = {item for item in self.through if self.windows[item] == self.windows[number] and item > number}
        self.through = (self.through - newer) | {number}


class Lifecycle(RuleBasedStateMachine):
    """Versions of one model after another, in one registry."""

    registry: ClassVar[SqlRegistry]
    names: ClassVar[Iterator[str]]

    @initialize(windows=st.lists(st.integers(1, 4), min_size=6, max_size=6))
    def begin(self, windows: list[int]) -> None:
        self.model = next(self.names)
        self.registry.models.register(self.model, "sha256:1", {}, SCHEDULE)
        self.reference, self.later = Reference(), list(windows)

    def both(self, real: Callable[[], Any], reference: Callable[[], None]) -> None:
        """Do it in both, and hold that both refuse by the same name, or neither does."""
        outcomes = []
        for attempt in (reference, real):
            try:
                attempt()
            except RegistryError as error:
                outcomes.append(type(error).__name__)
            else:
                outcomes.append("done")
        assert outcomes[0] == outcomes[1]

    def known(self, number: int) -> bool:
        return number in self.reference.states

    @precondition(lambda self: self.later)
    @rule(first=st.booleans(), straight=st.booleans())
    def build(self, first: bool, straight: bool) -> None:
        number = len(self.reference.states) + 1
        window = self.later.pop()
        draft = draft_of(window, str(number)).model_copy(update={"model": self.model})
        if first:
            assert self.registry.versions.begin(self.model, draft.window, draft.fingerprint, SCHEDULE) is None
            assert [build.fingerprint for build in self.registry.versions.building(self.model)] == [draft.fingerprint]
        assert self.registry.versions.add(draft, SCHEDULE).version == number
        assert self.registry.versions.add(draft, ADA).version == number, "the same inputs are the same version"
        self.reference.states[number], self.reference.windows[number] = "built", window
        if straight:
            self.evaluate(number)

    @rule(number=NUMBERS)
    def evaluate(self, number: int) -> None:
        if self.known(number):
            found = evaluation_of(self.registry.versions.get(self.model, number))
            self.registry.versions.add_evaluation(self.model, number, found.sha256, found, SCHEDULE)
            if self.reference.states[number] == "built":
                self.reference.states[number] = "evaluated"

    @rule(number=NUMBERS, off=st.sampled_from([0, 0, 0, -1, 1]), run=RUNS, reason=REASONS)
    def promote(self, number: int, off: int, run: Run, reason: str) -> None:
        if self.known(number):
            epoch = len(self.reference.promotions) + off
            self.both(
                lambda: self.registry.champions.promote(self.model, number, epoch, run, reason),
                lambda: self.reference.promote(number, off, run, reason),
            )

    @rule(number=NUMBERS, run=RUNS, reason=REASONS)
    def rollback(self, number: int, run: Run, reason: str) -> None:
        if self.known(number):
            self.both(
                lambda: self.registry.champions.rollback(self.model, number, run, reason),
                lambda: self.reference.rollback(number, run, reason),
            )

    @rule(number=NUMBERS, run=RUNS, reason=REASONS)
    def eligible(self, number: int, run: Run, reason: str) -> None:
        if self.known(number):
            self.both(
                lambda: self.registry.champions.mark_eligible(self.model, number, run, reason),
                lambda: self.reference.eligible(number, run, reason),
            )

    @rule(number=NUMBERS)
    def reject(self, number: int) -> None:
        if self.known(number):
            self.both(
                lambda: self.registry.versions.reject(self.model, number, SCHEDULE, "no better"),
                lambda: self.reference.reject(number),
            )

    @invariant()
    def both_say_the_same(self) -> None:
        said = {version.version: str(version.state) for version in self.registry.versions.all(self.model)}
        assert said == self.reference.states
        promotions = [
            (str(promotion.kind), promotion.version)
            for promotion in self.registry.champions.promotions(self.model)[::-1]
        ]
        assert promotions == self.reference.promotions
        for window in (2, 4, 5):
            found = self.registry.champions.at(self.model, month(window).start)
            assert (found and found.version) == self.reference.expected(window)

    def teardown(self) -> None:
        self.registry.audit.verify(self.model)


def without_waiting_for_the_disk(connection: sqlite3.Connection, record: object) -> None:
    connection.execute("PRAGMA synchronous = OFF")


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_the_registry_and_its_model_say_the_same(kind: str, request: pytest.FixtureRequest, made: Path) -> None:
    with tempfile.TemporaryDirectory() as folder:
        if kind == "sqlite":
            registry = SqlRegistry(f"sqlite:///{shutil.copy(made, folder)}")
            sa.event.listen(registry.database.backend.engine, "connect", without_waiting_for_the_disk)
        else:
            server: PostgresServer = request.getfixturevalue("server")
            registry = SqlRegistry(server.database(template=request.getfixturevalue("made_there")))
        deep = settings.get_current_profile_name() == "deep"
        amount = settings(
            max_examples=300 if deep else 5,
            stateful_step_count=50 if deep else 20,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        )
        names = (f"m{number}" for number in count())
        machine = type("Here", (Lifecycle,), {"registry": registry, "names": names})
        run_state_machine_as_test(machine, settings=amount)
