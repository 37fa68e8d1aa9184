"""What a change of a declaration means for a model's history: a pure function of the spec before and the spec now."""

from __future__ import annotations

from collections.abc import Collection
from typing import Literal, NamedTuple

from windvane.errors import InvalidWindow
from windvane.spec import Before, Features, Model
from windvane.windows import Window

Meaning = Literal["another model", "new version", "harmless"]

_ANOTHER_MODEL = {
    "task": "what a version predicts is of another kind",
    "target": "outcomes of then and now are not of one thing",
    "key": "published scores are found by the key",
    "event_time": "published scores and snapshots are ordered by the event time",
}
"""Fields that nothing bridges, and why."""
_CALENDAR = ("window", "timezone", "before")
_CUT = "windows of then and now do not fit together, and rows would be in two of them or in none"
_SAYS: dict[Meaning, str] = {
    "another model": "nothing bridges it",
    "new version": "the next training makes another version; those of before go on as they were declared",
    "harmless": "the next run follows it; no version changes",
}


class Difference(NamedTuple):
    """One thing that is declared otherwise than before.

    Args:
        field: The field; of the features, the column.
        then: What it was, as people read it.
        now: What it is.
        meaning: `harmless`: what was made stays as it is, and later runs follow the new declaration. `new version`: the
            next training makes another version; versions of before go on as they were declared. `another model`:
            nothing bridges it.
        why: Why nothing bridges it, or what else there is to know; empty otherwise.
        remedy: What to do; empty where nothing needs to be done.
    """

    field: str
    then: str
    now: str
    meaning: Meaning
    why: str = ""
    remedy: str = ""

    @property
    def says(self) -> str:
        """What it means, in one sentence."""
        return self.why or _SAYS[self.meaning]


def differences(then: Model, now: Model, recorded: Collection[str] = ()) -> list[Difference]:
    """Return what is declared otherwise, what nothing bridges first.

    Args:
        then: The declaration before.
        now: The declaration now.
        recorded: The keys of the windows that were recorded under the one before.
    """
    found: list[Difference] = []
    if any(getattr(then, field) != getattr(now, field) for field in _CALENDAR):
        found.append(_of_calendar(then, now, recorded))
    for field in type(now).model_fields:
        before, after = getattr(then, field), getattr(now, field)
        if before == after or field in ("name", *_CALENDAR):
            continue
        if field == "features":
            found += _of_features(before, after)
        elif field in _ANOTHER_MODEL:
            found.append(_another(field, before, after, now, recorded))
        else:
            meaning: Meaning = "harmless" if field in Model.not_trained() else "new version"
            found.append(Difference(field, repr(before), repr(after), meaning))
    order: list[Meaning] = ["another model", "new version", "harmless"]
    return sorted(found, key=lambda item: order.index(item.meaning))


def unbridged(then: Model, now: Model, recorded: Collection[str] = ()) -> list[Difference]:
    """Return the differences that nothing bridges."""
    return [item for item in differences(then, now, recorded) if item.meaning == "another model"]


def _another(field: str, before: str, after: str, now: Model, recorded: Collection[str]) -> Difference:
    name, window = f"{now.name}_2", max(recorded, default=now.cadence.example)
    remedy = f"give the declaration a name of its own, such as {name}; then `windvane check`, and"
    remedy += f" `windvane run train {name} --window {window}`"
    if field in ("key", "event_time"):
        read = f"declare {field}={before!r}, and columns={{{after!r}: {before!r}}} of the source"
        remedy = f"where only the column was renamed, {read}; else {remedy}"
    return Difference(field, repr(before), repr(after), "another model", _ANOTHER_MODEL[field], remedy)


def _of_calendar(then: Model, now: Model, recorded: Collection[str]) -> Difference:
    """Compare two calendars: one is bridged by the other when every recorded window is the same in both."""
    field = next(name for name in _CALENDAR if getattr(then, name) != getattr(now, name))
    said = (field, repr(getattr(then, field)), repr(getattr(now, field)))
    windows = [found for key in recorded if (found := _window(then, key)) is not None]
    if any(_window(now, window.key) != window for window in windows):
        until = then.cadence.next(max(windows)).key
        bridge = Before(window=then.window, until=until, timezone=then.timezone, before=then.before)
        remedy = f"declare where the new windows begin, after the last recorded one: before={bridge!r}"
        return Difference(*said, "another model", _CUT, remedy)
    why = f"no recorded window changes; {_SAYS['new version']}"
    if now.cadence.since is not None:
        why = f"its windows begin at {now.cadence.since:%Y-%m-%d %H:%M} UTC; those before keep their keys"
    return Difference(*said, "new version", why)


def _window(model: Model, key: str) -> Window | None:
    try:
        return model.cadence.window(key)
    except InvalidWindow:
        return None


def _of_features(then: Features, now: Features) -> list[Difference]:
    before, after = _kinds(then), _kinds(now)
    found = []
    for name in sorted(before | after):
        old, new = before.get(name, ""), after.get(name, "")
        if old == new:
            continue
        if not old:
            why = "a feature was added: versions of before go on without it, and the monitor compares what both have"
        elif not new:
            why = (
                "a feature was removed: versions of before need its column, so train the next one before you score;"
                " the gate cannot compare the two, and asks a person"
            )
        else:
            why = "versions of before go on with its old kind, as long as its values are of that kind"
        remedy = (
            ""
            if new
            else f"where it was only renamed, keep {name}, and declare columns={{'its new name': '{name}'}} of"
            " the source: no version is lost"
        )
        found.append(
            Difference(f"feature {name}", old or "no feature", new or "no feature", "new version", why, remedy)
        )
    if then.make != now.make:
        found.append(Difference("features.make", repr(then.make), repr(now.make), "new version"))
    return found


def _kinds(features: Features) -> dict[str, str]:
    """Return each feature with its kind, and whether `make` makes it."""
    return {
        name: ("category" if name in features.categories else "number") + (" made" if name in features.made else "")
        for name in features.names
    }
