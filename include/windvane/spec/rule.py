"""Gate rules: what must hold before a version becomes champion. One name for each kind of the open list.

`rule.size(5)` builds the kind `size`; so does a rule of any installed package under its own name.
"""

from __future__ import annotations

from collections.abc import Callable

from windvane.errors import UnknownRule
from windvane.spec.rules import RULES, Rule


def __getattr__(name: str) -> Callable[..., Rule]:
    """Return what builds a kind of rule.

    Raises:
        UnknownRule: No installed package brings it.
    """
    if name.startswith("_"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    if name not in RULES:
        raise UnknownRule(name, RULES)
    return RULES.get(name).of


def __dir__() -> list[str]:
    return sorted(RULES)
