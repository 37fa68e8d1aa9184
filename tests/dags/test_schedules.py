"""Every tick of every cadence concerns a window that has ended, and whose outcomes are due where they are needed."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pendulum
import pytest
from airflow.serialization.serialized_objects import DagSerialization
from airflow.timetables.base import TimeRestriction

from tests.dags.test_context import context_of
from tests.unit.lifecycle.examples import model_with
from windvane import Before, Model, Schedule
from windvane.orchestration.context import window_of
from windvane.orchestration.factory import family
from windvane.windows import Window

if TYPE_CHECKING:
    from airflow.sdk import DAG

CADENCES = [
    {"window": "year", "outcome_after": "40d"},
    {"window": "quarter", "outcome_after": "0d", "timezone": "Europe/Berlin"},
    {"window": "quarter", "outcome_after": "30d"},
    {"window": "quarter", "outcome_after": "88d"},
    {"window": "month", "outcome_after": "0d"},
    {"window": "month", "outcome_after": "1d", "timezone": "America/New_York"},
    {"window": "month", "outcome_after": "40d", "timezone": "Asia/Kolkata"},
    {"window": "week", "outcome_after": "0d"},
    {"window": "week", "outcome_after": "2d", "timezone": "Europe/Berlin"},
    {"window": "week", "outcome_after": "10d"},
    {"window": "week", "outcome_after": "P6DT12H"},
    {"window": "2 weeks", "outcome_after": "0d", "timezone": "Europe/Berlin"},
    {"window": "2 weeks", "outcome_after": "10d", "timezone": "America/New_York"},
    {"window": "2 weeks", "outcome_after": "P13DT12H"},
    {"window": "90d", "outcome_after": "3h", "timezone": "America/New_York"},
    {"window": "90d", "outcome_after": "40d"},
    {"window": "90d", "outcome_after": "P89DT12H", "timezone": "Pacific/Auckland"},
    {"window": "2 months", "outcome_after": "45d", "timezone": "Asia/Kolkata"},
    {"window": "5 months", "outcome_after": "0d"},
    {"window": "2 years", "outcome_after": "400d"},
    {"window": "day", "outcome_after": "0d", "timezone": "Europe/Berlin"},
    {"window": "day", "outcome_after": "3h"},
    {"window": "day", "outcome_after": "2d"},
    {"window": "6h", "outcome_after": "0d"},
    {"window": "6h", "outcome_after": "1h"},
    {"window": "1h", "outcome_after": "1d"},
]


def clocked(model: Model) -> list[DAG]:
    """The DAGs that tick: trainings too, where that is declared."""
    train = model.timetable()["train"].cron
    return family(model.revised(schedule=Schedule(train=train)))[:3]


def ticks(dag: DAG, count: int) -> list[tuple[datetime, str]]:
    """Return when runs are made and their partition keys, as Airflow's scheduler computes them, in order."""
    timetable: Any = DagSerialization.from_dict(DagSerialization.to_dict(dag)).timetable
    span = TimeRestriction(earliest=pendulum.datetime(2021, 1, 1), latest=None, catchup=True)
    found: list[Any] = []
    for _ in range(count):
        found.append(timetable.next_dagrun_info_v2(last_dagrun_info=found[-1] if found else None, restriction=span))
    return [(info.run_after, info.partition_key) for info in found]


@pytest.mark.parametrize("fields", CADENCES, ids=lambda fields: "-".join(fields.values()))
def test_each_window_gets_one_run_of_each_dag_and_none_comes_too_early(fields: dict[str, str]) -> None:
    model = model_with(**fields)
    for dag in clocked(model):
        windows: list[Window] = []
        for run_after, key in ticks(dag, 60):
            window = window_of(context_of("scheduled", key=key), model)
            needed = window.end if dag.dag_id.endswith("_score") else window.end + model.maturity
            assert needed <= run_after, f"{dag.dag_id} {key}"
            windows.append(window)
        assert windows == model.cadence.between(windows[0], windows[-1]), dag.dag_id


@pytest.mark.parametrize(
    "fields",
    [
        {"window": "2 weeks", "outcome_after": "10d", "timezone": "America/New_York"},
        {"window": "90d", "outcome_after": "40d"},
        {"window": "5 months", "outcome_after": "0d", "timezone": "Asia/Kolkata"},
    ],
    ids=lambda fields: fields["window"],
)
def test_a_backfill_of_several_units_has_one_run_a_window(fields: dict[str, str]) -> None:
    model = model_with(**fields)
    first = model.cadence.window_at(datetime(2021, 6, 1, tzinfo=UTC))
    windows = model.cadence.between(first, model.cadence.window_at(datetime(2026, 1, 1, tzinfo=UTC)))
    for dag in clocked(model):
        timetable: Any = DagSerialization.from_dict(DagSerialization.to_dict(dag)).timetable
        zone = ZoneInfo(model.timezone)
        bounds = (first.start.astimezone(zone), windows[-1].end.astimezone(zone) - timedelta(seconds=1))
        earliest, latest = (pendulum.instance(moment) for moment in bounds)
        found = [info.partition_key for info in timetable.iter_partition_dagrun_infos(earliest=earliest, latest=latest)]
        assert [window_of(context_of("backfill", key=key), model) for key in found] == windows, dag.dag_id


@pytest.mark.parametrize("maturity", ["0d", "10d"])
@pytest.mark.parametrize(
    ("before", "window", "timezone", "finer"),
    [
        (Before(window="month", until="2021-03"), "week", "UTC", True),
        (Before(window="month", until="2021-03"), "day", "America/New_York", True),
        (Before(window="month", until="2021-03"), "month", "America/New_York", True),
        (Before(window="month", until="2021-03", timezone="Pacific/Auckland"), "week", "America/New_York", True),
        (Before(window="week", until="2021-02-15"), "day", "UTC", True),
        (Before(window="year", until="2022"), "quarter", "UTC", True),
        (Before(window="month", until="2021-04"), "quarter", "UTC", False),
        (Before(window="day", until="2021-02-17"), "month", "UTC", False),
        (Before(window="day", until="2021-02-17"), "6h", "UTC", True),
        (Before(window="month", until="2021-03"), "2 weeks", "America/New_York", True),
        (Before(window="2 weeks", until="2021-03-01"), "week", "UTC", True),
        (Before(window="week", until="2021-03-01"), "2 weeks", "UTC", False),
        (Before(window="2 weeks", until="2021-03-01"), "3 weeks", "UTC", False),
    ],
)
def test_after_a_change_of_the_cadence_no_run_comes_too_early_and_no_finer_window_is_left_out(
    before: Before, window: str, timezone: str, finer: bool, maturity: str
) -> None:
    model = model_with(window=window, timezone=timezone, before=before, outcome_after=maturity)
    for dag in clocked(model):
        found: list[Window] = []
        for run_after, key in ticks(dag, 80 if window != "6h" else 400):
            concerned = window_of(context_of("scheduled", key=key), model)
            needed = concerned.end if dag.dag_id.endswith("_score") else concerned.end + model.maturity
            assert needed <= run_after, f"{dag.dag_id} {key}"
            found.append(concerned)
        assert found == sorted(found)
        if finer:
            assert list(dict.fromkeys(found)) == model.cadence.between(found[0], found[-1]), dag.dag_id


@pytest.mark.parametrize("fields", CADENCES, ids=lambda fields: "-".join(fields.values()))
def test_the_last_run_concerns_the_last_window_of_the_source(fields: dict[str, str]) -> None:
    end = "2021-01-03" if fields["window"].endswith("h") else "2021-03-01"
    model = model_with(**fields, start="2021-01-01", end=end)
    over = datetime.combine(date.fromisoformat(end), time(), ZoneInfo(model.timezone))
    for dag in clocked(model):
        assert dag.end_date is not None
        kept = [key for run_after, key in ticks(dag, 90) if run_after <= dag.end_date]
        last = window_of(context_of("scheduled", key=kept[-1]), model)
        assert last == model.cadence.window_at(over - timedelta(seconds=1)), dag.dag_id


@pytest.mark.parametrize("window", ["day", "month", "2 weeks", "6h"])
def test_a_training_that_nobody_declared_never_ticks_and_a_backfill_has_its_windows(window: str) -> None:
    model = model_with(window=window, timezone="UTC" if window == "6h" else "America/New_York")
    train = family(model)[0]
    timetable: Any = DagSerialization.from_dict(DagSerialization.to_dict(train)).timetable
    span = TimeRestriction(earliest=pendulum.datetime(2021, 1, 1), latest=None, catchup=True)
    assert timetable.next_dagrun_info_v2(last_dagrun_info=None, restriction=span) is None
    assert (timetable.periodic, timetable.partitioned, timetable.summary) == (True, True, "when it is asked for")
    first = model.cadence.window_at(datetime(2021, 6, 1, tzinfo=UTC))
    windows = model.cadence.between(first, model.cadence.window_at(datetime(2021, 9, 1, tzinfo=UTC)))
    bounds = (pendulum.instance(moment) for moment in (first.start, windows[-1].end - timedelta(seconds=1)))
    earliest, latest = (moment.in_timezone(model.timezone) for moment in bounds)
    found = [info.partition_key for info in timetable.iter_partition_dagrun_infos(earliest=earliest, latest=latest)]
    assert [window_of(context_of("backfill", key=key), model) for key in found] == windows


def test_many_models_begin_at_many_minutes_and_each_always_at_its_own() -> None:
    models = [model_with(name=f"model_{index}") for index in range(200)]
    minutes = [int(model.timetable()["score"].cron.split()[0]) for model in models]
    busiest = max(minutes.count(minute) for minute in set(minutes))
    assert busiest <= 12, "200 models over 60 minutes; all at once before"
    for model, minute in zip(models[:5], minutes, strict=False):
        assert {timing.cron.split()[0] for timing in model.timetable().values()} == {str(minute)}
    assert model_with(name="flights").timetable()["score"].cron == "22 5 1 * *", "the same in every release"
