"""flights: will a departure from New York arrive more than 15 minutes late? An Airflow dag family."""

from windvane import Estimator, Features, Gate, Model, Monitor, Source, rule
from windvane.orchestration import build_airflow_dags

WEATHER = ["temp", "dewp", "humid", "wind_speed", "precip", "pressure", "visib"]

flights = Model(
    name="flights",
    owner="punctuality",
    description="Chance that a departure arrives more than 15 minutes late, from what is known two hours before.",
    source=Source.callable("models.flights:departures"),
    start="2013-01-01",
    end="2014-01-01",
    window="month",
    timezone="America/New_York",
    event_time="departs_at",
    key="flight_id",
    target="late",
    task="binary",
    outcome_after="1d",
    features=Features(
        numbers=["distance", "hour", "weekday", "aircraft_age", "seats", *WEATHER],
        categories=["carrier", "origin", "dest"],
    ),
    estimator=Estimator("models.flights:pipeline", learning_rate=0.05),
    history="all",
    expect="models.flights:expectations",
    gate=Gate(
        rule.better_than_baseline("log_loss"),
        rule.not_worse_than_champion("log_loss", margin=0.01),
        rule.per_slice("origin"),
    ),
    monitor=Monitor.default(),
)
build_airflow_dags(flights)
