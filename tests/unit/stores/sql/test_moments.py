"""When things happened: one clock that is wrong neither poisons later stamps nor answers about other moments."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.stores.examples import ADA, MODEL, SCHEDULE, Clock, promoted
from tests.unit.stores.sql.places import Place
from windvane.stores.sql import SqlRegistry
from windvane.stores.sql.moments import BOUND, believed, happened, stamp

START = datetime(2026, 1, 1, tzinfo=UTC)
FAR = datetime(2091, 5, 5, tzinfo=UTC)
DAY = timedelta(days=1)


def at(*days: float) -> list[datetime]:
    return [START + number * DAY for number in days]


MOMENTS = st.integers(0, 400).map(lambda number: START + number * DAY / 4)
STAMPS = st.lists(MOMENTS, max_size=30)


class TestStamp:
    def test_says_what_the_clock_says_when_that_follows(self) -> None:
        assert stamp(START + DAY, START, START, None) == (START + DAY, {})

    def test_raises_what_is_a_little_early_without_a_word(self) -> None:
        assert stamp(START - BOUND, START, START, None) == (START, {})

    def test_is_right_again_after_a_clock_that_was_ahead_and_tells_it(self) -> None:
        found = stamp(START + DAY, FAR, START, None)
        assert found.at == START + DAY
        assert found.remark == {"said": (START + DAY).isoformat(), "before": FAR.isoformat()}

    def test_does_not_believe_a_clock_that_is_earlier_than_the_model(self) -> None:
        early = START - 400 * DAY
        found = stamp(early, START + DAY, START, None)
        assert found == (START + DAY, {"said": early.isoformat(), "before": (START + DAY).isoformat()})

    @pytest.mark.parametrize("said", [FAR, START - 400 * DAY])
    @pytest.mark.parametrize("newest", [START, FAR])
    def test_is_the_databases_where_the_clocks_lie_far_apart(self, said: datetime, newest: datetime) -> None:
        found = stamp(said, newest, START, START + DAY)
        assert found.at == START + DAY
        assert found.remark["said"] == said.isoformat()
        assert found.remark["database"] == (START + DAY).isoformat()

    def test_believes_a_clock_that_the_database_bears_out_even_before_the_models_own_registration(self) -> None:
        assert stamp(START, FAR, FAR, START).at == START


class TestHappened:
    @pytest.mark.parametrize(
        ("days", "asked", "expected"),
        [
            ((0, 1, 2), (-1, 0, 0.5, 2, 9), (0, 1, 1, 3, 3)),
            ((0, 1, 9000, 2, 3), (1.5, 2, 2.5, 3), (2, 4, 4, 5)),  # one clock ahead, and right stamps after it
            ((0, 1, 9000, 9000, 9000, 2), (1.5, 2), (2, 6)),  # a registry of before: every later stamp was raised
            ((0, 1, 9000, 9001, 9002, 2), (1.5, 2), (2, 6)),  # a clock ahead for a while
            ((0, 1, 9000), (1, 5), (2, 2)),  # nothing after it yet
            ((0, 1, 2, -500, 3), (-500, -1, 0, 2, 2.5, 3), (0, 0, 1, 3, 3, 5)),  # one clock behind
            ((0, 10, 20, 30, 5, 31), (4, 7, 15, 30, 31), (1, 1, 2, 4, 6)),  # behind, within the model's life
        ],
    )
    def test_is_a_beginning_of_the_sequence(
        self, days: tuple[float, ...], asked: tuple[float, ...], expected: tuple[int, ...]
    ) -> None:
        assert tuple(happened(at(*days), moment, START + 100 * DAY) for moment in at(*asked)) == expected

    @given(STAMPS, MOMENTS, MOMENTS, MOMENTS)
    def test_grows_with_the_moment_for_any_stamps(
        self, stamps: list[datetime], one: datetime, other: datetime, now: datetime
    ) -> None:
        first, second = sorted((one, other))
        now = max(now, second)
        assert 0 <= happened(stamps, first, now) <= happened(stamps, second, now) <= len(stamps)

    @given(STAMPS, MOMENTS)
    def test_is_what_the_stamps_say_where_none_falls(self, stamps: list[datetime], moment: datetime) -> None:
        stamps.sort()
        assert happened(stamps, moment, START + 100 * DAY) == sum(stamp <= moment for stamp in stamps)

    @settings(max_examples=500)
    @given(st.lists(MOMENTS, min_size=1, max_size=30, unique=True), st.data(), st.booleans(), MOMENTS)
    def test_one_wrong_stamp_misleads_only_about_the_time_of_its_neighbours(
        self, times: list[datetime], data: st.DataObject, far: bool, moment: datetime
    ) -> None:
        times.sort()
        place = data.draw(st.integers(0, len(times) - 1))
        wrong = data.draw(st.integers(-20_000, 30_000).map(lambda days: START + days * DAY))
        stamps = [*times[:place], FAR if far else wrong, *times[place + 1 :]]
        now = max(times[-1], moment)
        truth = sum(time <= moment for time in times)
        begin = times[place - 2] if place > 1 else datetime.min.replace(tzinfo=UTC)
        end = times[place + 2] if place + 2 < len(times) else datetime.max.replace(tzinfo=UTC)
        if not begin <= moment < end:
            assert happened(stamps, moment, now) == truth

    @given(STAMPS, MOMENTS)
    def test_believes_stamps_that_never_fall_and_as_many_as_can_be(
        self, stamps: list[datetime], until: datetime
    ) -> None:
        found = believed(stamps, until)
        assert all(stamps[one] <= stamps[other] and one < other for one, other in pairwise(found))
        assert all(stamps[place] <= until for place in found)
        runs = [stamp for place, stamp in enumerate(stamps) if not place or stamps[place - 1] != stamp]
        lengths: list[int] = []
        for place, item in enumerate(runs):
            before = [length for length, other in zip(lengths, runs, strict=False) if other <= item]
            lengths.append(0 if item > until else 1 + max(before, default=0))
            assert len(lengths) == place + 1
        kept = [place for place in found if not place or stamps[place - 1] != stamps[place]]
        assert len(kept) == max(lengths, default=0)


def moved(place: Place) -> tuple[SqlRegistry, Clock]:
    """A registry at a clock of its own, opened anew as another process would."""
    clock = Clock()
    return place.open(clock=clock), clock


class TestInTheRegistry:
    def test_a_pause_at_2091_leaves_later_stamps_and_answers_right(
        self, registry: SqlRegistry, place: Place, clock: Clock
    ) -> None:
        start = clock.forward(days=1)
        promoted(registry, 1)
        ahead, other = moved(place)
        with closing(ahead):
            other.moment = FAR
            ahead.people.pause(MODEL, ADA, "a clock that is wrong")
        later = clock.forward(days=1)
        registry.people.resume(MODEL, ADA, "go on")
        moment = clock.forward(days=1)
        promoted(registry, 2)
        clock.forward(days=1)
        stamps = [event.at for event in registry.audit.events(MODEL)][::-1]
        assert stamps.count(FAR) == 1
        assert stamps[-1] == moment
        asked = (start - DAY, start, later, moment - timedelta(hours=1), moment, clock.moment)
        found = [registry.champions.current(MODEL, as_of=one) for one in asked]
        assert [champion and champion.version for champion in found] == [None, 1, 1, 1, 2, 2]
        told = [event.payload["clock"] for event in registry.audit.events(MODEL) if "clock" in event.payload]
        assert told == [{"said": later.isoformat(), "before": FAR.isoformat()}]
        registry.audit.verify(MODEL)

    def test_a_promotion_at_2091_is_followed_by_one_of_today(
        self, registry: SqlRegistry, place: Place, clock: Clock
    ) -> None:
        ahead, other = moved(place)
        with closing(ahead):
            other.moment = FAR
            promoted(ahead, 1)
        moment = clock.forward(days=1)
        promoted(registry, 2)
        clock.forward(days=1)
        champion = registry.champions.current(MODEL, as_of=clock.moment)
        assert champion is not None
        assert (champion.version, champion.at) == (2, moment)
        registry.audit.verify(MODEL)
        registry.audit.verify_guards()

    def test_a_registry_that_was_poisoned_before_is_right_again(
        self, registry: SqlRegistry, place: Place, clock: Clock, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        promoted(registry, 1)
        with monkeypatch.context() as before:  # as releases did until now: no stamp is earlier than the one before
            before.setattr("windvane.stores.sql.audit_log.stamp", lambda said, newest, *_: (max(said, newest), {}))
            clock.moment, today = FAR, clock.moment
            registry.people.pause(MODEL, ADA, "a clock that is wrong")
            clock.moment = today
            clock.forward(days=1)
            registry.people.resume(MODEL, ADA, "go on")
            promoted(registry, 2)
        assert registry.audit.events(MODEL)[0].at == FAR
        then = clock.forward(days=1)
        promoted(registry, 3)
        clock.forward(days=1)
        found = [registry.champions.current(MODEL, as_of=one) for one in (today, then, clock.moment)]
        assert [champion and champion.version for champion in found] == [1, 3, 3]
        registry.audit.verify(MODEL)

    def test_a_year_ahead_does_not_use_up_the_retrains_of_a_day(self, registry: SqlRegistry, clock: Clock) -> None:
        from tests.unit.stores.examples import monitored, request_of

        promoted(registry, 1)
        today = clock.moment
        clock.moment = FAR
        assert registry.monitoring.add(monitored(2), request_of(2), SCHEDULE, daily_cap=1).decision == "retrain"
        clock.moment = today + DAY
        assert registry.monitoring.add(monitored(3), request_of(3), SCHEDULE, daily_cap=1).decision == "retrain"


@pytest.mark.parametrize("wrong", [FAR, datetime(1999, 1, 1, tzinfo=UTC)], ids=["ahead", "behind"])
def test_the_clock_of_the_machine_is_held_against_the_databases(place: Place, wrong: datetime) -> None:
    """PostgreSQL has a clock of its own; SQLite's is the machine's, and nothing there can tell that it is wrong."""

    def clocked(said: Callable[[], datetime], work: Callable[[SqlRegistry], object]) -> None:
        with closing(SqlRegistry(place.url, clock=said, compared=True)) as registry:
            work(registry)

    def now() -> datetime:
        return datetime.now(UTC)

    clocked(now, lambda one: one.models.register(MODEL, "sha256:1", {"task": "binary"}, SCHEDULE))
    clocked(lambda: wrong, lambda one: one.people.pause(MODEL, ADA, "a clock that is wrong"))
    with closing(place.open()) as registry:
        event = registry.audit.events(MODEL)[0]
        near = abs(event.at - now()) < timedelta(minutes=1)
        assert event.payload["clock"]["said"] == wrong.isoformat() if "clock" in event.payload else wrong == FAR
        assert near == (place.kind == "postgresql" or wrong < START)
        registry.people.resume(MODEL, ADA, "go on")
        assert abs(registry.audit.events(MODEL)[0].at - now()) < timedelta(minutes=1)
        registry.audit.verify(MODEL)
