"""The Airflow plugin: makes the links of Windvane's operators known to the UI."""

from __future__ import annotations

from airflow.plugins_manager import AirflowPlugin

from windvane.orchestration.links import RetrainLink, ScoreDagLink


class WindvanePlugin(AirflowPlugin):
    """What Windvane adds to Airflow."""

    name = "windvane"
    operator_extra_links = [RetrainLink(), ScoreDagLink()]  # noqa: RUF012  # as Airflow declares it
