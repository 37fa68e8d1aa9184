"""rides_backward: a made-up airflow dag family for end-to-end tests."""

from windvane import Estimator, Features, Gate, Model, Source
from windvane.orchestration import build_airflow_dags

build_airflow_dags(
    Model(
        name="rides_backward",
        owner="tests",
        source=Source.callable("rides:rows"),
        start="2020-01-01",
        end="2021-01-01",
        event_time="at",
        key="ride",
        target="cancelled",
        task="binary",
        features=Features(numbers=["distance", "wait"]),
        estimator=Estimator("rides:estimator"),
        gate=Gate(),
    )
)
