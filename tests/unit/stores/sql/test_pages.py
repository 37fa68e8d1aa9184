"""What the pages read: the right rows, counted, sorted and cut, in few queries."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from tests.unit.stores.examples import (
    ADA,
    MODEL,
    SCHEDULE,
    Clock,
    evaluated,
    gate_of,
    monitored,
    promoted,
    request_of,
    scores_of,
    snapshot_of,
)
from windvane.errors import UnknownModel
from windvane.stores.pages import ModelLine, Moment, Part, Query
from windvane.stores.sql import SqlRegistry


@pytest.fixture
def registry(registry: SqlRegistry) -> SqlRegistry:
    """A registry with a year: v1 of January, monitored every month, v2 of May."""
    registry.snapshots.add(snapshot_of(1), True, SCHEDULE)
    promoted(registry, 1)
    for number in range(2, 12):
        decision = "retrain" if number == 5 else "hold"
        registry.monitoring.add(monitored(number, decision, share=number / 100), None, SCHEDULE)
    promoted(registry, 5)
    return registry


def line_of(registry: SqlRegistry) -> ModelLine:
    with registry.read() as moment:
        line = moment.line(MODEL)
        assert moment.models(Query()).rows == (line,)
        return line


def test_a_model_in_one_line_names_its_champion_and_its_last_window(registry: SqlRegistry) -> None:
    with registry.read() as moment:
        line = moment.line(MODEL)
    assert (line.champion, line.epoch, line.champion_window, line.champion_kind) == (2, 2, "2013-05", "promote")
    assert (line.window, line.decision) == ("2013-11", "hold")


def test_a_model_in_one_line_has_what_its_health_rests_on(registry: SqlRegistry, clock: Clock) -> None:
    line = line_of(registry)
    assert (line.newest, line.newest_state, line.newest_reason) == (2, "champion", None)
    assert (line.scored, line.retrain_at, line.waiting, line.incidents) == (None, None, 0, 0)
    assert line.losses == (None,) * 9
    registry.scores.add(scores_of(12, 2), SCHEDULE)
    registry.monitoring.add(monitored(12).model_copy(update={"loss": 0.25}), request_of(12), SCHEDULE)
    version = evaluated(registry, 12)
    registry.versions.add_gate(MODEL, version.version, gate_of(version.version, "needs_approval", 2), SCHEDULE)
    registry.people.pause(MODEL, ADA, "the feed changes today")
    asked = clock.moment
    clock.forward(days=1)
    registry.monitoring.add(monitored(13, "alert").model_copy(update={"loss": 1e-9}), None, SCHEDULE)
    line = line_of(registry)
    assert (line.scored, line.window, line.losses[-3:]) == ("2013-12", "2014-01", (None, 0.25, 1e-9))
    assert (line.retrain_at, line.paused_at, line.waiting, line.incidents) == (asked, asked, 1, 1)
    assert (line.wrong_since, line.newest, line.newest_state) == (clock.moment, version.version, "evaluated")
    assert line.newest_reason == "better by 0.1"


def test_what_waits_is_told_with_the_question_that_is_open(registry: SqlRegistry) -> None:
    versions = [evaluated(registry, number) for number in (12, 13)]
    for version in versions:
        registry.versions.add_gate(MODEL, version.version, gate_of(version.version, "needs_approval", 2), SCHEDULE)
    asked = registry.people.request_approval(MODEL, versions[0].version, timedelta(days=3), SCHEDULE)
    with registry.read() as moment:
        found = {line.version: question for line, question in moment.questions([MODEL])}
        assert found == {versions[0].version: asked, versions[1].version: None}
        assert moment.questions([]) == moment.questions(["another"]) == []
    registry.people.answer_approval(MODEL, asked.approval, "void", "approve", ADA, "yes", "four eyes")
    with registry.read() as moment:
        assert [question for _, question in moment.questions([MODEL])] == [None, None]


def test_declarations_and_stored_models_are_read_for_many_at_once(registry: SqlRegistry) -> None:
    registry.models.register("other", "sha256:2", {"owner": "x"}, SCHEDULE)
    with registry.read() as moment:
        assert moment.specs([MODEL, "other", "none"]) == {MODEL: moment.spec(MODEL), "other": {"owner": "x"}}
        assert moment.stored_models([(MODEL, 1), (MODEL, 9)]) == {(MODEL, 1): moment.version(MODEL, 1).artifact}
        assert moment.specs([]) == {}
        assert moment.stored_models([]) == {}


def test_a_version_that_was_outrun_waits_for_nobody(registry: SqlRegistry) -> None:
    old = evaluated(registry, 4)
    registry.versions.add_gate(MODEL, old.version, gate_of(old.version, "needs_approval", 2), SCHEDULE)
    new = evaluated(registry, 6)
    registry.versions.add_gate(MODEL, new.version, gate_of(new.version, "needs_approval", 2), SCHEDULE)
    with registry.read() as moment:
        assert [line.version for line in moment.waiting(Query()).rows] == [new.version]
        assert moment.waiting(Query(), among=["another"]).total == 0


def test_a_window_that_is_concluded_again_is_told_once_as_it_was_concluded_last(registry: SqlRegistry) -> None:
    registry.monitoring.add(monitored(7, "alert", share=0.5), None, SCHEDULE)
    with registry.read() as moment:
        found = moment.windows(MODEL, Query(filters={"window": "2013-07"}))
        assert (found.total, found.rows[0].decision) == (1, "alert")
        assert moment.conclusions(MODEL, "2013-07", 2)[-1]["decision"] == "alert"


def test_windows_are_filtered_sorted_counted_and_cut_where_they_are(registry: SqlRegistry) -> None:
    with registry.read() as moment:
        assert [line.window for line in moment.windows(MODEL, Query(limit=2, offset=1)).rows] == ["2013-10", "2013-09"]
        assert moment.windows(MODEL, Query(limit=2)).total == 10
        assert [line.window for line in moment.windows(MODEL, Query(filters={"decision": "retrain"})).rows] == [
            "2013-05"
        ]
        either = moment.windows(MODEL, Query(filters={"decision": "retrain,hold"}))
        assert either.total == 10
        first = moment.windows(MODEL, Query(sort="reason", limit=1)).rows[0]
        last = moment.windows(MODEL, Query(sort="reason", descending=True, limit=1)).rows[0]
        assert first.reason < last.reason


@pytest.mark.parametrize("wanted", ["x' OR 1=1 --", "%", "_", "\\", "2013-05'; DROP TABLE windows; --"])
def test_a_filter_is_text_and_nothing_else(registry: SqlRegistry, wanted: str) -> None:
    with registry.read() as moment:
        assert moment.windows(MODEL, Query(filters={"window": wanted})).total == 0
        assert moment.windows(MODEL, Query(filters={"version": wanted})).total == 0
        assert moment.windows(MODEL, Query(sort=wanted)).total == 10


def test_a_span_of_windows_ends_where_it_is_asked_to(registry: SqlRegistry) -> None:
    with registry.read() as moment:
        assert [line.window for line in moment.span(MODEL, "2013-04", "2013-06", 10)] == [
            "2013-04",
            "2013-05",
            "2013-06",
        ]
        assert [line.window for line in moment.span(MODEL, "", "2013-06", 2)] == ["2013-05", "2013-06"]
        assert moment.around(MODEL, "2013-02") == (None, "2013-03")


def test_the_trail_of_all_models_shows_only_those_that_may_be_seen(registry: SqlRegistry, clock: Clock) -> None:
    registry.models.register("other", "sha256:2", {"owner": "x"}, SCHEDULE)
    with registry.read() as moment:
        assert {event.model for event in moment.events(Query(limit=100)).rows} == {MODEL, "other"}
        assert {event.model for event in moment.events(Query(limit=100), among=[MODEL]).rows} == {MODEL}
        promotions = moment.events(Query(filters={"kind": "champion.promoted"}), model=MODEL)
        assert [event.payload["version"] for event in promotions.rows] == [2, 1]
        later = (clock.moment + timedelta(days=1)).isoformat()
        assert moment.events(Query(filters={"since": later})).total == 0


def test_an_unknown_model_is_named(registry: SqlRegistry) -> None:
    with registry.read() as moment, pytest.raises(UnknownModel, match="nope"):
        moment.line("nope")


def test_a_page_of_models_takes_as_many_queries_for_one_as_for_many(registry: SqlRegistry) -> None:
    counts = []
    for count in (1, 20):
        for number in range(count):
            registry.models.register(f"model_{number}", "sha256:2", {"owner": "x"}, SCHEDULE)
        said: list[str] = []
        with registry.read() as moment:
            connection = moment._connection  # type: ignore[attr-defined]  # the test counts what is said on it
            sa.event.listen(connection, "before_cursor_execute", lambda *message, kept=said: kept.append(message[2]))
            names = [line.model for line in moment.models(Query()).rows]
            assert set(moment.last_losses(names, 24)) == set(names)
        counts.append(len(said))
    assert counts == [2, 2]


def test_what_was_exported_is_told_in_lines_where_it_is_imported(registry: SqlRegistry, tmp_path: object) -> None:
    other = SqlRegistry(f"sqlite:///{tmp_path}/other.db")
    other.audit.receive(MODEL, lambda: registry.audit.rows(MODEL))
    with registry.read() as here, other.read() as there:
        assert here.windows(MODEL, Query()).rows == there.windows(MODEL, Query()).rows


@pytest.fixture
def crowded(registry: SqlRegistry, clock: Clock) -> SqlRegistry:
    """A registry with 30 models, more than a table's page, of which a version of two waits."""
    for number in range(29):
        registry.models.register(f"model_{number:02}", "sha256:2", {"owner": f"team {number % 2}"}, SCHEDULE)
    for number in (6, 7):
        waiting = evaluated(registry, number)
        registry.versions.add_gate(MODEL, waiting.version, gate_of(waiting.version, "needs_approval", 2), SCHEDULE)
    return registry


LISTS: dict[str, Callable[[Moment, Query], Part[Any]]] = {
    "models": lambda moment, query: moment.models(query),
    "models that may be seen": lambda moment, query: moment.models(query, among=moment.names()),
    "the trail": lambda moment, query: moment.events(query),
    "the trail that may be seen": lambda moment, query: moment.events(query, among=moment.names()),
    "the trail of a model": lambda moment, query: moment.events(query, model=MODEL),
    "windows": lambda moment, query: moment.windows(MODEL, query),
    "versions": lambda moment, query: moment.versions(MODEL, query),
    "what waits": lambda moment, query: moment.waiting(query),
    "what waits and may be seen": lambda moment, query: moment.waiting(query, among=moment.names()),
}
"""Every list of a moment, asked for with and without a condition."""


@pytest.mark.parametrize("name", LISTS)
def test_every_list_counts_all_its_rows_whichever_part_is_asked_for(crowded: SqlRegistry, name: str) -> None:
    listed = LISTS[name]
    with crowded.read() as moment:
        rows = listed(moment, Query(limit=1000)).rows
        assert listed(moment, Query(limit=1000)).total == len(rows) > 1
        first, beyond = listed(moment, Query(limit=1)), listed(moment, Query(limit=1, offset=len(rows)))
        assert (first.total, first.rows) == (len(rows), rows[:1])
        assert (beyond.total, beyond.rows) == (len(rows), ())
        assert listed(moment, Query(limit=1, offset=len(rows) - 1)).rows == rows[-1:]
