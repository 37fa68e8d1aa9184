"""The open list of named estimators: `Estimator("baseline")` instead of an import path."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar

from windvane.open_list import OpenList


class EstimatorKind(ABC):
    """A named estimator: a subclass in a module that an entry point of `windvane.estimators` names.

    The module is imported when a DAG file is parsed: it imports nothing heavy but within `build`.
    """

    name: ClassVar[str] = ""
    """What specs call it: a plain word."""
    tasks: ClassVar[tuple[str, ...]] = ("binary", "multiclass", "regression")
    """What it can be trained for."""

    @classmethod
    @abstractmethod
    def build(cls, task: str, **params: Any) -> Any:
        """Return an unfitted scikit-learn estimator for a task.

        A parameter `random_state` that it names is set to the spec's seed.
        """


def _name_of(item: object) -> str | None:
    return (item.name or None) if isinstance(item, type) and issubclass(item, EstimatorKind) else None


ESTIMATORS: OpenList[type[EstimatorKind]] = OpenList(
    "windvane.estimators", "estimator", _name_of, "windvane.estimators"
)
"""Every named estimator that an installed package brings."""
