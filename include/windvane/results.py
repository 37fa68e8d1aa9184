"""What steps hand on to each other and keep: frozen records that become JSON and come back unchanged."""

from __future__ import annotations

import math
from datetime import datetime
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, model_validator

from windvane.spec.base import canonical_json, sha256_of

VersionState = Literal["built", "evaluated", "champion", "rejected", "archived"]
GateOutcome = Literal["promote", "needs_approval", "reject"]
RuleOutcome = Literal["pass", "fail", "inconclusive"]
Decision = Literal["hold", "retrain", "alert", "insufficient_data"]
CheckOutcome = Literal["ok", "found", "insufficient_data"]


class Record(BaseModel):
    """A frozen, JSON-able record. A number that is not finite is kept as None: JSON has no NaN."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    @model_validator(mode="before")
    @classmethod
    def _finite(cls, fields: Any) -> Any:
        return _without_nan(fields)

    def to_json(self) -> str:
        """Return the canonical JSON text: the same record gives the same bytes."""
        return canonical_json(self.model_dump(mode="json"))

    @classmethod
    def from_json(cls, text: str | bytes) -> Self:
        """Read what `to_json` wrote."""
        return cls.model_validate_json(text)

    @property
    def sha256(self) -> str:
        """`sha256:<hex>` of the canonical JSON."""
        return sha256_of(self.model_dump(mode="json"))


def _without_nan(value: Any) -> Any:
    """Return plain data with None in place of every number that is not finite."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: _without_nan(item) for key, item in value.items()}
    return [_without_nan(item) for item in value] if isinstance(value, list | tuple) else value


class Run(Record):
    """Who asks, from where, and as of when: handed in from the outermost layer, never looked up inside."""

    actor: str
    """The person or automation that asked: `cli:ada`, `airflow:admin`, `schedule`, `monitor`."""
    as_of: datetime
    """The moment this run stands at, UTC: outcomes due later do not exist for it. All tries of a run share it."""
    run_id: str = ""
    """The Airflow DAG run (`flights_train/manual__…`), or empty outside Airflow."""
    attempt: int = 1
    """The try number within Airflow."""
    reason: str = ""
    """Why a person asked, in their words."""


class Part(Record):
    """One Parquet file of a snapshot."""

    digest: str
    rows: int
    bytes: int


class Snapshot(Record):
    """The manifest of one window's immutable rows; its `sha256` is the snapshot's digest."""

    model: str
    window: str
    start: datetime
    end: datetime
    rows: int
    outcomes: int
    """Rows whose target is known."""
    columns: dict[str, str]
    """Column name to stored type."""
    parts: tuple[Part, ...]

    @property
    def digest(self) -> str:
        """The name of the snapshot."""
        return self.sha256


class ExpectationResult(Record):
    """One expectation's outcome, as a person reads it."""

    expectation: str
    column: str | None = None
    success: bool
    observed: str = ""
    unexpected_percent: float | None = None


class Validation(Record):
    """Outcome of the declared expectations on one snapshot."""

    snapshot: str
    success: bool
    results: tuple[ExpectationResult, ...]
    document: str | None = None
    """Digest of Great Expectations' own result document (JSON)."""


class ColumnProfile(Record):
    """A small summary of one column: enough to test later windows for drift without the rows."""

    kind: Literal["number", "category"]
    rows: int
    missing: int
    edges: tuple[float, ...] = ()
    """Numbers: inner bin edges (quantiles of the reference); bin i holds `edges[i-1] < x <= edges[i]`."""
    counts: tuple[int, ...] = ()
    """Numbers: rows in each of `len(edges) + 1` bins."""
    categories: dict[str, int] = {}
    """Categories: rows of each value kept."""
    other: int = 0
    """Categories: rows of values beyond the ones kept."""
    new: tuple[str, ...] = ()
    """Categories: the most frequent values among those."""
    hashed: bool = False
    """Categories: there were too many values to keep, so rows are counted in hash buckets."""
    minimum: float | None = None
    maximum: float | None = None
    mean: float | None = None
    std: float | None = None


class Profile(Record):
    """Summaries of all feature columns of one window (and of the score, as column `score` of `scores`)."""

    model: str
    window: str
    rows: int
    columns: dict[str, ColumnProfile]
    scores: dict[str, ColumnProfile] = {}


class Estimate(Record):
    """A metric's value with its interval."""

    metric: str
    value: float | None
    low: float | None = None
    """Lower end of the 95 % interval."""
    high: float | None = None
    """Upper end of the 95 % interval."""
    rows: int


class Comparison(Record):
    """A paired difference `challenger - other` of a row-wise loss on the same rows; negative is better."""

    metric: str
    other: str
    """`baseline`, or the champion as `v3`."""
    difference: float | None
    std_error: float | None
    rows: int
    slice: str | None = None
    """`origin=JFK` for a slice; None for all rows."""


class Evaluation(Record):
    """Metrics of a version on a holdout later in time than its training rows."""

    model: str
    version: int
    snapshot: str
    holdout_start: datetime
    holdout_end: datetime
    rows: int
    metrics: tuple[Estimate, ...]
    baseline: tuple[Estimate, ...]
    champion: int | None = None
    """The version compared with: champion at that time, trained on nothing at or after the holdout."""
    champion_metrics: tuple[Estimate, ...] = ()
    comparisons: tuple[Comparison, ...] = ()
    slices: dict[str, tuple[Estimate, ...]] = {}
    """`origin=JFK` to the primary metric on it."""
    notes: tuple[str, ...] = ()

    def metric(self, name: str) -> Estimate | None:
        """Return the version's estimate of a metric, if it was computed."""
        return next((item for item in self.metrics if item.metric == name), None)


class Verdict(Record):
    """One rule's outcome, with numbers and a sentence."""

    rule: str
    outcome: RuleOutcome
    sentence: str
    value: float | None = None
    limit: float | None = None


class GateResult(Record):
    """The gate's decision about a version, and why."""

    model: str
    version: int
    decision: GateOutcome
    reasons: tuple[str, ...]
    verdicts: tuple[Verdict, ...]
    evaluation: str
    """Digest of the evaluation it judged."""
    expected_epoch: int
    """The champion's epoch it looked at; promotion is refused when the pointer has moved since."""


class VersionDraft(Record):
    """Everything that made a version, before it has a number."""

    model: str
    window: str
    window_start: datetime
    window_end: datetime
    trained_until: datetime
    """No row at or after this moment was trained on; the holdout begins here."""
    fingerprint: str
    """SHA-256 of all inputs: the same inputs are the same version."""
    artifact: str
    """Digest of the stored model."""
    artifact_bytes: int
    snapshots: tuple[str, ...]
    """Digests of the snapshots trained on, oldest first; the last one also holds the holdout."""
    rows: int
    profile: str
    """Digest of the profile of the training rows."""
    spec_digest: str
    training_digest: str
    code_digest: str
    environment: dict[str, str]
    seed: int
    columns: dict[str, str] = {}
    """Feature columns and kinds it expects, in order."""


class Version(VersionDraft):
    """One trained model: immutable but for its state."""

    version: int
    state: VersionState
    created_at: datetime
    actor: str
    run_id: str = ""
    evaluation: str | None = None
    """Digest of its latest evaluation."""
    gate: GateResult | None = None


class Champion(Record):
    """Where a model's pointer stands (or stood)."""

    model: str
    version: int
    epoch: int
    at: datetime
    """When the pointer moved here."""
    window: str
    """The version's window."""
    window_end: datetime
    trained_until: datetime


class Move(Champion):
    """One move of the pointer, with who and why."""

    kind: Literal["promote", "rollback"]
    from_version: int | None
    actor: str
    reason: str
    run_id: str = ""


class Scores(Record):
    """A published file of scores: key, event time, score, version."""

    model: str
    window: str
    version: int
    snapshot: str
    artifact: str
    """Digest of the Parquet file."""
    rows: int
    mean_score: float | None
    at: datetime | None = None


class CheckResult(Record):
    """One monitored question about a window, answered."""

    check: str
    outcome: CheckOutcome
    sentence: str
    effect: float | None = None
    """The effect size, in the unit the sentence names."""
    low: float | None = None
    """Lower end of its interval where it has one."""
    columns: tuple[str, ...] = ()
    """Columns that moved, the strongest first."""
    details: dict[str, Any] = {}


class MonitorResult(Record):
    """What the monitor concludes for a window, and the evidence."""

    model: str
    window: str
    decision: Decision
    reasons: tuple[str, ...]
    checks: tuple[CheckResult, ...]
    version: int | None
    """The version that scored the window."""
    loss: float | None = None
    """That version's mean loss in the window (primary metric)."""
    first_loss: float | None = None
    """The mean loss the model's first champion would have had: what never retraining costs."""
    snapshot: str = ""
    scores: str | None = None
    profile: str | None = None
    request: str | None = None
    """The retrain request this decision made."""
    at: datetime | None = None


class RetrainRequest(Record):
    """A retrain that the monitor asked for; started exactly once."""

    request: str
    """Deterministic id: same model, window and champion, same request."""
    model: str
    window: str
    window_start: datetime
    reason: str
    created_at: datetime
    run_id: str
    """Deterministic id of the DAG run that answers it."""
    started_at: datetime | None = None


class Event(Record):
    """One link of a model's trail."""

    model: str
    seq: int
    at: datetime
    kind: str
    actor: str
    run_id: str = ""
    payload: dict[str, Any]
    previous: str
    """Hash of the event before; empty for the first."""
    hash: str
