"""The stable path of a window's scores: what the registry says is current, for consumers who read a path."""

from __future__ import annotations

from windvane.stores import Stores
from windvane.stores.pointers import Pointers, content, scores_pointer


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
