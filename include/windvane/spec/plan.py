"""Plans: ways to decide when a model is retrained, that `windvane replay` plays side by side."""

from __future__ import annotations

import re
from typing import Any, Literal

from pydantic import Field

from windvane.errors import SpecError
from windvane.spec.base import Declaration, unknown
from windvane.spec.watching import Policy

_EVERY = re.compile(r"every:([1-9][0-9]{0,3})")
_FORMS = ("declared", "never", "always", "every:3", "retrain_at=0.05,cooldown=2")


class Plan(Declaration):
    """When a played model is trained again. Read one from text with `parse_plan`."""

    label: str
    """The text it was read from, which names it in tables."""
    kind: Literal["policy", "never", "every"]
    every: int = 1
    """Windows from one training to the next, for `every`."""
    policy: Policy = Field(default_factory=Policy)
    """What the monitor decides by."""

    def scheduled(self, position: int) -> bool:
        """True when the plan trains on a window whatever the monitor says.

        Args:
            position: The window's place after the first one, from 1.
        """
        return self.kind == "every" and position % self.every == 0


def parse_plan(text: str, declared: Policy) -> Plan:
    """Read `declared`, `never`, `always`, `every:N`, or fields of a policy that replace declared ones.

    Args:
        text: Such as `every:3` or `retrain_at=0.05,cooldown=2`.
        declared: The spec's own policy.

    Raises:
        SpecError: It is none of these; or a field is unknown or has a wrong value.
    """
    text = text.strip()
    if text == "declared":
        return Plan(label=text, kind="policy", policy=declared)
    if text == "never":
        return Plan(label=text, kind="never", policy=declared)
    every = _EVERY.fullmatch(text)
    if every or text == "always":
        return Plan(label=text, kind="every", every=int(every[1]) if every else 1, policy=declared)
    if "=" not in text:
        raise SpecError("plan", [unknown(f"plan {text!r}", text, _FORMS)])
    return Plan(label=text, kind="policy", policy=declared.revised(**_fields(text)))


def _fields(text: str) -> dict[str, Any]:
    """Return the fields that `name=value,…` replaces; a list's values are separated by `+`."""
    fields: dict[str, Any] = {}
    for part in text.split(","):
        name, separator, value = (item.strip() for item in part.partition("="))
        if not separator or name in fields:
            raise SpecError(f"plan {text!r}", [f"{part.strip()!r} is not a field with its value, given once"])
        if name not in Policy.model_fields:
            raise SpecError(f"plan {text!r}", [unknown(f"field {name!r}", name, Policy.model_fields)])
        many = isinstance(Policy.model_fields[name].get_default(), tuple)
        fields[name] = tuple(filter(None, value.split("+"))) if many else value
    return fields
