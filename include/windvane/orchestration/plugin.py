"""The Airflow plugin: what Windvane adds to a running Airflow."""

from __future__ import annotations

from airflow.plugins_manager import AirflowPlugin


class WindvanePlugin(AirflowPlugin):
    """Windvane as Airflow lists it; the links of its operators come with the operators."""

    name = "windvane"
