"""rides and its likes: made-up airflow dag families for end-to-end tests, alike but for name and approval."""

from windvane import Estimator, Features, Gate, Model, Monitor, Policy, Source, rule
from windvane.orchestration import build_airflow_dags

rides = Model(
    name="rides",
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
    gate=Gate(approval="first_version"),
)
build_airflow_dags(rides)
for one in ("reviewed", "parked"):
    build_airflow_dags(rides.revised(name=f"rides_{one}", gate=Gate(approval="always")))
build_airflow_dags(rides.revised(name="rides_eyes", gate=Gate(approval="always", four_eyes=True)))
build_airflow_dags(rides.revised(name="rides_hurried", gate=Gate(approval="always", approval_within="45s")))
for one in ("forward", "backward", "parallel", "shown"):
    build_airflow_dags(rides.revised(name=f"rides_{one}", gate=Gate()))
build_airflow_dags(rides.revised(name="rides_watched", gate=Gate(), source=Source.callable("rides:watched")))
build_airflow_dags(
    rides.revised(
        name="rides_refused",
        gate=Gate(rule.bound("log_loss", at_most=0.01)),
        monitor=Monitor(policy=Policy(cooldown=0, patience=3)),
    )
)
build_airflow_dags(rides.revised(name="rides_staged", gate=Gate(rule.min_rows(10), stages=(0.3,))))
