"""What a gate rule is: its declaration, what it needs, and the open list of its kinds.

A kind stands in a module of its own, with its judging: the built-in ones in `lifecycle/rules`, found by their entry
point as those of other packages are. `windvane.rule` builds them.
"""

from __future__ import annotations

from windvane.spec.rules.base import MarginRule, MetricRule, Names, Rule, column_problems
from windvane.spec.rules.combined import Combined
from windvane.spec.rules.kinds import RULES, AnyRule, MissingRule
from windvane.spec.rules.needs import Groups, Needs, Perturbation, Slices

__all__ = [
    "RULES",
    "AnyRule",
    "Combined",
    "Groups",
    "MarginRule",
    "MetricRule",
    "MissingRule",
    "Names",
    "Needs",
    "Perturbation",
    "Rule",
    "Slices",
    "column_problems",
]
