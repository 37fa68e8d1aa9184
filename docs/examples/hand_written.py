"""A hand-written airflow dag that uses three of Windvane's operators beside a task of its own."""

from datetime import UTC, datetime

from airflow.sdk import CronPartitionTimetable, dag, task

from windvane import Estimator, Features, Model, Source
from windvane.orchestration import CheckOperator, CollectOperator, SnapshotOperator

flights = Model(
    name="flights",
    owner="punctuality",
    source=Source.callable("models.flights:departures"),
    event_time="departs_at",
    key="flight_id",
    target="late",
    task="binary",
    window="day",
    features=Features(numbers=["distance", "hour"], categories=["carrier"]),
    estimator=Estimator("models.flights:pipeline"),
)
daily = CronPartitionTimetable("0 6 * * *", timezone="UTC", run_offset=-1, key_format=flights.cadence.key_format)


@dag(schedule=daily, start_date=datetime(2013, 1, 1, tzinfo=UTC), catchup=False, tags=["windvane"])
def flights_inspection() -> None:
    """Check each day's departures, and tell somebody; nothing is retrained."""

    @task
    def tell(checked: dict[str, object]) -> str:
        return f"checks: {checked}"

    snapshot = SnapshotOperator(task_id="snapshot", model=flights)
    collect = CollectOperator(task_id="collect", model=flights)
    check = CheckOperator(task_id="check", model=flights)
    snapshot >> collect >> check
    tell(check.output)


flights_inspection()
