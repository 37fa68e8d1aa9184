"""Links from a task to the run that answers it, shown on the task's Details tab."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from airflow.sdk import BaseOperatorLink

if TYPE_CHECKING:
    from airflow.sdk.types import RuntimeTaskInstanceProtocol

RUN_KEY = "windvane_run"
"""XCom key under which a task leaves the run it points to, as `{"dag_id": …, "run_id": …}`."""


class RetrainLink(BaseOperatorLink):
    """The training run that a decision started."""

    name = "Retrain run"
    xcom_key = "windvane_link_retrain"

    def get_link(self, operator: object, *, ti_key: RuntimeTaskInstanceProtocol) -> str:  # type: ignore[override]
        """Return the run's page, or nothing when no run was started."""
        from airflow.sdk.execution_time.xcom import XCom

        found = XCom.get_value(ti_key=ti_key, key=RUN_KEY)
        return run_page(found["dag_id"], found["run_id"]) if found else ""


class ScoreDagLink(BaseOperatorLink):
    """Where the champion's effect is seen: the model's scoring DAG."""

    name = "Scoring runs"
    xcom_key = "windvane_link_scoring"

    def get_link(self, operator: object, *, ti_key: RuntimeTaskInstanceProtocol) -> str:  # type: ignore[override]
        """Return the page of the model's scoring DAG."""
        model = getattr(operator, "model", None)
        return f"/dags/{model.name}_score" if model is not None else ""


def run_page(dag_id: str, run_id: str) -> str:
    """Return the UI's page of a run, relative to the UI's own root."""
    return f"/dags/{quote(dag_id, safe='')}/runs/{quote(run_id, safe='')}"
