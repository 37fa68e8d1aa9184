"""The registry's protocol: what is known about models, and the only way to change it.

Every change is one transaction that appends an event to the model's trail; doing the same again changes nothing.
Where a transaction's answer gets lost, its fate is looked up, and it is not made twice. The backend is SQL:
`windvane.stores.sql`.

Its methods stand in the modules of this package, a part each.
"""

from __future__ import annotations

from typing import Protocol

from windvane.stores.registry.champion import Champions
from windvane.stores.registry.data import Data, ModelRow
from windvane.stores.registry.trail import Row, Trail, TrailCheck
from windvane.stores.registry.trials import Trials
from windvane.stores.registry.versions import Versions
from windvane.stores.registry.watching import Watching

__all__ = ["ModelRow", "Registry", "Row", "TrailCheck"]


class Registry(Data, Versions, Champions, Trials, Watching, Trail, Protocol):
    """What is known, transactionally. A method that names a model raises `UnknownModel` when there is none."""

    url: str
    """Where it is, without credentials."""
    schema: str
    """The revision of its tables."""

    def close(self) -> None:
        """Let go of what is open."""
        ...
