"""What a change of a declaration means for a model's history: a pure function of the spec before and the spec now."""

from __future__ import annotations

from typing import Literal, NamedTuple

from windvane.spec import Model

Meaning = Literal["harmless", "new version", "another model"]

_ANOTHER_MODEL = {
    "task": "what a version predicts is of another kind",
    "target": "outcomes of then and now are not of one thing",
    "window": "windows of then and now do not fit together, and rows would be in two of them or in none",
    "timezone": "windows of then and now do not fit together, and rows would be in two of them or in none",
    "key": "published scores are found by the key",
    "event_time": "published scores and snapshots are ordered by the event time",
}
"""Fields that nothing bridges, and why."""


class Difference(NamedTuple):
    """One field that is declared otherwise than before.

    Args:
        field: The field.
        then: What it was, as people read it.
        now: What it is.
        meaning: `harmless`: what was made stays as it is, and later runs follow the new declaration. `new version`: the
            next training makes another version; versions of before go on as they were declared. `another model`:
            nothing bridges it.
        why: Why nothing bridges it; empty otherwise.
    """

    field: str
    then: str
    now: str
    meaning: Meaning
    why: str = ""


def differences(then: Model, now: Model) -> list[Difference]:
    """Return what is declared otherwise, what nothing bridges first."""
    found = []
    for field in type(now).model_fields:
        before, after = getattr(then, field), getattr(now, field)
        if before == after or field == "name":
            continue
        meaning: Meaning = "new version"
        if field in _ANOTHER_MODEL:
            meaning = "another model"
        elif field in Model.not_trained():
            meaning = "harmless"
        found.append(Difference(field, repr(before), repr(after), meaning, _ANOTHER_MODEL.get(field, "")))
    return sorted(found, key=lambda item: item.meaning)


def unbridged(then: Model, now: Model) -> list[Difference]:
    """Return the differences that nothing bridges."""
    return [item for item in differences(then, now) if item.meaning == "another model"]
