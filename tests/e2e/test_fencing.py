"""A try that Airflow gave up for dead wakes up after its successor, in a real Airflow: the registry refuses it."""

from __future__ import annotations

from pathlib import Path

from demo.local_airflow import LocalAirflow
from tests.waiting import until
from windvane.stores import open_stores

ROOT = Path(__file__).resolve().parents[2]
DAG_FILE = '''
"""A task whose first try outlives its own supervisor. An Airflow dag."""
import os
import signal
import time
from datetime import timedelta
from pathlib import Path

from airflow.sdk import DAG

from windvane import Estimator, Features, Model, Source
from windvane.errors import StaleAttempt
from windvane.orchestration.base import WindvaneOperator

HOME = Path(os.environ["WINDVANE_HOME"])
naps = Model(
    name="naps", owner="tests", window="day", event_time="at", key="id", target="late", task="binary",
    source=Source.callable("models.naps:rows"), estimator=Estimator("sklearn.dummy:DummyClassifier"),
    features=Features(numbers=("income",)),
)


class NapOperator(WindvaneOperator):
    def step(self, work):
        run, registry = work.run, work.stores.registry
        if run.attempt > 1:
            registry.models.register("naps", "sha256:second", {"owner": "the second try"}, run)
            (HOME / "second").touch()
            return {}
        os.kill(os.getppid(), signal.SIGKILL)  # as when a worker's supervisor is out of memory
        while not (HOME / "second").exists():
            time.sleep(0.1)
        try:
            registry.models.register("naps", "sha256:first", {"owner": "the first try"}, run)
        except StaleAttempt as error:
            (HOME / "refused").write_text(str(error))
        finally:
            (HOME / "ended").touch()
            os._exit(0)


with DAG("naps", schedule=None, default_args={"retries": 3, "retry_delay": timedelta(seconds=1)}):
    NapOperator(task_id="nap", model=naps)
'''
QUICK = {"task_instance_heartbeat_timeout": "10", "task_instance_heartbeat_timeout_detection_interval": "2"}


def test_a_worker_thought_dead_that_wakes_up_after_its_successor_cannot_write(
    airflow_database: Path, tmp_path: Path
) -> None:
    """In an Airflow of its own: so short a patience would give up the living tasks of others on a busy machine."""
    home, dags = tmp_path / "windvane", tmp_path / "dags"
    home.mkdir()
    dags.mkdir()
    (dags / "naps.py").write_text(DAG_FILE, encoding="utf-8")
    airflow = LocalAirflow(
        tmp_path / "airflow",
        dags=dags,
        python_path=[ROOT / "include"],
        env={"WINDVANE_HOME": str(home)},
        preload=(),
        database=airflow_database,
        settings={"scheduler": QUICK},
    )
    with airflow, airflow.client() as client:
        client.wait_for_dags(["naps"], timeout=120)
        client.unpause("naps")
        run = client.trigger("naps")
        assert client.wait_for_run("naps", run.run_id, timeout=240).state == "success"
        until((home / "ended").exists, "the first try ends", seconds=30)
    message = (home / "refused").read_text(encoding="utf-8")
    assert message.startswith(f"naps/{run.run_id}/nap: attempt 1 (fence 1) was superseded by attempt 2 (fence 2) at ")
    registry = open_stores(f"sqlite:///{home / 'registry.db'}", str(home / "artifacts")).registry
    assert registry.models.get("naps").owner == "the second try"
    assert [event.kind for event in registry.audit.events("naps")] == ["model.registered"]
