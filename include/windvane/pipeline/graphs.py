"""The four graphs of a model. A task is one entry here and one step; Airflow and the runner take it from there."""

from __future__ import annotations

from windvane.pipeline.graph import Graph, Task

_DATA = (
    Task(
        "snapshot",
        "windvane.steps.data:snapshot",
        "SnapshotOperator",
        gives={"window": "window", "snapshot": "digest", "rows": "rows", "outcomes": "outcomes"},
        group="data",
        says="taking the snapshot of {window}",
    ),
    Task(
        "validate",
        "windvane.steps.data:validate",
        "ValidateOperator",
        takes={"digest": "snapshot.snapshot"},
        gives={"snapshot": "=digest", "document": "document"},
        group="data",
        says="validating {rows:,} rows",
    ),
)
_GROUP = {"data": "Take the window's snapshot, and hold it to the expectations"}

_ANSWERS = 9
"""Each answer that came too late for its champion, or too early for Airflow, takes a try."""
_KILLED = 9
"""Each time that the worker of a long search is killed takes a try; the search goes on where it was."""

TRAIN = Graph(
    "train",
    (
        Task("requested", operator="RequestedOperator", lasting="short"),
        Task(**{**vars(_DATA[0]), "after": ("requested",)}),
        _DATA[1],
        Task(
            "propose",
            "windvane.steps.tuning:propose",
            takes={"digest": "validate.snapshot"},
            gives={"study": "study", "workers": "workers", "trials_before": "trials"},
            only="searched",
            lasting="short",
            own_code=True,
            group="search",
            says="proposing a search",
        ),
        Task(
            "try",
            "windvane.steps.tuning:attempt",
            "TryOperator",
            takes={"study": "propose.study", "worker": "propose.workers"},
            gives={"tried": "tried"},
            only="searched",
            lasting="longest",
            retries=_KILLED,
            group="search",
            mapped="worker",
            says="trying parameters, {trials_before} trials known",
        ),
        Task(
            "choose",
            "windvane.steps.tuning:choose",
            takes={"study": "propose.study"},
            gives={"trial": "trial", "headline": "headline"},
            after=("try",),
            only="searched",
            lasting="longest",
            group="search",
            says="choosing parameters",
        ),
        Task(
            "train",
            "windvane.steps.training:train",
            "TrainOperator",
            takes={"digest": "validate.snapshot"},
            after=("choose",),
            gives={"version": "version", "digest": "artifact"},
            lasting="longest",
            group="version",
            says="training",
        ),
        Task(
            "evaluate",
            "windvane.steps.training:evaluate",
            "EvaluateOperator",
            takes={"number": "train.version"},
            gives={"version": "version", "evaluation": "sha256"},
            group="version",
            says="evaluating v{version}",
        ),
        Task(
            "gate",
            "windvane.steps.judging:gate",
            "GateOperator",
            takes={"number": "evaluate.version"},
            gives={"version": "version", "decision": "decision", "expected_epoch": "expected_epoch"},
            decides="decision",
            branches={"promote": "promote", "needs_approval": "approve", "reject": "reject"},
            lasting="short",
            own_code=True,
            says="judging v{version}",
        ),
        Task(
            "approve",
            "windvane.steps.approving:ask_approval",
            "ApproveOperator",
            takes={"number": "gate.version"},
            branches={"approve": "promote", "reject": "reject"},
            lasting="short",
            retries=_ANSWERS,
            own_code=True,  # a void answer has the version judged again
            person=True,
            says="the gate says {decision}: v{version} waits for a person",
        ),
        Task(
            "promote",
            "windvane.steps.judging:settle",
            "PromoteOperator",
            takes={"number": "gate.version", "expected_epoch": "gate.expected_epoch"},
            waits="branch",
            changes=("champion",),
            says="the gate says {decision}",
        ),
        Task(
            "reject",
            "windvane.steps.judging:reject",
            "RejectOperator",
            takes={"number": "gate.version"},
            waits="branch",
            lasting="short",
            says="the gate says {decision}",
        ),
        Task(
            "explain",
            "windvane.steps.explaining:explain",
            takes={"number": "evaluate.version"},
            gives={"explanation": "sha256"},
            says="explaining v{version}",
        ),
    ),
    {**_GROUP, "search": "Search for parameters", "version": "Train and evaluate a version"},
)

SCORE = Graph(
    "score",
    (
        *_DATA,
        Task(
            "score",
            "windvane.steps.scoring:score",
            "ScoreOperator",
            takes={"digest": "validate.snapshot"},
            gives={"scores": "", "version": "version"},
            reads=("champion",),
            says="scoring",
        ),
        Task(
            "publish",
            "windvane.steps.scoring:publish",
            "PublishOperator",
            takes={"scores": "score.scores"},
            gives={"version": "version", "artifact": "artifact", "publication": "publication"},
            lasting="short",
            changes=("scores",),
            says="publishing the scores of v{version}",
        ),
        Task(
            "deliver",
            "windvane.steps.delivering:deliver",
            "DeliverOperator",
            after=("publish",),
            only="delivered",
            says="delivering the scores of {window}",
        ),
        Task(
            "monitor_again",
            "windvane.steps.watching:monitor_again",
            "MonitorAgainOperator",
            after=("publish",),
            says="monitoring {window} again, if the monitor came first",
        ),
        Task(
            "shadow",
            "windvane.steps.staging:shadow",
            "ShadowOperator",
            takes={"digest": "validate.snapshot"},
            after=("score",),  # a promotion's share is fixed by the scoring
            only="staged",
            says="scoring with the challengers",
        ),
    ),
    _GROUP,
)

MONITOR = Graph(
    "monitor",
    (
        Task("reopen", "windvane.steps.watching:reopen", "ReopenOperator", says="looking at earlier windows again"),
        Task(
            "collect",
            "windvane.steps.collecting:collect",
            "CollectOperator",
            gives={"collected": ""},
            after=("reopen",),
            reads=("scores",),
            says="collecting {window}",
        ),
        Task(
            "check",
            "windvane.steps.watching:check",
            "CheckOperator",
            takes={"collected": "collect.collected"},
            gives={"checked": "digest", "collected": "=collected"},
            lasting="longest",  # where the signs ask for it, it trains a probe
            says="checking",
        ),
        Task(
            "decide",
            "windvane.steps.watching:decide",
            "DriftBranchOperator",
            takes={"checked": "check.checked"},
            gives={"window": "window", "decision": "decision", "request": "request"},
            decides="decision",
            branches={
                "retrain": "retrain",
                "alert": "alert",
                "hold": "hold",
                "insufficient_data": "insufficient_data",
            },
            says="deciding",
        ),
        Task(
            "live",
            "windvane.steps.staging:follow",
            "LiveOperator",
            after=("collect",),
            only="staged",
            changes=("champion",),
            says="comparing the challengers",
        ),
        Task(
            "report",
            "windvane.steps.reporting:report",
            "ReportOperator",
            takes={"collected": "check.collected"},
            gives={"report": ""},
            says="drawing the report",
        ),
        Task("retrain", operator="RetrainOperator", lasting="short", says="the monitor says {decision}"),
        Task("alert", operator="AlertOperator", lasting="short", says="the monitor says {decision}"),
        Task("hold", operator="HoldOperator", lasting="short", says="the monitor says {decision}"),
        Task("insufficient_data", operator="HoldOperator", lasting="short", says="the monitor says {decision}"),
        Task(
            "notify",
            operator="NotifyOperator",
            after=("retrain", "alert", "hold", "insufficient_data"),
            waits="branch",
            only="notified",
            lasting="short",
        ),
    ),
)

ROLLBACK = Graph(
    "rollback",
    (
        Task(
            "verify",
            "windvane.steps.judging:verify_version",
            "VerifyTargetOperator",
            gives={"version": "version", "digest": "artifact"},
            lasting="short",
            own_code=True,
        ),
        Task(
            "move",
            "windvane.steps.judging:rollback",
            "RollbackOperator",
            takes={"number": "verify.version"},
            changes=("champion",),
            lasting="short",
        ),
    ),
)

GRAPHS: dict[str, Graph] = {graph.name: graph for graph in (TRAIN, SCORE, MONITOR, ROLLBACK)}
"""Every graph by its name, in the order in which the DAGs of a family are built."""
