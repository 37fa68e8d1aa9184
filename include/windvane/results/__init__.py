"""What steps hand on to each other and keep: frozen records that become JSON and come back unchanged."""

from __future__ import annotations

from windvane.results.data import ColumnProfile, ExpectationResult, Part, Profile, Snapshot, Validation
from windvane.results.explaining import Attribution, Dependence, Disagreement, Explanation, Importance
from windvane.results.record import Record, Run
from windvane.results.versions import (
    Champion,
    Comparison,
    Estimate,
    Evaluation,
    GateOutcome,
    GateResult,
    Move,
    RuleOutcome,
    Verdict,
    Version,
    VersionDraft,
    VersionState,
)
from windvane.results.watching import CheckOutcome, CheckResult, Decision, Event, MonitorResult, RetrainRequest, Scores

__all__ = [
    "Attribution",
    "Champion",
    "CheckOutcome",
    "CheckResult",
    "ColumnProfile",
    "Comparison",
    "Decision",
    "Dependence",
    "Disagreement",
    "Estimate",
    "Evaluation",
    "Event",
    "ExpectationResult",
    "Explanation",
    "GateOutcome",
    "GateResult",
    "Importance",
    "MonitorResult",
    "Move",
    "Part",
    "Profile",
    "Record",
    "RetrainRequest",
    "RuleOutcome",
    "Run",
    "Scores",
    "Snapshot",
    "Validation",
    "Verdict",
    "Version",
    "VersionDraft",
    "VersionState",
]
