"""Which models there are, and how each was declared last."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Protocol

from windvane.results import Record, Run


class ModelRow(Record):
    """A model as it was last registered."""

    name: str
    owner: str
    description: str
    task: str
    spec_digest: str
    registered_at: datetime
    """When it was first registered."""
    spec: dict[str, Any]


class Models(Protocol):
    """Which models there are, and how each was declared last."""

    def register(
        self, model: str, spec_digest: str, spec: dict[str, Any], run: Run, changes: Sequence[str] = ()
    ) -> None:
        """Make a model known, or note that its spec changed, with a line for each change."""
        ...

    def rename(self, model: str, name: str, run: Run) -> None:
        """Give a model another name: its records stay as they are, and every name that it had leads to them.

        Raises:
            ModelExists: Another model has that name, or had it.
            IllegalMove: It is the model's name already.
        """
        ...

    def recorded(self, name: str) -> str:
        """Return the name that a model's records have, from any that it ever had; an unknown one as it is."""
        ...

    def called(self) -> dict[str, str]:
        """Return what each model is called now, by the name that its records have."""
        ...

    def all(self) -> list[ModelRow]:
        """Return all models, by the names that their records have."""
        ...

    def get(self, model: str) -> ModelRow:
        """Return one model."""
        ...
