"""A hand-written Airflow dag of single Windvane operators: three learning rates, side by side, nothing is promoted."""

from datetime import UTC, datetime

from airflow.sdk import DAG, Param, TaskGroup, task

from models.flights import CATEGORIES, NUMBERS
from windvane import Estimator, Features, Model, Source
from windvane.orchestration import EvaluateOperator, SnapshotOperator, TrainOperator, ValidateOperator

RATES = {"slow": 0.02, "usual": 0.05, "fast": 0.1}


def trial(name: str, rate: float) -> Model:
    """Return flights with another learning rate, as a model of its own: the real one never hears of it."""
    return Model(
        name=f"flights_{name}",
        owner="punctuality",
        source=Source.callable("models.flights:departures"),
        start="2013-01-01",
        timezone="America/New_York",
        event_time="departs_at",
        key="flight_id",
        target="late",
        task="binary",
        features=Features(numbers=NUMBERS, categories=CATEGORIES),
        estimator=Estimator("models.flights:pipeline", learning_rate=rate),
        expect="models.flights:expectations",
    )


@task
def message(evaluations: list[str]) -> None:
    """Do what is yours with the digests: each is a JSON file among the artifacts."""
    print("\n".join(evaluations))  # noqa: T201  # a task's output is its log


with DAG(
    "flights_rates",
    schedule=None,
    start_date=datetime(2013, 1, 1, tzinfo=UTC),
    params={"window": Param("2013-01", type="string", title="Window")},
    tags=["windvane"],
):
    evaluations = []
    for name, rate in RATES.items():
        model = trial(name, rate)
        with TaskGroup(name):
            snapshot = SnapshotOperator(task_id="snapshot", model=model)
            valid = ValidateOperator(task_id="validate", model=model, snapshot=snapshot.xcom("snapshot"))
            version = TrainOperator(task_id="train", model=model, snapshot=valid.xcom("snapshot"))
            evaluation = EvaluateOperator(task_id="evaluate", model=model, version=version.xcom("version"))
            evaluations.append(evaluation.xcom("evaluation"))
    message(evaluations)
