"""What steps hand on to each other and keep: frozen records that become JSON and come back unchanged."""

from __future__ import annotations

from windvane.results.data import ColumnProfile, ExpectationResult, Part, Profile, Snapshot, Validation
from windvane.results.record import Record, Run
from windvane.results.upkeep import Finding, Swept, Verified
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
    "Champion",
    "CheckOutcome",
    "CheckResult",
    "ColumnProfile",
    "Comparison",
    "Decision",
    "Estimate",
    "Evaluation",
    "Event",
    "ExpectationResult",
    "Finding",
    "GateOutcome",
    "GateResult",
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
    "Swept",
    "Validation",
    "Verdict",
    "Verified",
    "Version",
    "VersionDraft",
    "VersionState",
]
