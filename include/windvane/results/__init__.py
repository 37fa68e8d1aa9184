"""What steps hand on to each other and keep: frozen records that become JSON and come back unchanged."""

from __future__ import annotations

from windvane.results.data import ColumnProfile, ExpectationResult, Part, Profile, Segment, Snapshot, Validation
from windvane.results.explaining import Attribution, Dependence, Disagreement, Explanation, Importance
from windvane.results.incidents import Incident, Notice
from windvane.results.people import Approval, LiveResult, Rollout, StagedWindow
from windvane.results.record import Record, Run
from windvane.results.replay import PlanSummary, PlayedPlan, PlayedWindow, Replay
from windvane.results.states import VersionState
from windvane.results.upkeep import Finding, Lineage, Moved, Origin, Reproduced, Swept, TracedSnapshot, Verified
from windvane.results.versions import (
    Build,
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
)
from windvane.results.watching import CheckOutcome, CheckResult, Decision, Event, MonitorResult, RetrainRequest, Scores

__all__ = [
    "Approval",
    "Attribution",
    "Build",
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
    "Incident",
    "Lineage",
    "LiveResult",
    "MonitorResult",
    "Move",
    "Moved",
    "Notice",
    "Origin",
    "Part",
    "PlanSummary",
    "PlayedPlan",
    "PlayedWindow",
    "Profile",
    "Record",
    "Replay",
    "Reproduced",
    "RetrainRequest",
    "Rollout",
    "RuleOutcome",
    "Run",
    "Scores",
    "ScoringCost",
    "Segment",
    "Snapshot",
    "StagedWindow",
    "Stress",
    "Swept",
    "TracedSnapshot",
    "Validation",
    "Verdict",
    "Verified",
    "Version",
    "VersionDraft",
    "VersionState",
]
