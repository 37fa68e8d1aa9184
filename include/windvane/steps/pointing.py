"""The stable path of a window's scores: what the registry says is current, for consumers who read a path."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from windvane.results import Publication
from windvane.stores import Stores
from windvane.stores.pointers import Pointers, content, said_publication, scores_pointer


class Astray(NamedTuple):
    """A stable path that does not lead to what is current.

    Args:
        name: The pointer's name.
        current: What it should lead to.
        named: The publication that it names; None where it names none.
        missing: True when there is no pointer.
    """

    name: str
    current: Publication
    named: int | None
    missing: bool

    @property
    def cause(self) -> str:
        """What is wrong with it, in words."""
        if self.missing:
            return f"it is missing, and publication {self.current.publication} is current"
        if self.named in (None, self.current.publication):
            return f"it is not what was written for publication {self.current.publication}, which is current"
        return f"it names publication {self.named}, and {self.current.publication} is current"


def astray(model: str, stores: Stores) -> Iterator[Astray]:
    """Yield the stable paths of a model that do not lead to what is current."""
    artifacts = stores.artifacts
    if not isinstance(artifacts, Pointers):
        return
    current: dict[str, Publication] = {}
    for item in stores.registry.scores.publications(model):
        current.setdefault(item.window, item)
    for window in sorted(current):
        name = scores_pointer(model, window)
        data = artifacts.pointer(name)
        found = current[window]
        if data != content(found):  # or a writer came between the two
            found = stores.registry.scores.current(model, window) or found
            data = artifacts.pointer(name)
        if data != content(found):
            yield Astray(name, found, said_publication(data), data is None)


def point_all(model: str, stores: Stores) -> None:
    """Let the stable paths of all windows of a model lead to what is current."""
    model = stores.registry.models.recorded(model)
    for item in list(astray(model, stores)):
        point(model, item.current.window, stores)


def point(model: str, window_key: str, stores: Stores) -> bool:
    """Let a window's stable path lead to its current publication; return whether it had to be written.

    The registry is asked again after each writing. So of two writers at the same time, whichever comes last has seen
    what the other one published; where one is killed in between, the next publication or a sweep repairs it.
    """
    artifacts, written = stores.artifacts, False
    if not isinstance(artifacts, Pointers):
        return False
    name, told = scores_pointer(model, window_key), None
    while (found := stores.registry.scores.current(model, window_key)) is not None and found.publication != told:
        data, told = content(found), found.publication
        if artifacts.pointer(name) != data:
            artifacts.point(name, data)
            written = True
    return written
