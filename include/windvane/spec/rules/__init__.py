"""The gate's rules as typed declarations, by what they ask about; `windvane.rule` has the functions that build them."""

from __future__ import annotations

from windvane.spec.rules.base import Names, Rule
from windvane.spec.rules.behaviour import Calibration, Custom, Fairness, InputContract, Robustness
from windvane.spec.rules.budget import Age, Latency, Memory, MinRows, Size, TrainingRows
from windvane.spec.rules.combined import AllOf, AnyOf, AnyRule, Ask, Warn, leaves
from windvane.spec.rules.performance import (
    BetterThanBaseline,
    BetterThanChampion,
    Bound,
    NotWorseLive,
    NotWorseThanChampion,
    PerSlice,
)

__all__ = [
    "Age",
    "AllOf",
    "AnyOf",
    "AnyRule",
    "Ask",
    "BetterThanBaseline",
    "BetterThanChampion",
    "Bound",
    "Calibration",
    "Custom",
    "Fairness",
    "InputContract",
    "Latency",
    "Memory",
    "MinRows",
    "Names",
    "NotWorseLive",
    "NotWorseThanChampion",
    "PerSlice",
    "Robustness",
    "Rule",
    "Size",
    "TrainingRows",
    "Warn",
    "leaves",
]
