"""Who acts, and how that is known: `airflow:ada`, `os:1000/ada`, `schedule`; and whether two of them are one person."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple

ActorKind = Literal["person", "automation"]

_PEOPLE = ("airflow:", "os:", "cli:")
"""How the actors of people begin; all others are automation."""

_OF_AIRFLOW = ("airflow:", "backfill:")
"""Who vouches for the names of Airflow's users; a backfill names the person who created it."""


def actor_kind(actor: str) -> ActorKind:
    """Return who an actor is. It is asked once, when a run acts; from then on a column says so."""
    return "person" if actor.startswith(_PEOPLE) else "automation"


class _Person(NamedTuple):
    known_by: str
    """`users`: Airflow's auth manager; `os`: the operating system; `cli`: a name that anybody could have given."""
    id: str
    name: str


def alike(one: str, other: str, people: Mapping[str, str] | None = None) -> bool | None:
    """Tell whether two actors are one person; None where that cannot be told.

    The same name is taken for the same person, wherever it comes from. Two users of one operating system are told apart
    by their ids, two of Airflow by their names. A user of an operating system and one of Airflow with another name may
    be one person, unless `people` says who is who. So may root and everybody: many people are root.

    Args:
        one: As the audit log has it.
        other: Another one.
        people: Who users of the operating system are in Airflow: `{"os:1000": "airflow:ada"}`.
    """
    first, second = (_person(actor, people or {}) for actor in (one, other))
    if first is None or second is None:
        return False  # automation is nobody
    if first.name == second.name:
        return True
    if "os" not in (first.known_by, second.known_by):
        return False
    if first.known_by != second.known_by or "0" in (first.id, second.id):
        return None
    return None if first.id == second.id else False  # one id, two names: on two machines, or renamed


def _person(actor: str, people: Mapping[str, str]) -> _Person | None:
    known_by, _, rest = actor.partition(":")
    rest = rest.strip().casefold()
    if not rest:
        return None
    if known_by != "os":
        return _Person("users" if actor.startswith(_OF_AIRFLOW) else known_by, rest, rest)
    number, _, name = rest.partition("/")
    mapped = people.get(f"os:{number}")
    return _person(mapped, {}) if mapped else _Person("os", number, name or f"uid {number}")
