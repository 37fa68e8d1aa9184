"""What must have come about before a person answers, for the end-to-end tests."""

from __future__ import annotations

from demo.client import AirflowClient
from demo.local_airflow import LocalAirflow
from tests.waiting import until


def waits(airflow: LocalAirflow, client: AirflowClient, model: str, run: str, tries: int = 1) -> str:
    """Wait until a run waits for a person; return the task that waits.

    It has parked when its state says so and the scheduler has seen its worker end: an answer that comes in between
    counts as well, but Airflow tries the task again first, after its retry delay.

    Args:
        airflow: Where it runs.
        client: A client of it.
        model: The model that is trained.
        run: The run.
        tries: How many times the run has been asked about by then.
    """
    log = airflow.logs / "scheduler.log"
    dag, found = f"{model}_train", list[str]()

    def parked() -> bool:
        found[:] = [
            task.task_id
            for task in client.task_instances(dag, run)
            if task.state in ("awaiting_input", "deferred") and ended(task.task_id) >= tries
        ]
        return bool(found)

    def ended(task: str) -> int:
        message = f"dag_id='{dag}', task_id='{task}', run_id='{run}'"
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
        return sum("Received executor event" in line and message in line for line in lines)

    until(parked, f"{dag} {run} waits for a person", seconds=240, pause=0.25)
    return found[0]
