"""The open list of verbs: a verb is a function that `@command` marks, in a module that an entry point names."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from windvane.cli.output import Answer
from windvane.open_list import OpenList

F = TypeVar("F", bound=Callable[..., Answer])

_LATE = 1000
"""Verbs of other packages come after Windvane's own."""


_PANELS = (
    (25, "Begin"),
    (140, "See what is there"),
    (200, "Decide, in your name"),
    (300, "Keep"),
    (_LATE, "Run a window"),
)
"""The groups of the help page: each verb is in the first whose number is above its order."""


@dataclass(frozen=True)
class Command:
    """How a verb is called.

    Args:
        name: Its name; after `windvane`, or after the group's.
        group: The group it is in, such as `run`; empty for none.
        order: Where it stands in the help page.
    """

    name: str
    group: str = ""
    order: int = _LATE

    @property
    def panel(self) -> str:
        """The group of the help page that it stands in."""
        return next((name for below, name in _PANELS if self.order < below), "From other packages")

    @property
    def words(self) -> str:
        """What a person types after `windvane`."""
        return f"{self.group} {self.name}".strip()


def command(*, name: str = "", group: str = "", order: int = _LATE) -> Callable[[F], F]:
    """Make `function(home, …) -> Answer` a verb; see `Command`. Its name is the function's where none is given."""

    def mark(function: F) -> F:
        known = Command(name or function.__name__.removesuffix("_").replace("_", "-"), group, order)
        function.__dict__["command"] = known
        return function

    return mark


def about(function: Callable[..., Answer]) -> Command:
    """Return how a verb is called."""
    known: Command = function.__dict__["command"]
    return known


def _words_of(item: Any) -> str | None:
    known = getattr(item, "command", None) if callable(item) else None
    return known.words if isinstance(known, Command) else None


COMMANDS: OpenList[Callable[..., Answer]] = OpenList("windvane.commands", "command", _words_of, "windvane.cli.commands")
"""Every verb that an installed package brings, by what a person types."""
