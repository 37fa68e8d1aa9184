"""What a person does before they answer, for the end-to-end tests."""

from __future__ import annotations

import time

from demo.client import AirflowClient

_TO_READ = 3.0
"""Seconds. A faster answer counts as well, but Airflow tries the task again first, after its retry delay."""


def waits(client: AirflowClient, model: str, run: str) -> str:
    """Wait until a run waits for a person, and for as long as one needs to read; return the task that waits."""
    for _ in range(480):
        for task, state in client.task_states(f"{model}_train", run).items():
            if state in ("awaiting_input", "deferred"):
                time.sleep(_TO_READ)
                return task
        time.sleep(0.25)
    raise AssertionError(client.task_states(f"{model}_train", run))
