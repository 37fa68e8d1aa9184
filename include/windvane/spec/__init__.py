"""What a user declares: typed, frozen, and validated when it is defined."""

from __future__ import annotations

from windvane.spec import rule
from windvane.spec.base import Declaration, canonical_json, sha256_of
from windvane.spec.metrics import METRICS, PRIMARY, Metric, Task, metrics_for
from windvane.spec.model import Model
from windvane.spec.parts import (
    CHECKS,
    CheckKind,
    Estimator,
    Features,
    Gate,
    Monitor,
    Policy,
    Schedule,
    Source,
    Weights,
)
from windvane.spec.rule import Rule

__all__ = [
    "CHECKS",
    "METRICS",
    "PRIMARY",
    "CheckKind",
    "Declaration",
    "Estimator",
    "Features",
    "Gate",
    "Metric",
    "Model",
    "Monitor",
    "Policy",
    "Rule",
    "Schedule",
    "Source",
    "Task",
    "Weights",
    "canonical_json",
    "metrics_for",
    "rule",
    "sha256_of",
]
