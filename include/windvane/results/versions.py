"""Records of versions: how they were made, judged, and moved to and from the champion."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import Field

from windvane.results.record import Record
from windvane.results.states import VersionState

GateOutcome = Literal["promote", "needs_approval", "reject"]
RuleOutcome = Literal["pass", "fail", "inconclusive"]


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
    slices: dict[str, tuple[Estimate, ...]] = Field(default_factory=dict)
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
    columns: dict[str, str] = Field(default_factory=dict)
    """Feature columns and kinds it expects, in order."""
    lock: str = ""
    """Digest of the list of all installed distributions with their versions; not part of the fingerprint."""
    parents: tuple[int, ...] = ()
    """The versions it follows: the champion of the window it was trained on."""


class Version(VersionDraft):
    """One trained model: immutable but for its state."""

    version: int
    state: VersionState
    created_at: datetime
    actor: str
    run_id: str = ""
    attempt: int = 1
    """The try of that run."""
    reason: str = ""
    """Why a person asked for it."""
    evaluation: str | None = None
    """Digest of its latest evaluation."""
    gate: GateResult | None = None


class Build(Record):
    """A version in the state `building`, as long as `version` is None: somebody trains it, or was killed doing so."""

    model: str
    window: str
    fingerprint: str
    begun_at: datetime
    actor: str
    run_id: str = ""
    attempt: int = 1
    reason: str = ""
    version: int | None = None
    """The number it was given when it was built."""


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
