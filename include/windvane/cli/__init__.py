"""The command line `windvane …`: the steps of every DAG run, and all that is known about a model, without Airflow."""

from __future__ import annotations

from windvane.cli.app import main

__all__ = ["main"]
