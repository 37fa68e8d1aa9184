"""The champion does not depend on the order in which windows were trained; a person's decision is not undone."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from itertools import count
from pathlib import Path
from random import Random
from threading import Condition
from typing import ClassVar

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

from tests.unit.stores.examples import ADA, SCHEDULE, draft_of, evaluation_of, gate_of
from windvane.errors import AutomationPaused, IllegalMove, OlderWindow, RegistryError, RolledBack
from windvane.lifecycle.lineup import Unjudged, before
from windvane.results import Version
from windvane.steps.judging import settle_lineup
from windvane.stores.sql import SqlRegistry

WINDOWS = 12


def passes(seed: int, window: int, beside: int) -> bool:
    """Whether a window's version passes beside that of another window (0: nobody): a table of chance."""
    return beside == 0 or Random(f"{seed} {window} {beside}").random() < 0.5  # noqa: S311 (no secret)


def number_of(window: str) -> int:
    """Return a window's number: 1 is January 2013."""
    year, month = map(int, window.split("-"))
    return (year - 2013) * 12 + month


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
        return passes(self.seed, window, beside)

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
        return number_of(self.registry.versions.get(self.name, number).window)

    def state(self) -> tuple[int | None, list[int]]:
        """Return the champion's window, and those of all that are eligible."""
        champion = self.registry.champions.current(self.name)
        eligible = [item.window for item in self.registry.versions.all(self.name) if item.eligible]
        return (number_of(champion.window) if champion else None), sorted(map(number_of, eligible))

    def expected(self, windows: Sequence[int]) -> tuple[int | None, list[int]]:
        """Return what training in order comes to."""
        eligible: list[int] = []
        for window in sorted(windows):
            if self.passes(window, eligible[-1] if eligible else 0):
                eligible.append(window)
        return (eligible[-1] if eligible else None), eligible


@contextmanager
def opened(folder: Path) -> Iterator[SqlRegistry]:
    """Open a registry that does not wait for the disk."""
    with closing(SqlRegistry(f"sqlite:///{folder / 'registry.db'}")) as found:
        engine = found.database.backend.engine
        sa.event.listen(engine, "connect", lambda made, _: made.execute("PRAGMA synchronous = OFF"))
        engine.dispose()
        yield found


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SqlRegistry]:
    """A registry for all histories, each of a model of its own."""
    with opened(tmp_path_factory.mktemp("lineup")) as found:
        yield found


NAMES = (f"m{number}" for number in count())


@pytest.mark.parametrize("seed", range(24))
def test_windows_trained_in_any_order_end_as_in_order(registry: SqlRegistry, seed: int) -> None:
    random = Random(seed)  # noqa: S311 (no secret)
    windows = random.sample(range(1, WINDOWS + 1), random.randint(2, WINDOWS))
    world = World(registry, seed, next(NAMES))
    for place, window in enumerate(windows, 1):
        world.train(window)
        assert world.state() == world.expected(windows[:place]), windows[:place]
    registry.audit.verify(world.name)


def test_what_was_measured_once_is_not_measured_again_and_the_worst_order_is_bounded(registry: SqlRegistry) -> None:
    """24 windows in reverse, each of which changes whom the next one is compared with."""
    worst = 0
    for seed in range(4):
        world = World(registry, seed, next(NAMES))
        for window in range(24, 0, -1):
            world.train(window)
        assert world.state() == world.expected(range(1, 25))
        worst = max(worst, world.judgements)
    assert worst <= 24 * 25 // 2 + 24, "each pair is judged at most once, and each version by its own run"


def test_each_version_that_is_judged_again_is_an_event_with_its_cause(registry: SqlRegistry) -> None:
    seed = next(seed for seed in count() if passes(seed, 8, 6) and passes(seed, 7, 6) and not passes(seed, 8, 7))
    world = World(registry, seed, next(NAMES))
    for window in (6, 8, 7):
        world.train(window)
    assert world.state() == (7, [6, 7])
    events = sorted(registry.audit.events(world.name), key=lambda item: item.seq)
    found = {item.kind: item.payload for item in events}  # the last of each kind
    assert found["version.judged"]["cause"].startswith("v3 of 2013-07 arrived: to be compared with v3 of 2013-07")
    assert found["champion.reordered"]["version"] == 3
    assert (found["version.rejected"]["version"], found["version.rejected"]["was"]) == (2, "archived")
    assert registry.versions.get(world.name, 2).state == "rejected"
    registry.audit.verify(world.name)


def test_two_that_settle_in_step_do_not_undo_each_other_for_ever(tmp_path: Path) -> None:
    """Each judges the last window beside its own arrival, which the other's line-up does not know yet."""
    seed = next(
        seed
        for seed in count()
        if passes(seed, 8, 6) and passes(seed, 9, 6) and not passes(seed, 12, 6) and passes(seed, 9, 8)
    )
    with opened(tmp_path) as registry:
        world = World(registry, seed, "steps")
        for window in (6, 12):
            world.train(window)
    step = Condition()
    last: list[int] = []

    def arrive(window: int) -> None:
        with opened(tmp_path) as own:
            world = World(own, seed, "steps")
            judge = world.judge

            def in_step(wanted: Unjudged) -> None:
                with step:
                    assert len(last) < 100, "they undo each other"
                    judge(wanted)
                    last.append(window)
                    step.notify_all()
                    step.wait_for(lambda: last[-1] != window, timeout=0.1)  # unless the other one rests

            world.judge = in_step  # type: ignore[method-assign]  # this one waits for the other
            world.train(window)

    with ThreadPoolExecutor(2) as pool:
        for done in [pool.submit(arrive, window) for window in (8, 9)]:
            done.result(timeout=60)
    with opened(tmp_path) as registry:
        world = World(registry, seed, "steps")
        assert world.state() == world.expected([6, 8, 9, 12])


class Reference:
    """What the documentation says, by plain lists: the whole history is decided anew after each thing that happens."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.arrived: dict[int, int] = {}
        self.frozen: dict[int, bool] = {}
        self.barriers: list[tuple[int, int]] = []
        self.moves: list[tuple[str, int]] = []
        self.eligible: list[int] = []
        self.paused = False
        self._clock = count(1)

    @property
    def champion(self) -> int | None:
        return self.moves[-1][1] if self.moves else None

    def decided(self) -> list[int]:
        """Return the eligible windows, from the beginning."""
        found: list[int] = []
        for window in sorted(self.arrived):
            known = [
                item
                for item in found
                if not any(self.arrived[item] > at and item <= end < window for at, end in self.barriers)
            ]
            judged = passes(self.seed, window, known[-1] if known else 0)
            if self.frozen.get(window, judged):
                found.append(window)
        return found

    def train(self, window: int) -> None:
        if window in self.frozen:
            return
        before, new = dict(self.arrived), window not in self.arrived
        self.arrived.setdefault(window, next(self._clock))
        found = self.decided()
        if set(found) - set(self.eligible) and (self.paused or self.rolled_back(window)):
            self.arrived = before if new else self.arrived
            raise AutomationPaused("", "") if self.paused else RolledBack("", "")
        self.eligible = found
        if found and found[-1] != self.champion:
            self.moves.append(("train", found[-1]))

    def rolled_back(self, window: int) -> bool:
        for place, (kind, target) in enumerate(self.moves):
            if kind != "rollback":
                continue
            taken, later = self.moves[place - 1][1], [item for _, item in self.moves[place + 1 :]]
            freed = any(item >= taken for item in later)
            if (taken == window and window not in later) or (target <= window <= taken and not freed):
                return True
        return False

    def freeze(self, *windows: int) -> None:
        end = max(windows)
        self.barriers.append((next(self._clock), end))
        for window in self.arrived:
            self.frozen[window] = window in self.eligible

    def promote(self, window: int) -> None:
        champion = self.champion
        if window == champion:
            return
        if champion is not None and champion > window:
            raise OlderWindow("", "")
        self.arrived.setdefault(window, next(self._clock))
        self.eligible = sorted({*self.eligible, window})
        self.moves.append(("promote", window))
        self.freeze(window, *([champion] if champion else []))

    def rollback(self, window: int) -> None:
        champion = self.champion
        if champion is None or window == champion or window not in {item for _, item in self.moves}:
            raise IllegalMove("", "")
        taken = {item for item in self.eligible if window < item <= champion} | {champion}
        self.eligible = sorted({*self.eligible, window} - taken)
        self.moves.append(("rollback", window))
        self.freeze(window, champion)

    def pause(self) -> None:
        if not self.paused and self.champion is not None:
            self.freeze(self.champion)
        self.paused = True


class Histories(RuleBasedStateMachine):
    """Windows trained in any order, with people's moves between."""

    registry: ClassVar[SqlRegistry]

    @initialize(seed=st.integers(0, 10_000))
    def begin(self, seed: int) -> None:
        self.world, self.reference = World(self.registry, seed, next(NAMES)), Reference(seed)
        self.numbers: dict[int, int] = {}

    def both(self, reference: Callable[[], object], real: Callable[[], object]) -> None:
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

    @rule(window=st.integers(1, WINDOWS))
    def train(self, window: int) -> None:
        self.both(lambda: self.reference.train(window), lambda: self.world.train(window))
        made = self.registry.versions.by_fingerprint(self.world.name, draft_of(window).fingerprint)
        assert made is not None
        self.numbers[window] = made.version

    @precondition(lambda self: self.numbers)
    @rule(data=st.data())
    def promote(self, data: st.DataObject) -> None:
        window = data.draw(st.sampled_from(sorted(self.numbers)))
        champion = self.registry.champions.current(self.world.name)
        epoch = champion.epoch if champion else 0
        move = self.registry.champions.promote
        self.both(
            lambda: self.reference.promote(window),
            lambda: move(self.world.name, self.numbers[window], epoch, ADA, "because"),
        )

    @precondition(lambda self: self.numbers)
    @rule(data=st.data())
    def rollback(self, data: st.DataObject) -> None:
        window = data.draw(st.sampled_from(sorted(self.numbers)))
        self.both(
            lambda: self.reference.rollback(window),
            lambda: self.registry.champions.rollback(self.world.name, self.numbers[window], ADA, "because"),
        )

    @rule()
    def pause(self) -> None:
        self.reference.pause()
        self.registry.people.pause(self.world.name, ADA, "because")

    @precondition(lambda self: self.reference.paused)
    @rule()
    def resume(self) -> None:
        self.reference.paused = False
        self.registry.people.resume(self.world.name, ADA, "because")

    @invariant()
    def both_say_the_same(self) -> None:
        assert self.world.state() == (self.reference.champion, self.reference.eligible)

    def teardown(self) -> None:
        self.registry.audit.verify(self.world.name)


def play(registry: SqlRegistry, histories: int) -> None:
    """Play random histories."""
    machine = type("Here", (Histories,), {"registry": registry})
    amount = settings(
        max_examples=histories, stateful_step_count=24, deadline=None, suppress_health_check=list(HealthCheck)
    )
    run_state_machine_as_test(machine, settings=amount)


def test_peoples_moves_are_barriers(registry: SqlRegistry) -> None:
    play(registry, 12)


def test_what_arrives_behind_a_persons_decision_is_told_so_and_changes_nothing_beyond(registry: SqlRegistry) -> None:
    seed = next(seed for seed in count() if passes(seed, 8, 6) and passes(seed, 7, 6) and not passes(seed, 8, 7))
    world = World(registry, seed, next(NAMES))
    world.train(6)
    world.train(8)
    registry.people.pause(world.name, ADA, "a look at August")
    registry.people.resume(world.name, ADA, "August is fine")
    world.train(7)
    assert world.state() == (8, [6, 7, 8]), "in order August would have been rejected, but Ada looked at it"
    late = next(item for item in registry.audit.events(world.name) if item.kind == "version.eligible")
    assert late.payload["reason"].endswith("the pause by cli:ada stands: no later window is judged again")
