"""Links from a task to the runs it led to or came from, shown on the task's Details tab."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from airflow.sdk import BaseOperatorLink

if TYPE_CHECKING:
    from airflow.sdk import BaseOperator
    from airflow.sdk.types import TaskInstanceKey


class RunLink(BaseOperatorLink):
    """A link to the DAG run that an operator left in its `linked_run`, as `<dag id>/<run id>`.

    Airflow asks for the link in the task's own process, once the task has ended, and keeps it as an XCom.
    """

    def get_link(self, operator: BaseOperator, *, ti_key: TaskInstanceKey) -> str:
        """Return the run's page, or nothing when the operator left no run."""
        return run_page(getattr(operator, "linked_run", ""))


class RetrainLink(RunLink):
    """The training run that answers the window's decision."""

    name = "Retrain run"
    xcom_key = "windvane_link_retrain"


class ChampionLink(RunLink):
    """The training run that made the version which the task scored with, promoted or went back to."""

    name = "Training run of the version"
    xcom_key = "windvane_link_champion"


def run_page(run: str) -> str:
    """Return the UI's page of a run named `<dag id>/<run id>`, or nothing for a run outside Airflow."""
    dag_id, _, run_id = run.partition("/")
    return f"/dags/{quote(dag_id, safe='')}/runs/{quote(run_id, safe='')}" if dag_id and run_id else ""
