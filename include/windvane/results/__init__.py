"""What steps hand on to each other and keep: frozen records that become JSON and come back unchanged."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from windvane.results.data import (
        ColumnProfile,
        ExpectationResult,
        Link,
        Part,
        Profile,
        Recalibration,
        Segment,
        Snapshot,
        Validation,
    )
    from windvane.results.explaining import Dependence, Disagreement, Explanation, Importance, ShapValue
    from windvane.results.health import (
        DagState,
        Declared,
        FailedRun,
        HealthReport,
        ModelHealth,
        RunState,
        TaskFailure,
        Trouble,
    )
    from windvane.results.incidents import Incident, Notice
    from windvane.results.judging import (
        Backtest,
        Comparison,
        Consequence,
        Curve,
        CurvePoint,
        Disparity,
        Estimate,
        Evaluation,
        GateOutcome,
        GateResult,
        GroupRate,
        RuleOutcome,
        ScoringCost,
        Stress,
        Suspect,
        Verdict,
    )
    from windvane.results.people import Approval, LiveResult, Rollout, StagedWindow
    from windvane.results.reason import Number, Reason
    from windvane.results.record import Record, Run
    from windvane.results.replay import PlanSummary, PlayedPlan, PlayedWindow, Replay
    from windvane.results.states import VersionState
    from windvane.results.tuning import (
        Chosen,
        Cost,
        FoldLoss,
        Proposed,
        Study,
        StudyDraft,
        Trial,
        TrialResult,
        TrialState,
        Tried,
    )
    from windvane.results.upkeep import (
        Erasure,
        Finding,
        Lineage,
        Moved,
        Origin,
        Published,
        Received,
        Redelivery,
        Reproduced,
        Swept,
        Tombstone,
        TracedSnapshot,
        Verification,
        Verified,
    )
    from windvane.results.versions import (
        Build,
        Champion,
        EarlyStop,
        Elsewhere,
        FitWarning,
        Promotion,
        Refit,
        ToldElsewhere,
        Version,
        VersionDraft,
    )
    from windvane.results.watching import (
        CheckOutcome,
        CheckResult,
        Decision,
        Event,
        MonitorResult,
        Pause,
        Publication,
        RetrainRequest,
        Scores,
    )

__all__ = [
    "Approval",
    "Backtest",
    "Build",
    "Champion",
    "CheckOutcome",
    "CheckResult",
    "Chosen",
    "ColumnProfile",
    "Comparison",
    "Consequence",
    "Cost",
    "Curve",
    "CurvePoint",
    "DagState",
    "Decision",
    "Declared",
    "Dependence",
    "Disagreement",
    "Disparity",
    "EarlyStop",
    "Elsewhere",
    "Erasure",
    "Estimate",
    "Evaluation",
    "Event",
    "ExpectationResult",
    "Explanation",
    "FailedRun",
    "Finding",
    "FitWarning",
    "FoldLoss",
    "GateOutcome",
    "GateResult",
    "GroupRate",
    "HealthReport",
    "Importance",
    "Incident",
    "Lineage",
    "Link",
    "LiveResult",
    "ModelHealth",
    "MonitorResult",
    "Moved",
    "Notice",
    "Number",
    "Origin",
    "Part",
    "Pause",
    "PlanSummary",
    "PlayedPlan",
    "PlayedWindow",
    "Profile",
    "Promotion",
    "Proposed",
    "Publication",
    "Published",
    "Reason",
    "Recalibration",
    "Received",
    "Record",
    "Redelivery",
    "Refit",
    "Replay",
    "Reproduced",
    "RetrainRequest",
    "Rollout",
    "RuleOutcome",
    "Run",
    "RunState",
    "Scores",
    "ScoringCost",
    "Segment",
    "ShapValue",
    "Snapshot",
    "StagedWindow",
    "Stress",
    "Study",
    "StudyDraft",
    "Suspect",
    "Swept",
    "TaskFailure",
    "ToldElsewhere",
    "Tombstone",
    "TracedSnapshot",
    "Trial",
    "TrialResult",
    "TrialState",
    "Tried",
    "Trouble",
    "Validation",
    "Verdict",
    "Verification",
    "Verified",
    "Version",
    "VersionDraft",
    "VersionState",
]

_MODULES = {
    "data": "ColumnProfile ExpectationResult Link Part Profile Recalibration Segment Snapshot Validation",
    "explaining": "Dependence Disagreement Explanation Importance ShapValue",
    "health": "DagState Declared FailedRun HealthReport ModelHealth RunState TaskFailure Trouble",
    "incidents": "Incident Notice",
    "judging": "Backtest Comparison Consequence Curve CurvePoint Disparity Estimate"
    " Evaluation GateOutcome GateResult GroupRate RuleOutcome ScoringCost Stress Suspect Verdict",
    "people": "Approval LiveResult Rollout StagedWindow",
    "reason": "Number Reason",
    "record": "Record Run",
    "replay": "PlanSummary PlayedPlan PlayedWindow Replay",
    "states": "VersionState",
    "tuning": "Chosen Cost FoldLoss Proposed Study StudyDraft Trial TrialResult TrialState Tried",
    "upkeep": "Erasure Finding Lineage Moved Origin Published Received Redelivery Reproduced"
    " Swept Tombstone TracedSnapshot Verification Verified",
    "versions": "Build Champion EarlyStop Elsewhere FitWarning Promotion Refit ToldElsewhere Version VersionDraft",
    "watching": "CheckOutcome CheckResult Decision Event MonitorResult Pause Publication RetrainRequest Scores",
}
_HOME = {name: module for module, names in _MODULES.items() for name in names.split()}
"""Where each record stands. A kind's module, which a DAG file imports, names records only where it makes one."""

if not TYPE_CHECKING:  # else mypy would take any name

    def __getattr__(name: str) -> Any:
        """Import a record's module when the record is asked for: parsing a DAG file needs none."""
        if name not in _HOME:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        found = getattr(importlib.import_module(f"{__name__}.{_HOME[name]}"), name)
        globals()[name] = found
        return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
