"""What steps hand on to each other and keep: frozen records that become JSON and come back unchanged."""

from __future__ import annotations

from windvane.results.data import ColumnProfile, ExpectationResult, Part, Profile, Snapshot, Validation
from windvane.results.explaining import Attribution, Dependence, Disagreement, Explanation, Importance
from windvane.results.people import Approval, LiveResult, Rollout, StagedWindow
from windvane.results.record import Record, Run
from windvane.results.upkeep import Finding, Swept, Verified
from windvane.results.versions import (
    Champion,
    Comparison,
    Consequence,
    Disparity,
    Estimate,
    Evaluation,
    GateOutcome,
    GateResult,
    GroupRate,
    Move,
    RuleOutcome,
    ScoringCost,
    Stress,
    Verdict,
    Version,
    VersionDraft,
    VersionState,
)
from windvane.results.watching import CheckOutcome, CheckResult, Decision, Event, MonitorResult, RetrainRequest, Scores

__all__ = [
    "Approval",
    "Attribution",
    "Champion",
    "CheckOutcome",
    "CheckResult",
    "ColumnProfile",
    "Comparison",
    "Consequence",
    "Decision",
    "Dependence",
    "Disagreement",
    "Disparity",
    "Estimate",
    "Evaluation",
    "Event",
    "ExpectationResult",
    "Explanation",
    "Finding",
    "GateOutcome",
    "GateResult",
    "GroupRate",
    "Importance",
    "LiveResult",
    "MonitorResult",
    "Move",
    "Part",
    "Profile",
    "Record",
    "RetrainRequest",
    "Rollout",
    "RuleOutcome",
    "Run",
    "Scores",
    "ScoringCost",
    "Snapshot",
    "StagedWindow",
    "Stress",
    "Swept",
    "Validation",
    "Verdict",
    "Verified",
    "Version",
    "VersionDraft",
    "VersionState",
]
