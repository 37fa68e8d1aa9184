"""Two versions as plain lines beside each other: what each was declared as, made from, and judged."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from windvane.results import Record, Version
from windvane.web.visit import Visit
from windvane.web.words import number, short, utc

Side = dict[tuple[str, str], str]
"""What is known of a version: a text for each subject and name."""

_LEFT_OUT = frozenset({"gate", "evaluation"})
_ORDER = ("gate", "metrics", "spec", "data")


class Line(Record):
    """One thing about two versions."""

    about: str
    """`gate`, `metrics`, `spec` (parameters among it), `data`, `made from`, `environment` or `columns`."""
    name: str
    one: str
    other: str
    same: bool


def side_of(visit: Visit, version: Version) -> tuple[Side, tuple[str, ...]]:
    """Return everything about a version but its metrics, by subject and name, and what of it is not to be had."""
    spec, unkept = _spec_of(visit, version)
    return {**_message(version), **{("spec", key): item for key, item in _leaves(spec)}}, unkept


def lines_of(one: Side, other: Side) -> list[Line]:
    """Return two sides as lines, those that differ first."""
    keys = list(dict.fromkeys([*one, *other]))
    found = [(about, name, one.get((about, name), "-"), other.get((about, name), "-")) for about, name in keys]
    lines = [Line(about=item[0], name=item[1], one=item[2], other=item[3], same=item[2] == item[3]) for item in found]
    order = {about: place for place, about in enumerate(_ORDER)}
    return sorted(lines, key=lambda line: (line.same, order.get(line.about, len(order))))


def _message(version: Version) -> Side:
    """Return everything about a version but its metrics as plain lines, by subject and name."""
    message: Side = {}
    for key, value in version.model_dump(mode="json", exclude=set(_LEFT_OUT)).items():
        at = getattr(version, key)
        if isinstance(at, datetime):
            about = "data" if key.startswith("window") or key == "trained_until" else "made from"
            message[about, key.replace("_", " ")] = utc(at)
        elif isinstance(value, dict):
            message |= {(key, name): str(item) for name, item in value.items()}
        elif key == "warnings":
            said = ", ".join(f"{item['category']} ({item['count']} times)" for item in value)
            message["data", "warnings of the fit"] = said or "none"
        elif key == "snapshots":
            message |= {("data", f"snapshot {place + 1}"): short(item) for place, item in enumerate(value)}
        else:
            about = "data" if key in ("window", "rows") else "made from"
            message[about, key.replace("_", " ")] = short(value) if str(value).startswith("sha256:") else number(value)
    for verdict in version.gate.verdicts if version.gate else ():
        message["gate", verdict.rule] = verdict.headline
    if version.gate:
        message["gate", "decision"] = version.gate.decision
    return message


def _spec_of(visit: Visit, version: Version) -> tuple[Any, tuple[str, ...]]:
    """Return the declaration that a version was trained by, or why it is not to be had."""
    kept, error = visit.artifact(version.spec_digest)
    if kept is None:
        message = f"{error.name}: {error.cause}" if error else "it is not kept"
        return {}, (f"the spec of v{version.version}: {message}",)
    try:
        return json.loads(kept), ()
    except ValueError:
        return {}, (f"the spec of v{version.version} is of a form that this version does not know",)


def _leaves(found: Any, name: str = "") -> Iterator[tuple[str, str]]:
    """Yield the values of a declaration by their dotted names; what is not declared is left out."""
    if isinstance(found, dict) and found:
        for key, item in found.items():
            yield from _leaves(item, f"{name}.{key}" if name else str(key))
    elif isinstance(found, list) and any(isinstance(item, dict | list) for item in found):
        for place, item in enumerate(found, start=1):
            yield from _leaves(item, f"{name} {place}")
    elif found not in (None, [], {}, ""):
        yield name, ", ".join(map(str, found)) if isinstance(found, list) else str(found)
