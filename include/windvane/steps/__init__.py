"""One function a task: load, one pure call, save. Airflow's operators and the command line call the same ones."""

from __future__ import annotations

from windvane.steps.answering import answer_open, refuse_void
from windvane.steps.approving import DEADLINE, answer_approval, ask_approval, champion_changed, question, taken_answer
from windvane.steps.collecting import Collected, collect, waits
from windvane.steps.data import changes, snapshot, validate
from windvane.steps.delivering import deliver
from windvane.steps.examining import Examiner, examine_all, worst_first
from windvane.steps.explaining import card, explain, explanation
from windvane.steps.judging import approve, gate, promote, reject, rollback, settle, verify_version
from windvane.steps.moving import export_model, import_model
from windvane.steps.naming import Remark, Renamed, as_recorded, remarks, rename
from windvane.steps.reading import published, scores_of
from windvane.steps.reporting import asked_report, report
from windvane.steps.reproducing import reproduce
from windvane.steps.reviewing import newest_window, tried_beside
from windvane.steps.scoring import impossible, publish, score
from windvane.steps.staging import Followed, Versus, advance, compare, follow, live, shadow, withdraw
from windvane.steps.sweeping import sweep
from windvane.steps.tracing import lineage
from windvane.steps.training import evaluate, may_score, train
from windvane.steps.tuning import attempt, choose, propose
from windvane.steps.verifying import verify
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
    "evaluate",
    "examine_all",
    "explain",
    "explanation",
    "export_model",
    "follow",
    "gate",
    "import_model",
    "impossible",
    "lineage",
    "live",
    "may_score",
    "message",
    "monitor_again",
    "newest_window",
    "notices",
    "overdue",
    "pending",
    "promote",
    "propose",
    "publish",
    "published",
    "question",
    "refuse_void",
    "reject",
    "remarks",
    "rename",
    "reopen",
    "report",
    "reproduce",
    "rollback",
    "score",
    "scores_of",
    "settle",
    "shadow",
    "snapshot",
    "started",
    "sweep",
    "taken_answer",
    "train",
    "tried_beside",
    "validate",
    "verify",
    "verify_against",
    "verify_version",
    "waits",
    "withdraw",
    "worst_first",
]
