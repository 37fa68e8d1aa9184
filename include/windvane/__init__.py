"""Windvane keeps machine-learning models good in production on Apache Airflow.

Declare a model once; its DAG family validates its data, trains it, holds it at a gate, promotes it, scores with it,
watches it and retrains it, window by window, with every decision recorded, explained and reversible.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from windvane.spec import (
        Before,
        Branch,
        EarlyStopping,
        Estimator,
        Features,
        Gate,
        Keep,
        Key,
        Model,
        Monitor,
        OwnMetric,
        Policy,
        Publish,
        Schedule,
        Search,
        Source,
        Stages,
        Weights,
        limit,
        rule,
        space,
    )

__version__ = "0.1.0"

__all__ = [
    "Before",
    "Branch",
    "EarlyStopping",
    "Estimator",
    "Features",
    "Gate",
    "Keep",
    "Key",
    "Model",
    "Monitor",
    "OwnMetric",
    "Policy",
    "Publish",
    "Schedule",
    "Search",
    "Source",
    "Stages",
    "Weights",
    "__version__",
    "limit",
    "open",
    "rule",
    "space",
]


def __getattr__(name: str) -> Any:
    """Import what a spec is made of when it is asked for: every process of Airflow imports `windvane`, few use it."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module = "notebook.project" if name == "open" else "spec"
    return getattr(importlib.import_module(f"{__name__}.{module}"), name)
