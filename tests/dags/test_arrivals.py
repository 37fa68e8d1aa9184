"""A DAG that waits for data runs once the partitions of its window are there: said by Airflow's own scheduler."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from airflow.sdk import Asset

from tests.unit.lifecycle.examples import model_with
from windvane.errors import InvalidWindow, SpecError
from windvane.orchestration import After, build_airflow_dags
from windvane.orchestration.mappers import WholeWindowMapper, WindowMapper
from windvane.orchestration.partition_keys import within
from windvane.windows import Cadence

BOOKINGS = Asset("bookings", uri="s3://lake/bookings")
AIRFLOWS_OWN = "%Y-%m-%dT%H:%M:%S"


@pytest.mark.parametrize(
    ("window", "each", "timezone"),
    [
        ("month", "day", "America/New_York"),
        ("week", "day", "Europe/Berlin"),
        ("day", "1h", "UTC"),
        ("day", "1h", "America/New_York"),
        ("day", "30m", "Asia/Kolkata"),
        ("quarter", "month", "UTC"),
        ("year", "quarter", "Pacific/Auckland"),
        ("2 weeks", "week", "Europe/Berlin"),
        ("90d", "day", "UTC"),
        ("6h", "1h", "UTC"),
    ],
)
@pytest.mark.parametrize("key_format", [None, "%Y-%m-%dT%H:%M:%S%z"])
def test_every_partition_belongs_to_the_window_that_waits_for_it(
    window: str, each: str, timezone: str, key_format: str | None
) -> None:
    mapper = WholeWindowMapper(each=each, window=window, timezone=timezone, key_format=key_format)
    again = WholeWindowMapper.deserialize(json.loads(json.dumps(mapper.serialize())))
    cadence = Cadence.parse(window, timezone)
    seen: set[str] = set()
    found = cadence.window_at(datetime(2024, 1, 1, tzinfo=UTC))
    for _ in range(60):
        keys = again.to_upstream(found.key)
        assert keys and not keys & seen
        assert {mapper.to_downstream(key) for key in keys} == {found.key}
        seen |= keys
        found = cadence.next(found)


def test_a_day_has_the_hours_that_its_clocks_show() -> None:
    mapper = WholeWindowMapper(each="1h", window="day", timezone="America/New_York", key_format="%Y-%m-%dT%H:%M:%S%z")
    assert [len(mapper.to_upstream(day)) for day in ("2024-03-09", "2024-03-10", "2024-11-03")] == [24, 23, 25]


def test_the_partitions_of_a_window_are_its_parts_and_nothing_else() -> None:
    month = Cadence.parse("month", "Asia/Kolkata").window("2024-02")
    days = within(Cadence.parse("day", "Asia/Kolkata"), month)
    assert (days[0].start, days[-1].end, len(days)) == (month.start, month.end, 29)


@pytest.mark.parametrize(
    ("key", "key_format", "window"),
    [("2024-02", None, "2024-02"), ("2024-02-01T00:00:00", AIRFLOWS_OWN, "2024-02"), ("02/2024", "%m/%Y", "2024-02")],
)
def test_one_partition_may_be_the_window(key: str, key_format: str | None, window: str) -> None:
    mapper = WindowMapper(window="month", timezone="Asia/Kolkata", key_format=key_format)
    assert WindowMapper.deserialize(mapper.serialize()).to_downstream(key) == window


@pytest.mark.parametrize("key", ["2024-02-01T00:00:00", "", "north|2024-02", "2024-13"])
def test_a_partition_that_is_no_window_is_named(key: str) -> None:
    with pytest.raises(InvalidWindow):
        WindowMapper(window="month", timezone="UTC").to_downstream(key)


@pytest.mark.parametrize(
    ("after", "problem"),
    [
        ({"act": BOOKINGS}, "'act' cannot wait for data"),
        ("bookings", "assets of Airflow are waited for, not str"),
        (After(BOOKINGS, each="week"), "do not make up window 2022-12"),
        (After(BOOKINGS, each="fortnight"), "fortnight"),
        (After(BOOKINGS, each="day", key_format="%Y-%m"), "gives several partitions one key"),
        (After(BOOKINGS, key_format="%B %Y"), "has %B; allowed"),
    ],
)
def test_what_cannot_be_waited_for_is_refused_when_the_file_is_read(after: Any, problem: str) -> None:
    with pytest.raises(SpecError, match=problem):
        build_airflow_dags(model_with(window="month", timezone="America/New_York"), after=after)


def test_only_the_dags_that_are_named_wait() -> None:
    dags = {dag.dag_id.rpartition("_")[2]: dag for dag in build_airflow_dags(model_with(), after={"monitor": BOOKINGS})}
    waiting = [name for name, dag in dags.items() if type(dag.timetable).__name__ == "DataTimetable"]
    assert waiting == ["monitor"]


SCHEDULER = """
import json, sys
from datetime import datetime, UTC
from airflow.dag_processing.dagbag import DagBag, sync_bag_to_db
from airflow.utils.session import create_session
from airflow.models.dagrun import DagRun
from airflow.models.backfill import ReprocessBehavior, _do_dry_run
from airflow.models.deadline import Deadline
from airflow.models.log import Log
from airflow.assets.manager import AssetManager
from airflow.jobs.job import Job
from airflow.jobs.scheduler_job_runner import SchedulerJobRunner
from airflow.sdk import Asset
import pendulum
import sqlalchemy as sa

bag = DagBag(dag_folder=sys.argv[1], bundle_name="dags-folder")
assert not bag.import_errors, bag.import_errors
with create_session() as session:
    from airflow.dag_processing.bundles.manager import DagBundlesManager
    DagBundlesManager().sync_bundles_to_db(session=session)
sync_bag_to_db(bag, "dags-folder", None)
told = []
with create_session() as session:
    runner = SchedulerJobRunner(job=Job())
    runner._update_asset_orphanage(session=session)
    session.flush()
    for key in json.loads(sys.argv[2]):
        asset = Asset("bookings", uri="s3://lake/bookings")
        AssetManager.register_asset_change(asset=asset, partition_key=key, session=session)
        session.flush()
        runner._create_dagruns_for_partitioned_asset_dags(session)
        session.flush()
        runs = session.execute(sa.select(DagRun.dag_id, DagRun.partition_key, DagRun.run_type)).all()
        told.append([[run.dag_id, run.partition_key, str(run.run_type)] for run in runs])
    logged = [row for row in session.scalars(sa.select(Log.extra).where(Log.event == "failed to map partition_key"))]
    due = session.execute(sa.select(DagRun.dag_id, Deadline.deadline_time).join(Deadline.dagrun)).all()
    due = [[row.dag_id, row.deadline_time.isoformat()] for row in due]
    days = pendulum.datetime(2013, 4, 1), pendulum.datetime(2013, 6, 30)
    about = dict(reverse=False, reprocess_behavior=ReprocessBehavior.NONE, session=session)
    infos = _do_dry_run(dag_id="rides_score", from_date=days[0], to_date=days[1], **about)
    backfilled = [info.partition_key for info in infos]
print(json.dumps({"told": told, "logged": logged, "due": due, "backfilled": backfilled}))
"""

DAG_FILE = """
from airflow.sdk import Asset
from windvane import Estimator, Features, Model, Source
from windvane.orchestration import After, build_airflow_dags

MODEL = Model(
    name="rides",
    owner="fleet",
    source=Source.callable("models.flights:departures"),
    start="2013-01-01",
    timezone="America/New_York",
    event_time="departs_at",
    key="flight_id",
    target="late",
    task="binary",
    features=Features(numbers=["distance"]),
    estimator=Estimator("models.flights:pipeline"),
)
bookings = Asset("bookings", uri="s3://lake/bookings")
build_airflow_dags(MODEL, after=After(bookings, each="day"), deadlines={"score": "06:00", "monitor": "2d"})
"""


def scheduled(folder: Path, database: Path, keys: list[str]) -> dict[str, Any]:
    """What Airflow's scheduler does as the partitions come, one by one."""
    dags = folder / "dags"
    dags.mkdir()
    (dags / "rides.py").write_text(DAG_FILE, encoding="utf-8")
    shutil.copy(database, folder / "airflow.db")
    root = Path(__file__).resolve().parents[2]
    env = {name: value for name, value in os.environ.items() if not name.startswith("AIRFLOW")}
    env |= {
        "AIRFLOW_HOME": str(folder),
        "AIRFLOW__CORE__DAGS_FOLDER": str(dags),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{folder / 'airflow.db'}",
        "PYTHONPATH": str(root / "include"),
    }
    command = [sys.executable, "-c", SCHEDULER, str(dags), json.dumps(keys)]
    done = subprocess.run(command, env=env, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, (done.stdout + done.stderr)[-6000:]
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def test_airflows_scheduler_starts_the_run_with_the_last_day_and_knows_its_deadline(
    tmp_path: Path, airflow_database: Path
) -> None:
    days = [f"2013-02-{day:02}" for day in range(1, 29)]
    found = scheduled(tmp_path, airflow_database, [*days[1:], "nonsense", days[0]])
    run = ["rides_score", "2013-02", "asset_triggered"]
    assert found["told"] == [[]] * 28 + [[run]]
    assert len(found["logged"]) == 1
    assert "'nonsense'" in found["logged"][0]
    assert "InvalidWindow" in found["logged"][0]
    assert found["due"] == [["rides_score", "2013-03-01T11:00:00+00:00"]]
    assert found["backfilled"] == ["2013-04", "2013-05", "2013-06"]
