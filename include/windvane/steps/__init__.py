"""One function a task: load, one pure call, save. Airflow's operators and the command line call the same ones.

A task imports the module of its own step, and no other one.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from windvane.steps.answering import answer_open, refuse_void
    from windvane.steps.approving import (
        DEADLINE,
        answer_approval,
        ask_approval,
        champion_changed,
        question,
        taken_answer,
    )
    from windvane.steps.collecting import Collected, collect, waits
    from windvane.steps.data import changes, snapshot, validate
    from windvane.steps.delivering import deliver
    from windvane.steps.erasing import erase
    from windvane.steps.examining import Examiner, examine_all, standing_problem, worst_first
    from windvane.steps.explaining import card, explain, explanation
    from windvane.steps.judging import approve, gate, promote, reject, rollback, settle, verify_version
    from windvane.steps.moving import export_model, import_model
    from windvane.steps.naming import Remark, Renamed, as_recorded, remarks, rename
    from windvane.steps.reading import published, scores_of
    from windvane.steps.receiving import receive_version
    from windvane.steps.reporting import asked_report, keep_replay, report
    from windvane.steps.reproducing import reproduce
    from windvane.steps.retaining import retire
    from windvane.steps.reviewing import newest_window, tried_beside
    from windvane.steps.scoring import impossible, publish, score, unknown_categories
    from windvane.steps.staging import Followed, Versus, advance, compare, follow, live, shadow, withdraw
    from windvane.steps.sweeping import sweep
    from windvane.steps.tracing import lineage
    from windvane.steps.training import evaluate, may_score, train
    from windvane.steps.tuning import attempt, choose, propose
    from windvane.steps.verifying import note_verified, verify
    from windvane.steps.watching import (
        Checked,
        CheckedRef,
        check,
        decide,
        message,
        monitor_again,
        notices,
        overdue,
        pending,
        reopen,
        started,
    )
    from windvane.steps.witnessing import checkpoint, verify_against

__all__ = [
    "DEADLINE",
    "Checked",
    "CheckedRef",
    "Collected",
    "Examiner",
    "Followed",
    "Remark",
    "Renamed",
    "Versus",
    "advance",
    "answer_approval",
    "answer_open",
    "approve",
    "as_recorded",
    "ask_approval",
    "asked_report",
    "attempt",
    "card",
    "champion_changed",
    "changes",
    "check",
    "checkpoint",
    "choose",
    "collect",
    "compare",
    "decide",
    "deliver",
    "erase",
    "evaluate",
    "examine_all",
    "explain",
    "explanation",
    "export_model",
    "follow",
    "gate",
    "import_model",
    "impossible",
    "keep_replay",
    "lineage",
    "live",
    "may_score",
    "message",
    "monitor_again",
    "newest_window",
    "note_verified",
    "notices",
    "overdue",
    "pending",
    "promote",
    "propose",
    "publish",
    "published",
    "question",
    "receive_version",
    "refuse_void",
    "reject",
    "remarks",
    "rename",
    "reopen",
    "report",
    "reproduce",
    "retire",
    "rollback",
    "score",
    "scores_of",
    "settle",
    "shadow",
    "snapshot",
    "standing_problem",
    "started",
    "sweep",
    "taken_answer",
    "train",
    "tried_beside",
    "unknown_categories",
    "validate",
    "verify",
    "verify_against",
    "verify_version",
    "waits",
    "withdraw",
    "worst_first",
]

_MODULES = {
    name: module
    for module, names in {
        "answering": "answer_open refuse_void",
        "approving": "DEADLINE answer_approval ask_approval champion_changed question taken_answer",
        "collecting": "Collected collect waits",
        "data": "changes snapshot validate",
        "delivering": "deliver",
        "erasing": "erase",
        "examining": "Examiner examine_all standing_problem worst_first",
        "explaining": "card explain explanation",
        "judging": "approve gate promote reject rollback settle verify_version",
        "moving": "export_model import_model",
        "naming": "Remark Renamed as_recorded remarks rename",
        "reading": "published scores_of",
        "receiving": "receive_version",
        "reporting": "asked_report keep_replay report",
        "reproducing": "reproduce",
        "reviewing": "newest_window tried_beside",
        "scoring": "impossible publish score unknown_categories",
        "staging": "Followed Versus advance compare follow live shadow withdraw",
        "retaining": "retire",
        "sweeping": "sweep",
        "tracing": "lineage",
        "training": "evaluate may_score train",
        "tuning": "attempt choose propose",
        "verifying": "note_verified verify",
        "watching": "Checked CheckedRef check decide message monitor_again notices overdue pending reopen started",
        "witnessing": "checkpoint verify_against",
    }.items()
    for name in names.split()
}
"""Which module each is in."""

if not TYPE_CHECKING:  # else mypy would take any name

    def __getattr__(name: str) -> Any:
        """Import a step when somebody asks for it."""
        if name not in _MODULES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return getattr(importlib.import_module(f"{__name__}.{_MODULES[name]}"), name)
