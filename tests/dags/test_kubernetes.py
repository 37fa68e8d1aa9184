"""The example on Kubernetes: the pods that Airflow would ask for, held against the types of Kubernetes' own client."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from airflow.dag_processing.dagbag import DagBag
from kubernetes import client

from tests.dags.conftest import ROOT

if TYPE_CHECKING:
    from airflow.sdk import DAG


@pytest.fixture(scope="module")
def dags() -> dict[str, DAG]:
    bag = DagBag(dag_folder=str(ROOT / "docs" / "examples" / "on_kubernetes.py"))
    assert bag.import_errors == {}
    return dict(bag.dags)


def rendered(dag: DAG, task_id: str) -> dict[str, Any]:
    """The pod of a task, put together by the provider as its executor does it, as the API server is sent it."""
    from airflow.providers.cncf.kubernetes.pod_generator import PodGenerator

    template = client.V1Pod(spec=client.V1PodSpec(containers=[client.V1Container(name="base", image="airflow:3.3.2")]))
    pod = PodGenerator.construct_pod(
        dag_id=dag.dag_id,
        task_id=task_id,
        pod_id="pod",
        try_number=1,
        kube_image="airflow:3.3.2",
        date=None,
        run_id="manual__1",
        args=["airflow", "task"],
        pod_override_object=(dag.get_task(task_id).executor_config or {}).get("pod_override"),
        base_worker_pod=template,
        namespace="airflow",
        scheduler_job_id="1",
    )
    found: dict[str, Any] = client.ApiClient().sanitize_for_serialization(pod)
    return found


def problems(data: Any, kind: str, where: str = "pod") -> list[str]:
    """What Kubernetes' types of the fields do not allow; unknown fields too."""
    if kind.startswith(("list[", "dict[")):
        inner = re.sub(r"^(list\[|dict\[str, )|\]$", "", kind)
        items = enumerate(data) if kind.startswith("list[") else data.items()
        return [problem for key, one in items for problem in problems(one, inner, f"{where}.{key}")]
    if kind in ("str", "int", "float", "bool", "datetime", "object"):
        known = {"str": str, "int": int, "float": int | float, "bool": bool, "datetime": str, "object": object}[kind]
        return [] if isinstance(data, known) else [f"{where} is {data!r}, not a {kind}"]
    made = getattr(client, kind)
    types = {made.attribute_map[name]: inner for name, inner in made.openapi_types.items()}
    unknown = [f"{where} has no field {name!r}" for name in data if name not in types]
    found = (problems(one, types[name], f"{where}.{name}") for name, one in data.items() if name in types)
    return unknown + [problem for several in found for problem in several]


def test_every_task_has_a_pod_that_kubernetes_takes(dags: dict[str, DAG]) -> None:
    count = 0
    for dag in dags.values():
        for task_id in dag.task_ids:
            pod = rendered(dag, task_id)
            assert problems(pod, "V1Pod") == [], task_id
            assert pod["spec"]["containers"][0]["name"] == "base"
            count += 1
    assert count > 25
    broken = {"spec": {"containers": [{"name": "base", "resource": {}}], "priority": "high"}}
    said = ["pod.spec.containers.0 has no field 'resource'", "pod.spec.priority is 'high', not a int"]
    assert sorted(problems(broken, "V1Pod")) == said


def test_training_has_a_big_pod_and_what_asks_for_it_a_small_one(dags: dict[str, DAG]) -> None:
    train = dags["flights_k8s_train"]
    pods = {task: rendered(train, task)["spec"] for task in ("requested", "version.train", "data.snapshot", "gate")}
    memory = {task: pod["containers"][0]["resources"]["limits"]["memory"] for task, pod in pods.items()}
    assert memory == {"requested": "1Gi", "version.train": "32Gi", "data.snapshot": "4Gi", "gate": "1Gi"}
    assert pods["version.train"]["nodeSelector"] == {"pool": "training"}
    assert "nodeSelector" not in pods["requested"]
    assert {pod["containers"][0]["image"] for pod in pods.values()} == {"registry.example.com/flights:7"}
    act = rendered(dags["flights_k8s_act"], "act")["spec"]["containers"][0]
    assert act["resources"]["limits"] == {"memory": "1Gi"}
