"""rides and its likes: made-up airflow dag families for end-to-end tests, alike but for name and approval."""

from airflow.sdk import get_parsing_context

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


def family(model: Model) -> None:
    """Build the DAGs of a model, unless a task of another one is being run: there are hundreds in these tests."""
    wanted = get_parsing_context().dag_id
    if wanted is None or wanted.rpartition("_")[0] == model.name:
        build_airflow_dags(model)


family(rides)
for one in ("reviewed", "parked"):
    family(rides.revised(name=f"rides_{one}", gate=Gate(approval="always")))
family(rides.revised(name="rides_eyes", gate=Gate(approval="always", four_eyes=True)))
family(rides.revised(name="rides_hurried", gate=Gate(approval="always", approval_within="45s")))
for one in ("forward", "backward", "parallel", "shown"):
    family(rides.revised(name=f"rides_{one}", gate=Gate()))
family(rides.revised(name="rides_watched", gate=Gate(), source=Source.callable("rides:watched")))
family(
    rides.revised(
        name="rides_refused",
        gate=Gate(rule.bound("log_loss", at_most=0.01)),
        monitor=Monitor(policy=Policy(cooldown=0, patience=3)),
    )
)
family(rides.revised(name="rides_awaited", gate=Gate(), monitor=Monitor(scores_within="2m")))
family(rides.revised(name="rides_staged", gate=Gate(rule.min_rows(10), stages=(0.3,))))
