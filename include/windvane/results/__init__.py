"""What steps hand on to each other and keep: frozen records that become JSON and come back unchanged."""

from __future__ import annotations

from windvane.results.data import ColumnProfile, ExpectationResult, Part, Profile, Snapshot, Validation
from windvane.results.record import Record, Run
from windvane.results.states import VersionState
from windvane.results.versions import (
    Build,
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
)
from windvane.results.watching import CheckOutcome, CheckResult, Decision, Event, MonitorResult, RetrainRequest, Scores

__all__ = [
    "Build",
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
    "Validation",
    "Verdict",
    "Version",
    "VersionDraft",
    "VersionState",
]
