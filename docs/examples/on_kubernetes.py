"""An Airflow dag family on Kubernetes: a big pod trains, from an image of the model's own; small ones do the rest."""

from kubernetes.client import V1Container, V1ObjectMeta, V1Pod, V1PodSpec, V1ResourceRequirements, V1Toleration

from models.flights import CATEGORIES, NUMBERS
from windvane import Estimator, Features, Model, Source
from windvane.orchestration import Resources, build_airflow_dags

IMAGE = "registry.example.com/flights:7"
"""Airflow, this Windvane, and the libraries of this model alone: other models bring other images."""


def pod(cpu: str, memory: str, **spec: object) -> dict[str, V1Pod]:
    """Return what is different about a task's pod; `base` is the name of Airflow's own container."""
    needs = V1ResourceRequirements(requests={"cpu": cpu, "memory": memory}, limits={"memory": memory})
    container = V1Container(name="base", image=IMAGE, resources=needs)
    labels = V1ObjectMeta(labels={"model": "flights_k8s"})
    return {"pod_override": V1Pod(metadata=labels, spec=V1PodSpec(containers=[container], **spec))}


small = Resources(executor_config=pod("250m", "1Gi"))
middle = Resources(executor_config=pod("1", "4Gi"))
big = Resources(
    executor_config=pod(
        "8",
        "32Gi",
        node_selector={"pool": "training"},
        tolerations=[V1Toleration(key="training", operator="Exists", effect="NoSchedule")],
    )
)

build_airflow_dags(
    Model(
        name="flights_k8s",
        owner="punctuality",
        source=Source.callable("models.flights:departures"),
        start="2013-01-01",
        timezone="America/New_York",
        event_time="departs_at",
        key="flight_id",
        target="late",
        task="binary",
        features=Features(numbers=NUMBERS, categories=CATEGORIES),
        estimator=Estimator("models.flights:pipeline", learning_rate=0.05),
    ),
    default_args=small.arguments(),
    tasks={"train": big, "explain": big, "check": big, "snapshot": middle, "evaluate": middle, "score": middle},
)
