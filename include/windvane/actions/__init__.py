"""What people may do to a model, declared once: the command line, the pages and the DAGs draw it from here."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from windvane.actions.row import Action, Parameter, Permission, Shown
from windvane.actions.table import ACTIONS, action_of

if TYPE_CHECKING:
    from windvane.actions.doing import carry_out, read, refuse_changed
    from windvane.actions.situation import Doing, Given, Outcome, Place, State

__all__ = [
    "ACTIONS",
    "Action",
    "Doing",
    "Given",
    "Outcome",
    "Parameter",
    "Permission",
    "Place",
    "Shown",
    "State",
    "action_of",
    "carry_out",
    "read",
    "refuse_changed",
]

if not TYPE_CHECKING:  # else mypy would take any name

    def __getattr__(name: str) -> Any:
        """Import what exists only once somebody acts; a DAG file needs the table alone."""
        if name not in __all__:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        module = "doing" if name.islower() else "situation"
        return getattr(importlib.import_module(f"{__name__}.{module}"), name)
