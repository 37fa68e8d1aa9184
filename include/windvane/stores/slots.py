"""An estimator with parts of other libraries, taken apart into what skops keeps and what each library keeps itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np
from sklearn.base import BaseEstimator

SLOT: Final = "windvane.stores.slots.Slot"


class Slot(BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """Stands in a stored estimator where a part of another library goes.

    Args:
        number: Which part.
    """

    def __init__(self, number: int = 0) -> None:
        self.number = number


def replaced(whole: Any, change: Callable[[Any], Any]) -> Any:
    """Return an object with some of its parts replaced, at any depth; the object itself is left as it is.

    Attributes, lists, tuples, dictionaries and arrays of objects are looked into. What holds no such part is the same
    object as before, and a part that stands in two places is replaced once.

    Args:
        whole: The object.
        change: Returns what takes a part's place, or the part itself.
    """
    return _Walk(change).of(whole)


class _Walk:
    def __init__(self, change: Callable[[Any], Any]) -> None:
        self._change = change
        self._seen: dict[int, tuple[Any, Any]] = {}

    def of(self, part: Any) -> Any:
        if part is None or isinstance(part, str | bytes | int | float | complex | type):
            return part
        if id(part) not in self._seen:
            self._seen[id(part)] = (part, part)  # of a circle, the first sight of it stays
            self._seen[id(part)] = (part, self._inside(part))
        return self._seen[id(part)][1]

    def _inside(self, part: Any) -> Any:
        changed = self._change(part)
        if changed is not part:
            return changed
        if isinstance(part, dict):
            made = {key: self.of(value) for key, value in part.items()}
            return part if _same(made.values(), part.values()) else _like(part, made)
        if isinstance(part, list | tuple):
            found = [self.of(item) for item in part]
            return part if _same(found, part) else _sequence(part, found)
        if isinstance(part, np.ndarray):
            return self._array(part)
        state = getattr(part, "__dict__", None)
        if not isinstance(state, dict) or (callable(part) and not hasattr(part, "fit")):
            return part
        made = {key: self.of(value) for key, value in state.items()}
        if _same(made.values(), state.values()):
            return part
        copy = object.__new__(type(part))
        copy.__dict__.update(made)
        return copy

    def _array(self, part: Any) -> Any:
        if part.dtype != object:
            return part
        found = [self.of(item) for item in part.ravel()]
        if _same(found, part.ravel()):
            return part
        made = np.empty(part.size, dtype=object)
        made[:] = found
        return made.reshape(part.shape)


def _same(found: Any, before: Any) -> bool:
    return all(one is other for one, other in zip(found, before, strict=True))


def _like(part: Any, made: dict[Any, Any]) -> Any:
    if type(part) is dict:
        return made
    copy = type(part)()
    copy.update(made)
    return copy


def _sequence(part: Any, found: list[Any]) -> Any:
    if hasattr(part, "_fields"):
        return type(part)(*found)
    return type(part)(found)
