"""What people may do to a model, declared once: the command line, the pages and the DAGs draw it from here."""

from __future__ import annotations

from windvane.actions.doing import carry_out, read, refuse_changed
from windvane.actions.row import Action, Doing, Given, Outcome, Parameter, Permission, Place, Shown, State
from windvane.actions.table import ACTIONS, action_of

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
