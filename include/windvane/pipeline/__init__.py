"""One pipeline, as data: the tasks of a model's four graphs, and the runner that walks them in one process.

Airflow's DAGs are rendered from the same graphs (`windvane.orchestration.factory`).
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from windvane.pipeline.graph import Graph, Task, Wait
from windvane.pipeline.graphs import GRAPHS

if TYPE_CHECKING:
    from windvane.pipeline.resources import Resources

__all__ = ["GRAPHS", "Graph", "Resources", "Task", "Wait"]

if not TYPE_CHECKING:  # else mypy would take any name

    def __getattr__(name: str) -> Any:
        """Import the resources of single tasks when a DAG file names them; few do."""
        if name != "Resources":
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return importlib.import_module(f"{__name__}.resources").Resources
