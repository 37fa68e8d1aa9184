"""Runs to their end, for the end-to-end tests."""

from __future__ import annotations

from typing import Any

from demo.client import AirflowClient


def finished(client: AirflowClient, dag: str, **how: Any) -> dict[str, str | None]:
    """Run a DAG to its end and return the state of each task, by its own name, and of the run as `run`."""
    return ended(client, dag, client.trigger(dag, **how).run_id)


def ended(client: AirflowClient, dag: str, run_id: str) -> dict[str, str | None]:
    """Wait for a run's end; see `finished`."""
    done = client.wait_for_run(dag, run_id, timeout=240)
    states = {task.split(".")[-1]: state for task, state in client.task_states(dag, run_id).items()}
    return {**states, "run": done.state, "id": run_id}
