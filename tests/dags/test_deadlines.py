"""A deadline counts from the window that a run concerns, by the clocks of the model's zone."""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from airflow.sdk import AsyncCallback, SyncCallback  # type: ignore[attr-defined] # Airflow's stubs leave them out

from tests.unit.lifecycle.examples import model_with
from windvane.errors import SpecError
from windvane.orchestration import Deadline, build_airflow_dags
from windvane.orchestration.deadlines import WindowDeadline, missed, moment_by
from windvane.windows import Cadence


@pytest.mark.parametrize(
    ("window", "timezone", "key", "by", "expected"),
    [
        ("day", "UTC", "2024-03-09", "06:00", "2024-03-10T06:00"),
        ("day", "America/New_York", "2024-03-09", "06:00", "2024-03-10T10:00"),  # the clocks went forward at two
        ("day", "America/New_York", "2024-03-09", "02:30", "2024-03-10T07:30"),  # skipped: as they would have shown it
        ("day", "America/New_York", "2024-11-02", "06:00", "2024-11-03T11:00"),
        ("month", "Asia/Kolkata", "2024-02", "00:00", "2024-02-29T18:30"),
        ("6h", "UTC", "2024-02-01T06:00:00", "06:00", "2024-02-02T06:00"),
        ("week", "UTC", "2024-01-01", "2d", "2024-01-10T00:00"),
        ("1h", "UTC", "2024-02-01T06:00:00", "30m", "2024-02-01T07:30"),
    ],
)
def test_when_a_window_must_be_done(window: str, timezone: str, key: str, by: str, expected: str) -> None:
    cadence = Cadence.parse(window, timezone)
    found = moment_by(by, cadence, cadence.window(key), timedelta(0))
    assert found == datetime.fromisoformat(expected).replace(tzinfo=UTC)


def test_where_outcomes_are_needed_it_counts_from_when_they_are_due() -> None:
    cadence = Cadence.parse("day", "UTC")
    found = moment_by("06:00", cadence, cadence.window("2024-03-01"), timedelta(days=2, hours=7))
    assert found == datetime(2024, 3, 5, 6, tzinfo=UTC)


@pytest.mark.parametrize(
    ("deadlines", "problem"),
    [
        ({"act": "06:00"}, "'act' cannot have a deadline; those that can: score, monitor, train"),
        ({"score": "25:00"}, "neither a time such as '06:00' nor a duration"),
        ({"score": 6}, "neither a time such as '06:00' nor a duration"),
        ({"score": "00:30"}, "is before"),
        ({"score": Deadline("09:00", tell=print)}, "`tell` is a SyncCallback or AsyncCallback"),
    ],
)
def test_what_is_no_deadline_is_refused_when_the_file_is_read(deadlines: Any, problem: str) -> None:
    with pytest.raises(SpecError, match=problem):
        build_airflow_dags(model_with(window="day"), deadlines=deadlines)


def test_the_dags_carry_their_deadlines_and_whom_to_tell() -> None:
    page = AsyncCallback("tests.dags.test_deadlines.page", {"to": "on call"})
    dags = {
        dag.dag_id.rpartition("_")[2]: dag
        for dag in build_airflow_dags(
            model_with(window="day", outcome_after="3h"), deadlines={"score": "08:00", "monitor": Deadline("1d", page)}
        )
    }
    alerts: dict[str, Any] = {name: dag.deadline for name, dag in dags.items() if dag.deadline}
    (score,), (monitor,) = alerts["score"], alerts["monitor"]
    assert sorted(alerts) == ["monitor", "score"]
    assert isinstance(score.callback, SyncCallback)
    assert monitor.callback is page
    again = WindowDeadline.deserialize_reference(monitor.reference.serialize_reference())
    assert (again.by, again.window, again.after) == ("1d", "day", 3 * 3600.0)


async def page(to: str, context: dict[str, Any]) -> None:
    """Somebody's own callback."""


def test_a_missed_deadline_is_one_line_of_the_log(caplog: pytest.LogCaptureFixture) -> None:
    run = {"dag_id": "rides_score", "partition_key": "2013-02", "dag_run_id": "scheduled__1", "state": "running"}
    with caplog.at_level(logging.ERROR):
        missed("06:00", {"dag_run": run, "deadline": {"deadline_time": "2013-03-01T11:00:00Z"}})
    (line,) = caplog.messages
    assert "rides_score, window 2013-02 was not done by 06:00" in line
    assert "run scheduled__1 is running" in line
