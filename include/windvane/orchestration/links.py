"""Links from a task: to the pages of its model, window and version, and to the runs it led to or came from.

Airflow asks for a link in the task's own process once the task has ended, well or badly, and keeps it as an XCom. Links
are relative: Airflow's UI resolves them below its base URL.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

from airflow.sdk import BaseOperatorLink, conf

from windvane.orchestration.provider import SCHEME

if TYPE_CHECKING:
    from airflow.sdk import BaseOperator

    from windvane.orchestration.compat import TaskInstanceKey

PREFIX = "/windvane"
"""Where the Models pages are mounted, below Airflow's base URL."""

FAILED = "windvane_failure"
"""The XCom in which a task that a named error ended leaves its name, cause and remedy."""

RUN_VIEW = "run"
"""The page, below the prefix, that tells of a DAG, a run or a task; Airflow shows it in a tab of each."""

ROUTE = "models"
"""What Airflow's own address of the pages ends with: `/plugin/models`."""

TRAINING = "version.train"
"""The task of a training run that fits the version."""


class RunLink(BaseOperatorLink):
    """A link to the DAG run that an operator left in its `linked_run`, as `<dag id>/<run id>`."""

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


class ModelLink(BaseOperatorLink):
    """The page of the task's model."""

    name = "Model"
    xcom_key = "windvane_link_model"

    def get_link(self, operator: BaseOperator, *, ti_key: TaskInstanceKey) -> str:
        """Return the page, once the task knew its model."""
        return self.page(getattr(operator, "linked", {}))

    def page(self, linked: dict[str, object]) -> str:
        """Return the page of what the operator left in its `linked`."""
        return model_page(linked["model"]) if linked.get("model") else ""


class WindowLink(ModelLink):
    """The page of the window that the task's run concerns."""

    name = "Window"
    xcom_key = "windvane_link_window"

    def page(self, linked: dict[str, object]) -> str:
        """Return the window's page, when the run concerns one."""
        return model_page(linked["model"], "windows", linked["window"]) if linked.get("window") else ""


class VersionLink(ModelLink):
    """The page of the version that the task made, judged, moved or scored with."""

    name = "Version"
    xcom_key = "windvane_link_version"

    def page(self, linked: dict[str, object]) -> str:
        """Return the version's page, when the task is about one."""
        return model_page(linked["model"], "versions", linked["version"]) if linked.get("version") else ""


PAGES = (ModelLink(), WindowLink(), VersionLink())
"""The links that every operator has."""


def model_page(*parts: object) -> str:
    """Return a page of a model, within Airflow's own frame."""
    base = urlsplit(conf.get("api", "base_url", fallback="") or "").path.rstrip("/")
    path = "/".join(quote(str(part), safe=":") for part in parts)
    return f"plugin/{ROUTE}{base}{PREFIX}/models/{path}"


def run_page(run: str) -> str:
    """Return the UI's page of a run named `<dag id>/<run id>`, or nothing for a run outside Airflow."""
    dag_id, _, run_id = run.partition("/")
    return f"dags/{quote(dag_id, safe='')}/runs/{quote(run_id, safe='')}" if dag_id and run_id else ""


def asset_uri(model: str, what: str) -> str:
    """Return the URI of an asset of a model."""
    return f"{SCHEME}://{model}/{what}"
