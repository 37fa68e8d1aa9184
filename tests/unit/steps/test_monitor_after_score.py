"""The monitor and the scores in any order: what was not scored is told, and it ends as if they had come in turn."""

from __future__ import annotations

import itertools
import random
import shutil
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.servers.postgres import PostgresServer
from windvane import Model, Monitor, Schedule, steps
from windvane.pipeline import runner
from windvane.results import MonitorResult, Run
from windvane.stores import Stores, open_stores

Make = Callable[..., Model]
Work = tuple[str, str]
WINDOWS = ("2020-03", "2020-04", "2020-05")
"""In the last one loans default far more often: its conclusion asks for a retrain."""
CHECKS = ("quality", "data_drift", "performance", "concept_drift")
EVERY: tuple[Work, ...] = tuple(itertools.product(("score", "monitor"), WINDOWS))


def train(model: Model, key: str, stores: Stores, run: Run) -> None:
    runner.run_train(model, model.cadence.window(key), stores, run, without=("explain",))


def monitor(model: Model, key: str, stores: Stores, run: Run) -> MonitorResult:
    return runner.run_monitor(model, model.cadence.window(key), stores, run, retrain=False, report=False)


def score(model: Model, key: str, stores: Stores, run: Run) -> None:
    runner.run_score(model, model.cadence.window(key), stores, run)


def do(work: Work, model: Model, stores: Stores, run: Run) -> None:
    verb, key = work
    (score if verb == "score" else monitor)(model, key, stores, run)


def state(stores: Stores) -> dict[str, Any]:
    """Return what the registry says of the windows, without the moments at which it came to say so."""
    registry = stores.registry
    said = [item.model_dump(exclude={"at", "beside"}) for item in registry.monitoring.results("loans")]
    return {
        "conclusions": {item["window"]: item for item in said},
        "requests": {(item.request, item.window) for item in registry.monitoring.requests("loans")},
        "open": len(registry.monitoring.incidents("loans", open_only=True)),
        "published": {(item.window, item.version, item.artifact) for item in registry.scores.publications("loans")},
    }


class Homes:
    """Copies of one registry, each with another history; they share the artifacts."""

    def __init__(self, folder: Path, stores: Stores) -> None:
        self._folder = folder
        self._artifacts = stores.artifacts.url
        self._numbers = itertools.count()

    @contextmanager
    def after(self, work: Work | None, file: Path, model: Model, run: Run) -> Iterator[tuple[Path, dict[str, Any]]]:
        """Do a piece of work in a copy; give the copy's file and its state."""
        copy = self._folder / f"registry-{next(self._numbers)}.db"
        shutil.copy(file, copy)
        opened = open_stores(f"sqlite:///{copy}", self._artifacts)
        try:
            if work is not None:
                do(work, model, opened, run)
            yield copy, state(opened)
        finally:
            opened.registry.close()


@pytest.fixture
def begun(make: Make, stores: Stores, run: Run, tmp_path: Path) -> tuple[Model, Homes, Path]:
    """A model with a champion, and nothing scored or monitored."""
    model = make(monitor=Monitor(checks=CHECKS))
    train(model, "2020-02", stores, run)
    file = tmp_path / "home" / "registry.db"
    stores.registry.close()
    return model, Homes(tmp_path, stores), file


def states_of_every_order(
    begun: tuple[Model, Homes, Path], run: Run, works: Sequence[Work]
) -> dict[frozenset[Work], dict[str, Any]]:
    """Hold that what is done decides the state, not its order, and return the state of each set of works.

    From a set, each further work must lead to the state of the greater set, whatever came last. So all orders of the
    works end in one state, and all that are cut short in one state of their set.
    """
    model, homes, file = begun
    states: dict[frozenset[Work], dict[str, Any]] = {}
    files: dict[frozenset[Work], Path] = {frozenset(): file}
    for size in range(1, len(works) + 1):
        for done in map(frozenset, itertools.combinations(works, size)):
            for last in sorted(done):
                with homes.after(last, files[done - {last}], model, run) as (copy, found):
                    assert found == states.setdefault(done, found), f"{sorted(done)}, {last} last"
                    files.setdefault(done, copy)
    return states


def test_in_every_order_two_windows_end_as_in_sequence(begun: tuple[Model, Homes, Path], run: Run) -> None:
    """`make simulate` plays three."""
    works = [item for item in EVERY if item[1] in WINDOWS[:2]]
    end = states_of_every_order(begun, run, works)[frozenset(works)]
    assert [end["conclusions"][key]["decision"] for key in WINDOWS[:2]] == ["hold", "hold"]


def test_whole_orders_drawn_at_random_end_as_in_sequence(begun: tuple[Model, Homes, Path], run: Run) -> None:
    """Histories differ in what they went through, such as conclusions that were drawn again twice."""
    model, homes, file = begun

    def played(order: list[Work]) -> dict[str, Any]:
        ends: list[dict[str, Any]] = []
        last = file
        for work in order:
            with homes.after(work, last, model, run) as (copy, found):
                last = copy
                ends.append(found)
        return ends[-1]

    expected = played([(verb, key) for key in WINDOWS for verb in ("score", "monitor")])
    drawn = random.Random(4)  # noqa: S311 (orders, no secrets)
    for _ in range(3):
        order = drawn.sample(EVERY, len(EVERY))
        assert played(order) == expected, order


@pytest.fixture(params=["sqlite", "postgresql"])
def shared(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of an empty registry that several open at once."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'shared.db'}"
        return
    with PostgresServer() as server:
        yield server.database()


def test_all_of_it_at_the_same_time_ends_as_in_sequence(make: Make, shared: str, run: Run, tmp_path: Path) -> None:
    """Six runs side by side, as a backfill of both DAGs makes them: each may miss what the others are about to say."""
    model = make(monitor=Monitor(checks=CHECKS))
    artifacts = str(tmp_path / "artifacts")
    opened = open_stores(shared, artifacts)
    train(model, "2020-02", opened, run)
    started = threading.Barrier(len(EVERY))
    failures: list[BaseException] = []

    def play(work: Work) -> None:
        own = open_stores(shared, artifacts)
        started.wait()
        try:
            do(work, model, own, run)
        except BaseException as error:  # noqa: BLE001  # told below, whatever it is
            failures.append(error)
        finally:
            own.registry.close()

    threads = [threading.Thread(target=play, args=(work,)) for work in EVERY]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    found = state(opened)
    opened.registry.close()
    alone = open_stores(f"sqlite:///{tmp_path / 'alone.db'}", str(tmp_path / "alone"))
    train(model, "2020-02", alone, run)
    for key in WINDOWS:
        do(("score", key), model, alone, run)
        do(("monitor", key), model, alone, run)
    assert found == state(alone)
    alone.registry.close()


def test_a_window_that_is_not_scored_in_time_alerts_and_its_scores_end_that(
    make: Make, stores: Stores, run: Run
) -> None:
    model = make()
    train(model, "2020-01", stores, run)
    alert = monitor(model, "2020-02", stores, run)
    assert alert.decision == "alert"
    assert (alert.checks[0].check, alert.checks[0].outcome) == ("scored", "finding")
    (incident,) = stores.registry.monitoring.incidents("loans", open_only=True)
    assert (incident.window, incident.reason) == ("2020-02", alert.reasons[0].headline)
    score(model, "2020-02", stores, run)
    (again,) = stores.registry.monitoring.results("loans", "2020-02")
    assert (again.decision, again.version, again.publication) == ("hold", 1, 1)
    assert stores.registry.monitoring.incidents("loans", open_only=True) == []
    assert steps.verify("loans", stores, everything=True).problems == ()


@pytest.mark.parametrize("later", ["2020-01", "2020-02", "2020-03"])
def test_any_later_run_of_the_monitor_looks_again_at_a_window_whose_scores_came(
    make: Make, stores: Stores, run: Run, later: str
) -> None:
    """The score run may be killed between the publication and its last task."""
    model = make()
    train(model, "2020-01", stores, run)
    assert monitor(model, "2020-02", stores, run).decision == "alert"
    window = model.cadence.window("2020-02")
    taken = steps.snapshot(model, window, stores, run)
    steps.publish(model, steps.score(model, window, taken.digest, stores, run), stores, run)
    monitor(model, later, stores, run)
    assert stores.registry.monitoring.results("loans", "2020-02")[0].decision == "hold"


def test_scores_that_come_while_the_monitor_decides_are_seen(make: Make, stores: Stores, run: Run) -> None:
    """The score run looks for a conclusion before there is one, the monitor looked for scores before there were."""
    model = make()
    train(model, "2020-01", stores, run)
    window = model.cadence.window("2020-02")
    collected = steps.collect(model, window, stores, run)
    checked = steps.check(model, window, collected, stores, run).digest
    score(model, "2020-02", stores, run)
    assert stores.registry.monitoring.results("loans", "2020-02") == []
    assert steps.decide(model, window, checked, stores, run).decision == "hold"


def test_a_retrain_that_was_asked_for_and_answered_is_not_asked_for_again(make: Make, stores: Stores, run: Run) -> None:
    """The champion moved since: drawn again, the conclusion would ask for another retrain of the same window."""
    model = make()
    train(model, "2020-02", stores, run)
    score(model, "2020-05", stores, run)
    asked = runner.run_monitor(model, model.cadence.window("2020-05"), stores, run, report=False)
    assert asked.decision == "retrain"
    assert stores.registry.champions.current("loans").version == 2  # type: ignore[union-attr]  # it was retrained
    score(model, "2020-04", stores, run)
    monitor(model, "2020-04", stores, run)
    assert len(stores.registry.monitoring.requests("loans")) == 1
    assert stores.registry.monitoring.results("loans", "2020-05") == [asked]


def test_no_scores_are_missed_where_none_could_be(make: Make, stores: Stores, run: Run) -> None:
    """No version may score the window it was trained on, and rows that scoring refuses alert for themselves."""
    model = make()
    train(model, "2020-01", stores, run)
    assert monitor(model, "2020-01", stores, run).decision == "insufficient_data"


def test_a_window_whose_run_is_far_off_is_told_as_soon_as_its_scores_are_overdue(
    make: Make, stores: Stores, run: Run
) -> None:
    model = make(outcome_after="40d", schedule=Schedule(spread=False))
    train(model, "2020-01", stores, run)
    score(model, "2020-02", stores, run)
    window = model.cadence.window("2020-02")

    def told(*moment: int) -> list[tuple[str, str]]:
        at = run.model_copy(update={"as_of": datetime(*moment, tzinfo=UTC)})  # type: ignore[misc, arg-type]  # year to minute
        return [(item.window, item.decision) for item in steps.overdue(model, window, stores, at)]

    assert told(2020, 4, 1, 6, 59) == []
    assert told(2020, 4, 1, 7, 0) == [("2020-03", "alert")]
    assert told(2020, 4, 2, 7, 0) == []
    score(model, "2020-03", stores, run)
    assert stores.registry.monitoring.results("loans", "2020-03")[0].decision != "alert"


@pytest.mark.parametrize(
    ("fields", "window", "due"),
    [
        ({}, "2020-02", (2020, 3, 1, 7)),
        ({"monitor": Monitor(scores_within="30m")}, "2020-02", (2020, 3, 1, 5, 30)),
        ({"schedule": {"score": "0 12 15 * *"}}, "2020-02", (2020, 3, 15, 14)),
        ({"timezone": "America/New_York"}, "2020-03", (2020, 4, 1, 11)),
        ({"window": "week"}, "2020-02-03", (2020, 2, 10, 7)),
        ({"window": "day", "timezone": "Europe/Berlin"}, "2020-03-28", (2020, 3, 29, 5)),
        ({"window": "6h"}, "2020-02-03T06:00:00", (2020, 2, 3, 14)),
        ({"window": "1h"}, "2020-02-03T06:00:00", (2020, 2, 3, 8)),
    ],
)
def test_scores_are_due_a_while_after_their_run(
    make: Make, fields: dict[str, Any], window: str, due: tuple[int, ...]
) -> None:
    model = make(**{**fields, "schedule": {"spread": False, **fields.get("schedule", {})}})
    expected = datetime(*due, tzinfo=UTC)  # type: ignore[misc, arg-type]  # year to minute
    assert model.scores_due(model.cadence.window(window)) == expected


def test_a_spec_that_says_nothing_of_it_keeps_its_digest(make: Make) -> None:
    assert "scores_within" not in make().model_dump(mode="json")["monitor"]
    assert make(monitor=Monitor(scores_within="2h")).digest != make().digest
    assert Model.from_stored(make().model_dump(mode="json")).monitor.scores_within is None
