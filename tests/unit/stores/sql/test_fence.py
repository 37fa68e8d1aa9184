"""The fence: of two attempts at one piece of work the later one alone may write, whatever the earlier one tries."""

from __future__ import annotations

import inspect
import threading
from datetime import timedelta
from operator import attrgetter
from typing import TYPE_CHECKING, Any, get_type_hints

import pytest

from tests.unit.stores.examples import (
    ADA,
    MODEL,
    SCHEDULE,
    draft_of,
    evaluated,
    gate_of,
    monitored,
    month,
    promoted,
    request_of,
    scores_of,
    snapshot_of,
    validation_of,
)
from windvane.errors import StaleAttempt
from windvane.results import Notice, Run
from windvane.stores import Registry
from windvane.stores.sql import SqlRegistry
from windvane.stores.sql.fence import hold_fence

if TYPE_CHECKING:
    import sqlalchemy as sa

WORK = "loans_train/scheduled__2013-02/train"


def attempt(number: int, base: Run = SCHEDULE) -> Run:
    """A try of one task; each began an hour after the one before."""
    return base.model_copy(update={"work": WORK, "attempt": number, "began": SCHEDULE.as_of + timedelta(hours=number)})


def parts() -> dict[str, type]:
    """The protocols of the registry's parts, by name."""
    return {name: kind for name, kind in get_type_hints(Registry).items() if kind is not str}


def writing_methods() -> list[str]:
    """Every method of every part that takes a run, but for the one that gives out fences."""
    found = [
        f"{part}.{name}"
        for part, protocol in parts().items()
        for name, method in inspect.getmembers(protocol, inspect.isfunction)
        if "run" in inspect.signature(method).parameters
    ]
    assert len(found) > 20
    return [name for name in found if name != "audit.take_fence"]


@pytest.fixture
def lived(registry: SqlRegistry) -> SqlRegistry:
    """A registry in which every method finds what it needs: v1 archived, v2 champion, v3 evaluated."""
    registry.snapshots.add(snapshot_of(1), True, SCHEDULE)
    promoted(registry, 1), promoted(registry, 2), evaluated(registry, 3), evaluated(registry, 1, "late")
    registry.monitoring.add(monitored(4), request_of(4), SCHEDULE)
    registry.monitoring.add(monitored(6, "alert"), None, SCHEDULE)
    return registry


TOLD = Notice(
    model=MODEL, incident=1, kind="opened", reason="", since=month(6).key, window=month(6).key, at=SCHEDULE.as_of
)
CALLS: dict[str, tuple[Any, ...]] = {
    "models.register": (MODEL, "sha256:9", {"owner": "bob"}),
    "snapshots.add": (snapshot_of(5), True),
    "snapshots.add_validation": (MODEL, validation_of(1)),
    "versions.begin": (MODEL, "2013-05", draft_of(5).fingerprint),
    "versions.add": (draft_of(5),),
    "versions.add_gate": (MODEL, 3, gate_of(3)),
    "champions.mark_eligible": (MODEL, 4),
    "versions.reject": (MODEL, 3),
    "champions.promote": (MODEL, 3, 2),
    "champions.rollback": (MODEL, 1),
    "scores.add": (scores_of(5, 2),),
    "monitoring.add": (monitored(5), request_of(5)),
    "monitoring.mark_started": (request_of(4).request,),
    "monitoring.mark_notified": (TOLD, "mail"),
    "monitoring.add_report": (MODEL, "2013-04", "sha256:4"),
    "people.pause": (MODEL,),
}


def call(registry: Registry, name: str, run: Run) -> None:
    """Call a method so that it would change something."""
    given: dict[str, Any] = {"run": run}
    if "reason" in inspect.signature(attrgetter(name)(registry)).parameters:
        given["reason"] = "because"
    attrgetter(name)(registry)(*CALLS[name], **given)


@pytest.mark.parametrize("name", writing_methods())
def test_a_stale_attempt_is_refused_by_every_method_whatever_it_asks_for(lived: SqlRegistry, name: str) -> None:
    first = lived.audit.take_fence(attempt(1))
    lived.audit.take_fence(attempt(2))
    before = lived.audit.events(MODEL)
    method = attrgetter(name)(lived)
    needed = [item for item in inspect.signature(method).parameters.values() if item.default is item.empty]
    given = {item.name: first if item.name == "run" else None for item in needed}
    with pytest.raises(StaleAttempt, match=r"attempt 1 \(fence 1\) was superseded by attempt 2 \(fence 2\) at 2014"):
        method(**given)
    assert lived.audit.events(MODEL) == before


@pytest.mark.parametrize("name", CALLS)
def test_a_stale_attempt_writes_nothing_and_its_successor_does(lived: SqlRegistry, name: str) -> None:
    person = ADA.model_copy(update={"run_id": "manual__1"})  # who may do all of it
    first, second = lived.audit.take_fence(attempt(1, person)), lived.audit.take_fence(attempt(2, person))
    before = lived.audit.events(MODEL)
    with pytest.raises(StaleAttempt):
        call(lived, name, first)
    assert lived.audit.events(MODEL) == before
    call(lived, name, second)
    assert len(lived.audit.events(MODEL)) > len(before)
    lived.audit.verify(MODEL)


def test_an_attempt_that_wakes_up_before_it_took_its_fence_cannot_take_one_any_more(lived: SqlRegistry) -> None:
    lived.audit.take_fence(attempt(2))
    with pytest.raises(StaleAttempt, match=r"attempt 1 \(fence 0\) was superseded by attempt 2"):
        lived.audit.take_fence(attempt(1))


def test_an_attempt_that_took_none_is_refused(lived: SqlRegistry) -> None:
    with pytest.raises(StaleAttempt, match="attempt 1 took no fence"):
        lived.snapshots.add(snapshot_of(5), True, attempt(1))


def test_a_run_that_was_deleted_and_made_anew_counts_its_tries_from_one_again(lived: SqlRegistry) -> None:
    lived.audit.take_fence(attempt(3))
    anew = attempt(1).model_copy(update={"began": SCHEDULE.as_of + timedelta(days=2)})
    assert lived.audit.take_fence(anew).fence == 2


def test_one_attempt_may_take_it_again_after_it_was_parked(lived: SqlRegistry) -> None:
    lived.audit.take_fence(attempt(1))
    again = lived.audit.take_fence(attempt(1))
    lived.snapshots.add(snapshot_of(5), True, again)


def test_other_work_is_not_concerned(lived: SqlRegistry) -> None:
    mine = lived.audit.take_fence(attempt(1).model_copy(update={"work": "another task"}))
    lived.audit.take_fence(attempt(2))
    lived.snapshots.add(snapshot_of(5), True, mine)


def test_who_has_no_rivals_needs_none(lived: SqlRegistry) -> None:
    assert lived.audit.take_fence(ADA) == ADA
    lived.snapshots.add(snapshot_of(5), True, ADA)


def test_a_fence_is_not_taken_in_the_midst_of_an_earlier_attempts_write(lived: SqlRegistry) -> None:
    """The write of attempt 1 that began first is whole before attempt 2 has its fence."""
    first = lived.audit.take_fence(attempt(1))
    inside, order = threading.Event(), list[str]()

    def take() -> None:
        inside.wait(10)
        lived.audit.take_fence(attempt(2))
        order.append("taken")

    taking = threading.Thread(target=take)
    taking.start()

    def write(connection: sa.Connection) -> None:
        hold_fence(connection, first)
        inside.set()
        taking.join(0.3)
        order.append("written")

    lived.database.write(write)
    taking.join(10)
    assert order == ["written", "taken"]
