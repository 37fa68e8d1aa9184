"""Celery, PostgreSQL, Redis and S3 as in docker-compose.yaml, as processes: a worker is killed while it trains."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cluster.cluster import Cluster
from tests.cluster.drills import running
from tests.e2e.conftest import PROJECT, ROOT
from windvane import steps

MODEL = "rides"


@pytest.mark.integration
def test_a_worker_that_is_killed_while_it_trains_costs_time_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with (
        Cluster(tmp_path, dags=PROJECT / "dags", include=(ROOT / "include", PROJECT / "include")) as cluster,
        cluster.client() as client,
    ):
        dag = f"{MODEL}_train"
        client.wait_for_dags([dag], timeout=120)
        client.unpause(dag)
        run = client.trigger(dag, partition_key="2020-01")
        task = running(client, dag, "train")
        worker = cluster.part_of(task.pid or 0)
        assert worker.startswith("worker"), worker
        assert cluster.kill(worker) > 1
        assert client.wait_for_run(dag, run.run_id, timeout=300).state == "success"
        tries = {one.task_id: one.try_number for one in client.task_instances(dag, run.run_id)}
        assert tries["version.train"] > 1, tries
        for name, value in cluster.s3.environment.items():
            monkeypatch.setenv(name, value)
        stores = cluster.stores()
        champion = stores.registry.champions.current(MODEL)
        assert champion is not None
        assert [version.version for version in stores.registry.versions.all(MODEL)] == [champion.version] == [1]
        assert not steps.verify(MODEL, stores).problems
