"""Eight real processes at once: nothing is lost, doubled or left with a gap."""

from __future__ import annotations

import multiprocessing

from tests.unit.stores.examples import (
    ADA,
    MODEL,
    SCHEDULE,
    draft_of,
    evaluated,
    monitored,
    month,
    promoted,
    request_of,
    scores_of,
)
from tests.unit.stores.sql.places import Place
from windvane.errors import AlreadyPublished, OlderWindow, StaleChampion
from windvane.stores.sql import SqlRegistry

PROCESSES = 8


def at_once(work: object, place: Place) -> list[object]:
    """Run `work(place, index)` in eight processes and return what they return."""
    with multiprocessing.get_context("fork").Pool(PROCESSES) as pool:
        return pool.starmap(work, [(place, index) for index in range(PROCESSES)], chunksize=1)  # type: ignore[arg-type]  # any function of the two


def add_the_same_version(place: Place, index: int) -> int:
    return place.open(busy_timeout=60).versions.add(draft_of(1), SCHEDULE).version


def add_own_versions(place: Place, index: int) -> list[int]:
    registry = place.open(busy_timeout=60)
    return [registry.versions.add(draft_of(1, f"{index}.{count}"), SCHEDULE).version for count in range(3)]


def promote_own_version(place: Place, index: int) -> int:
    """Promote a version of this process's own window, looking again as often as the pointer moved."""
    registry = place.open(busy_timeout=60)
    refused = 0
    while True:
        champion = registry.champions.current(MODEL)
        try:
            registry.champions.promote(MODEL, index + 1, champion.epoch if champion else 0, SCHEDULE, "the gate passed")
        except StaleChampion:
            refused += 1
        except OlderWindow:
            return refused
        else:
            return refused


def promote_at_one_epoch(place: Place, index: int) -> bool:
    try:
        place.open(busy_timeout=60).champions.promote(MODEL, index + 1, 0, SCHEDULE, "the gate passed")
    except StaleChampion:
        return False
    return True


def ask_for_a_retrain(place: Place, index: int) -> str:
    number = index + 2
    registry = place.open(busy_timeout=60)
    return registry.monitoring.add(
        monitored(number), request_of(number), SCHEDULE, cooldown_since=month(1).start, daily_cap=6
    ).decision


def ask_for_the_same_retrain(place: Place, index: int) -> str | None:
    return place.open(busy_timeout=60).monitoring.add(monitored(2), request_of(2), SCHEDULE).request


def publish_what_served(place: Place, index: int) -> list[int]:
    """Publish one window's scores, by this process's own version first, and by the one that served when refused."""
    registry = place.open(busy_timeout=60)
    found = []
    for count in range(3):
        mine = scores_of(4, index % 2 + 1, f"rows {index}.{count}")
        try:
            found.append(registry.scores.add(mine, SCHEDULE).publication)
        except AlreadyPublished:
            served = registry.scores.current(MODEL, mine.window)
            assert served is not None
            found.append(registry.scores.add(mine.model_copy(update={"version": served.version}), SCHEDULE).publication)
    return found


def replace_the_first(place: Place, index: int) -> int | None:
    """Let another version take the place of the first publication, as all others try to as well."""
    mine = scores_of(4, index + 1, "replaced").model_copy(update={"replaces": 1})
    try:
        return place.open(busy_timeout=60).scores.add(mine, ADA).publication
    except AlreadyPublished:
        return None


def test_publications_of_a_window_are_one_sequence_by_the_version_that_served_first(
    registry: SqlRegistry, place: Place
) -> None:
    promoted(registry, 1)
    promoted(registry, 2)
    numbers = [number for some in at_once(publish_what_served, place) for number in some]  # type: ignore[attr-defined]  # lists of numbers
    assert sorted(numbers) == list(range(1, 3 * PROCESSES + 1))
    every = registry.scores.publications(MODEL, month(4).key)
    assert [item.publication for item in every] == list(range(3 * PROCESSES, 0, -1))
    assert len({item.version for item in every}) == 1
    assert registry.audit.verify(MODEL).events > 0


def test_a_publication_is_replaced_by_one_of_those_who_saw_it(registry: SqlRegistry, place: Place) -> None:
    for number in range(1, PROCESSES + 2):
        promoted(registry, number)
    registry.scores.add(scores_of(4, PROCESSES + 1), SCHEDULE)
    assert sorted(at_once(replace_the_first, place), key=str) == [2] + [None] * (PROCESSES - 1)
    assert len(registry.scores.publications(MODEL, month(4).key)) == 2


def test_the_same_version_is_added_once(registry: SqlRegistry, place: Place) -> None:
    assert at_once(add_the_same_version, place) == [1] * PROCESSES
    assert len(registry.versions.all(MODEL)) == 1
    registry.audit.verify(MODEL)


def test_numbers_have_no_gap_and_no_double(registry: SqlRegistry, place: Place) -> None:
    numbers = [number for found in at_once(add_own_versions, place) for number in found]  # type: ignore[attr-defined]  # lists of numbers
    assert sorted(numbers) == list(range(1, 3 * PROCESSES + 1))
    registry.audit.verify(MODEL)


def test_one_of_eight_promotions_at_the_same_epoch_wins(registry: SqlRegistry, place: Place) -> None:
    for index in range(PROCESSES):
        evaluated(registry, 1, str(index))
    assert sorted(map(bool, at_once(promote_at_one_epoch, place))) == [False] * (PROCESSES - 1) + [True]
    assert [promotion.epoch for promotion in registry.champions.promotions(MODEL)] == [1]
    registry.audit.verify(MODEL)


def test_promotions_that_look_again_end_at_the_newest_window(registry: SqlRegistry, place: Place) -> None:
    for index in range(PROCESSES):
        evaluated(registry, index + 1)
    at_once(promote_own_version, place)
    promotions = registry.champions.promotions(MODEL)[::-1]
    assert promotions[-1].version == PROCESSES
    assert [promotion.epoch for promotion in promotions] == list(range(1, len(promotions) + 1))
    assert [promotion.from_version for promotion in promotions] == [
        None,
        *(promotion.version for promotion in promotions[:-1]),
    ]
    assert [promotion.window for promotion in promotions] == sorted(promotion.window for promotion in promotions)
    registry.audit.verify(MODEL)


def test_eight_windows_that_ask_for_a_retrain_at_once_get_one(registry: SqlRegistry, place: Place) -> None:
    promoted(registry, 1)
    assert sorted(map(str, at_once(ask_for_a_retrain, place))) == ["hold"] * (PROCESSES - 1) + ["retrain"]
    assert len(registry.monitoring.requests(MODEL)) == 1
    registry.audit.verify(MODEL)


def test_two_tries_of_one_monitor_run_ask_once(registry: SqlRegistry, place: Place) -> None:
    promoted(registry, 1)
    assert at_once(ask_for_the_same_retrain, place) == [request_of(2).request] * PROCESSES
    assert len(registry.monitoring.requests(MODEL)) == 1
    assert len(registry.monitoring.results(MODEL)) == 1
    registry.audit.verify(MODEL)
