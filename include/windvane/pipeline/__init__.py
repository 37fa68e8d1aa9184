"""One pipeline, as data: the tasks of a model's four graphs, and the runner that walks them in one process.

Airflow's DAGs are rendered from the same graphs (`windvane.orchestration.factory`).
"""

from __future__ import annotations

from windvane.pipeline.graph import Graph, Task, Wait
from windvane.pipeline.graphs import GRAPHS
from windvane.pipeline.resources import Resources

__all__ = ["GRAPHS", "Graph", "Resources", "Task", "Wait"]
