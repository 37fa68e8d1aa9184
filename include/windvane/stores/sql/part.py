"""A part of the registry: beside the others, on the database that all of them share."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from inspect import Parameter, signature
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar

from windvane.results import Run
from windvane.stores.sql.connection import Database
from windvane.stores.sql.fence import hold_fence
from windvane.stores.sql.naming import recorded

if TYPE_CHECKING:
    import sqlalchemy as sa

P = ParamSpec("P")
T = TypeVar("T")
D = TypeVar("D", bound="Part")


class Part:
    """What the parts have in common: the database, and nothing else.

    Args:
        database: Opens the transactions, looks up those whose answer got lost, and makes the changes.
    """

    def __init__(self, database: Database) -> None:
        self.database = database


def reads(question: Callable[Concatenate[D, sa.Connection, P], T]) -> Callable[Concatenate[D, P], T]:
    """Make a method of a question: `connection` is that of a transaction which sees one moment.

    Where it asks about a `model`, any name that the model ever had is understood.
    """
    asked = _by_its_recorded_name(question)

    @wraps(question)
    def requested(self: D, /, *given: P.args, **named: P.kwargs) -> T:
        return self.database.read(lambda connection: asked(self, connection, *given, **named))

    return _without_connection(requested, question)


def writes(change: Callable[Concatenate[D, sa.Connection, P], T]) -> Callable[Concatenate[D, P], T]:
    """Make a method of a change: `connection` is that of a transaction in which the fence of its `run` holds.

    Where it is about a `model`, any name that the model ever had is understood.

    Raises:
        TypeError: The change has no parameter `run`: nobody would answer for it.
    """
    if "run" not in signature(change).parameters:
        raise TypeError(f"{change.__qualname__} changes the registry, and takes no `run` that says who asks")

    do = _by_its_recorded_name(change)

    @wraps(change)
    def made(self: D, /, *given: P.args, **named: P.kwargs) -> T:
        run = next(item for item in (*given, *named.values()) if isinstance(item, Run))

        def fenced(connection: sa.Connection) -> T:
            hold_fence(connection, run)
            return do(self, connection, *given, **named)

        return self.database.write(fenced)

    return _without_connection(made, change)


def _by_its_recorded_name(
    method: Callable[Concatenate[D, sa.Connection, P], T],
) -> Callable[Concatenate[D, sa.Connection, P], T]:
    """Call a method that has a parameter `model` with the name that this model's records have."""
    names = list(signature(method).parameters)[2:]  # behind `self` and `connection`
    if "model" not in names:
        return method
    place = names.index("model")

    def called(self: D, connection: sa.Connection, /, *given: Any, **named: Any) -> T:
        if "model" in named:
            named["model"] = recorded(connection, named["model"], self.database.names)
        elif place < len(given):
            known = recorded(connection, given[place], self.database.names)
            given = (*given[:place], known, *given[place + 1 :])
        return method(self, connection, *given, **named)

    return called


def _without_connection(method: Callable[P, T], of: Callable[..., T]) -> Callable[P, T]:
    """Show a method's parameters as its callers know them."""
    known = signature(of)
    rest: list[Parameter] = [item for name, item in known.parameters.items() if name != "connection"]
    method.__signature__ = known.replace(parameters=rest)  # type: ignore[attr-defined]  # a function takes any attribute
    return method
