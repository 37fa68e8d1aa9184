"""What a user declares: typed, frozen, and validated when it is defined."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from windvane.spec import rule, space
from windvane.spec.base import Declaration, canonical_json, sha256_of
from windvane.spec.checks import CHECKS, Check, Need, check_label, default_checks, finding_label, kind_of
from windvane.spec.gating import Gate, Stages
from windvane.spec.keeping import Keep
from windvane.spec.keys import Key
from windvane.spec.limits import Limit, limit
from windvane.spec.metrics import PRIMARY, Metric, MetricKind, OwnMetric, Task, metric_of, metrics_for, units_of
from windvane.spec.model import Model, is_model_name
from windvane.spec.parts import Before, EarlyStopping, Estimator, Features, Schedule, Weights
from windvane.spec.places import bucket_and_key
from windvane.spec.publish import Publish
from windvane.spec.rules import RULES, AnyRule, Needs, Rule
from windvane.spec.samplers import SAMPLERS, SamplerKind, Told
from windvane.spec.source import Source
from windvane.spec.space import Dimension
from windvane.spec.tuning import Branch, Search
from windvane.spec.watching import Monitor, Policy

if TYPE_CHECKING:
    from windvane.spec.plan import Plan, parse_plan

__all__ = [
    "CHECKS",
    "PRIMARY",
    "RULES",
    "SAMPLERS",
    "AnyRule",
    "Before",
    "Branch",
    "Check",
    "Declaration",
    "Dimension",
    "EarlyStopping",
    "Estimator",
    "Features",
    "Gate",
    "Keep",
    "Key",
    "Limit",
    "Metric",
    "MetricKind",
    "Model",
    "Monitor",
    "Need",
    "Needs",
    "OwnMetric",
    "Plan",
    "Policy",
    "Publish",
    "Rule",
    "SamplerKind",
    "Schedule",
    "Search",
    "Source",
    "Stages",
    "Task",
    "Told",
    "Weights",
    "bucket_and_key",
    "canonical_json",
    "check_label",
    "default_checks",
    "finding_label",
    "is_model_name",
    "kind_of",
    "limit",
    "metric_of",
    "metrics_for",
    "parse_plan",
    "rule",
    "sha256_of",
    "space",
    "units_of",
]

if not TYPE_CHECKING:  # else mypy would take any name

    def __getattr__(name: str) -> Any:
        """Import plans when they are asked for: no DAG file has one."""
        if name not in ("Plan", "parse_plan"):
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return getattr(importlib.import_module(f"{__name__}.plan"), name)
