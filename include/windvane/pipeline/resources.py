"""What a single task may use, set from a DAG file."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from windvane.spec import Declaration


class Resources(Declaration):
    """What one task of a family may use; what is left out stays as the family has it.

    Such as `build_airflow_dags(model, tasks={"train": Resources(queue="big", timeout=timedelta(hours=12))})`.
    """

    pool: str | None = None
    """Airflow pool whose slots it takes."""
    pool_slots: int | None = None
    """How many of them."""
    queue: str | None = None
    """Queue of the workers that run it."""
    priority: int | None = None
    """Its weight among waiting tasks; more comes first."""
    executor: str | None = None
    """Executor, where Airflow has several."""
    executor_config: Mapping[str, Any] | None = None
    """What the executor takes for one task, such as a `pod_override`."""
    python: str | None = None
    """Interpreter of the Python environment that its steps run in, on the worker: `/opt/envs/churn/bin/python`."""
    retries: int | None = None
    """Tries after the first one."""
    timeout: timedelta | None = None
    """How long it may run."""

    def arguments(self) -> dict[str, Any]:
        """Return what Airflow's operators call them."""
        names = {"priority": "priority_weight", "timeout": "execution_timeout"}
        given = {name: getattr(self, name) for name in type(self).model_fields}
        return {names.get(name, name): value for name, value in given.items() if value is not None}
