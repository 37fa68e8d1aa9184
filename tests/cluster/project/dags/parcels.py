"""parcels and its likes: small made-up airflow dag families for the drills, one for each fault."""

import os
from pathlib import Path

from windvane import Estimator, Features, Gate, Model, Source
from windvane.orchestration import build_airflow_dags

FOLDER = Path(os.environ["PARCELS"])


def parcels(name: str, gate: Gate | None = None, estimator: str = "parcels:estimator") -> Model:
    """Return a model whose files lie in a folder of its own."""
    return Model(
        name=name,
        owner="drills",
        source=Source.csv(str(FOLDER / name / "*.csv")),
        start="2024-01-01",
        end="2024-01-04",
        window="day",
        event_time="at",
        key="parcel",
        target="delayed",
        task="binary",
        features=Features(numbers=["distance", "weight"]),
        estimator=Estimator(estimator),
        gate=gate or Gate(),
    )


for folder in sorted(FOLDER.iterdir()):
    if folder.name == "approval":
        build_airflow_dags(parcels(folder.name, Gate(approval="always")))
    elif folder.name == "stuck_task":
        build_airflow_dags(parcels(folder.name, estimator="parcels:slow"))
    else:
        build_airflow_dags(parcels(folder.name))
