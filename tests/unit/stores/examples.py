"""Records for the tests of the stores: one model, `loans`, with a window a month of 2013."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from windvane import Estimator, Features, Model, Source
from windvane.results import (
    CheckResult,
    Evaluation,
    GateResult,
    MonitorResult,
    Reason,
    RetrainRequest,
    Run,
    Scores,
    Snapshot,
    Validation,
    Version,
    VersionDraft,
)
from windvane.spec import sha256_of
from windvane.stores import Registry
from windvane.windows import Cadence, Window

MODEL = "loans"
SCHEDULE = Run(actor="schedule", as_of=datetime(2014, 1, 1, tzinfo=UTC), run_id="scheduled__1")
ADA = Run(actor="cli:ada", as_of=datetime(2014, 1, 1, tzinfo=UTC), reason="I looked at it")


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.moment = datetime(2014, 1, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.moment

    def forward(self, **by: float) -> datetime:
        """Move on and return the new moment."""
        self.moment += timedelta(**by)
        return self.moment


def month(number: int) -> Window:
    """A month of 2013; 13 is January 2014."""
    return Cadence("month").window_at(datetime(2013 + (number - 1) // 12, (number - 1) % 12 + 1, 15, tzinfo=UTC))


def spec_of(**fields: Any) -> Model:
    """A spec whose columns are the ones of `tests.unit.stores.test_datasets`."""
    declared: dict[str, Any] = {
        "name": MODEL,
        "owner": "risk",
        "source": Source.callable("models.loans:rows"),
        "event_time": "at",
        "key": "id",
        "target": "late",
        "task": "binary",
        "features": Features(numbers=("income",), categories=("zip",)),
        "estimator": Estimator("sklearn.linear_model:LogisticRegression"),
    }
    return Model(**(declared | fields))


def snapshot_of(number: int, rows: int = 100) -> Snapshot:
    """The manifest of a month's rows."""
    window = month(number)
    return Snapshot(
        model=MODEL,
        window=window.key,
        start=window.start,
        end=window.end,
        rows=rows,
        outcomes=rows - 1,
        columns={"id": "int64"},
        parts=(),
    )


def draft_of(number: int, flavour: str = "") -> VersionDraft:
    """A version of a month; another flavour is another fingerprint."""
    window = month(number)
    return VersionDraft(
        model=MODEL,
        window=window.key,
        window_start=window.start,
        window_end=window.end,
        trained_until=window.end - timedelta(days=9),
        fingerprint=sha256_of([window.key, flavour]),
        artifact=sha256_of("model"),
        artifact_bytes=5,
        snapshots=(snapshot_of(number).digest,),
        rows=70,
        profile=sha256_of("profile"),
        spec_digest=sha256_of("spec"),
        training_digest=sha256_of("training"),
        code_digest=sha256_of("code"),
        environment={"python": "3.11"},
        seed=0,
        columns={"income": "number"},
    )


def evaluation_of(version: Version) -> Evaluation:
    """An evaluation without metrics."""
    return Evaluation(
        model=MODEL,
        version=version.version,
        snapshot=version.snapshots[-1],
        holdout_start=version.trained_until,
        holdout_end=version.window_end,
        rows=30,
        metrics=(),
        baseline=(),
    )


def gate_of(number: int, decision: Any = "promote", epoch: int = 0) -> GateResult:
    """A gate's decision."""
    evaluation = sha256_of(["evaluation", number])
    return GateResult(
        model=MODEL,
        version=number,
        decision=decision,
        reasons=(Reason(headline="better by 0.1"),),
        verdicts=(),
        evaluation=evaluation,
        expected_epoch=epoch,
    )


def built(registry: Registry, number: int, flavour: str = "") -> Version:
    """Record a version of a month."""
    return registry.versions.add(draft_of(number, flavour), SCHEDULE)


def evaluated(registry: Registry, number: int, flavour: str = "") -> Version:
    """Record a version of a month with its evaluation."""
    version = built(registry, number, flavour)
    registry.versions.add_evaluation(
        MODEL, version.version, sha256_of(["evaluation", version.version]), evaluation_of(version), SCHEDULE
    )
    return registry.versions.get(MODEL, version.version)


def promoted(registry: Registry, number: int, flavour: str = "") -> Version:
    """Record a version of a month and make it the champion."""
    version = evaluated(registry, number, flavour)
    champion = registry.champions.current(MODEL)
    registry.champions.promote(MODEL, version.version, champion.epoch if champion else 0, SCHEDULE, "the gate passed")
    return version


def scores_of(number: int, version: int, flavour: str = "") -> Scores:
    """A file of scores of a month."""
    return Scores(
        model=MODEL,
        window=month(number).key,
        version=version,
        snapshot=snapshot_of(number).digest,
        artifact=sha256_of(["scores", number, version, flavour]),
        rows=100,
        mean_score=0.25,
    )


def validation_of(number: int, success: bool = True) -> Validation:
    """The outcome of a month's expectations."""
    return Validation(snapshot=snapshot_of(number).digest, success=success, results=())


def monitored(number: int, decision: Any = "retrain", share: float = 0.1) -> MonitorResult:
    """What the monitor concludes of a month; another share is other evidence."""
    check = CheckResult(check="performance", outcome="finding", headline=f"{share:.0%} of the loss", effect=share)
    return MonitorResult(
        model=MODEL,
        window=month(number).key,
        decision=decision,
        reasons=(check.reason,),
        checks=(check,),
        version=1,
        snapshot=snapshot_of(number).digest,
        scores=scores_of(number, 1).artifact,
    )


def request_of(number: int, epoch: int = 1) -> RetrainRequest:
    """A retrain on a month, asked for under a champion's epoch."""
    window, digest = month(number), sha256_of(["request", number, epoch])
    return RetrainRequest(
        request=digest,
        model=MODEL,
        window=window.key,
        window_start=window.start,
        reason="the loss is recoverable",
        created_at=datetime(2014, 1, 1, tzinfo=UTC),
        run_id=f"retrain__{window.key}__{digest[7:15]}",
    )
