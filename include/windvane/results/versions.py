"""Records of versions: what they were made from, how their fit went, and their moves to champion."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import Field

from windvane.results.judging import GateResult
from windvane.results.record import Record
from windvane.results.states import VersionState


class FitWarning(Record):
    """A warning that building or fitting the estimator raised."""

    category: str
    """Its class, such as `ConvergenceWarning`."""
    message: str
    """What it said: without secrets and paths, and cut."""
    count: int = 1
    """How often it was raised."""


class Refit(Record):
    """How the estimator that scores came to be, where it was fitted again on all rows, and the one that was judged."""

    rows: int
    """Rows that the one that scores learned from."""
    until: datetime
    """No row at or after this moment taught it."""
    judged: str
    """Digest of the stored estimator that was fitted without the holdout: every number of the evaluation is its own."""
    judged_bytes: int
    judged_format: str = "skops"


class EarlyStop(Record):
    """Where a fit stopped early, and which of its rows said so."""

    rounds: int
    """Rounds of boosting that the version has."""
    rows: int
    """The latest training rows, which it did not learn from."""
    since: datetime
    """The moment of the first of them."""


class ToldElsewhere(Record):
    """What another registry's audit log says of a version."""

    seq: int
    at: datetime
    kind: str
    actor: str
    said: str = ""
    """The decision, the reason, or what else it says in words."""

    @property
    def approves(self) -> bool:
        """True when it let the version through: a person's answer, or a promotion."""
        return self.kind in ("approval.approved", "champion.promoted", "version.eligible")


class Elsewhere(Record):
    """Where a version was made, that another registry judged first."""

    version: int
    """Its number there."""
    window: str
    """The window that it was trained for there."""
    fingerprint: str
    snapshots: tuple[str, ...]
    """Digests of the snapshots that it was trained on there; none of them is here."""
    trained_until: datetime
    """No row at or after this moment was trained on by what was judged there."""
    log: str
    """Hash of the last event of the audit log there, which was shown to hold."""
    signer: str = ""
    """Whose signature of the file counted; empty: nobody's."""
    trusted: bool = False
    """Whether its author is trusted, so that it needs no box."""
    trail: tuple[ToldElsewhere, ...] = ()
    """Who built, judged, approved and promoted it there."""


class VersionDraft(Record):
    """Everything that made a version, before it has a number."""

    model: str
    window: str
    window_start: datetime
    window_end: datetime
    trained_until: datetime
    """No row at or after this moment was trained on by what was judged; the holdout begins here."""
    fingerprint: str
    """SHA-256 of all inputs: the same inputs are the same version."""
    artifact: str
    """Digest of the stored model: of the one that scores."""
    artifact_bytes: int
    format: str = "skops"
    """The format that the stored model is in."""
    snapshots: tuple[str, ...]
    """Digests of the snapshots trained on, oldest first; the last one also holds the holdout."""
    rows: int
    """Rows before the holdout, which taught what was judged."""
    profile: str
    """Digest of the profile of the training rows."""
    spec_digest: str
    training_digest: str
    code_digest: str
    environment: dict[str, str]
    seed: int
    columns: dict[str, str] = Field(default_factory=dict)
    """Feature columns and kinds it expects, in order."""
    code: str = ""
    """Digest of the kept source files that `code_digest` covers; no part of the fingerprint. Empty: not kept."""
    environment_lock: str = ""
    """Digest of the list of all installed distributions with their versions; no part of the fingerprint."""
    parents: tuple[int, ...] = ()
    """The versions it follows: the champion of the window it was trained on."""
    warnings: tuple[FitWarning, ...] = ()
    """What fitting it warned of; no part of the fingerprint."""
    study: str = ""
    """The study that its parameters were chosen from; no part of the fingerprint. Empty: they were declared."""
    trial: int | None = None
    """The trial of it that was chosen."""
    refit: Refit | None = None
    """Where `refit` is declared, what the estimator that scores learned from, and the one that was judged. None: the
    same one does both."""
    stopped: EarlyStop | None = None
    """Where `early_stopping` is declared, how the fit of the one that scores went; no part of the fingerprint."""
    categories: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    """Where `native_categories` is declared, the ones that each column had while fitting."""
    elsewhere: Elsewhere | None = None
    """Of a version that came from another registry, where it was made. Its window and snapshots here are those that it
    is judged on."""

    @property
    def learned_until(self) -> datetime:
        """The moment at or after which no row taught the estimator that scores."""
        return self.refit.until if self.refit else self.trained_until


class Version(VersionDraft):
    """One trained model: immutable but for its state."""

    version: int
    state: VersionState
    created_at: datetime
    actor: str
    run_id: str = ""
    dag_run: str = ""
    """That run without its DAG: what a request for a retrain names."""
    attempt: int = 1
    """The try of that run."""
    reason: str = ""
    """Why a person asked for it."""
    eligible: int | None = None
    """The event that promoted it, or let it through late; None when none did, or a person rolled it back."""
    settled: int | None = None
    """The event that decided on it first; None while it is not decided."""
    beside: int | None = None
    """The version that the gate compared it with, 0 for none; None before it was judged."""
    evaluation: str | None = None
    """Digest of its latest evaluation."""
    gate: GateResult | None = None

    @property
    def waits(self) -> bool:
        """True when it waits for a person's approval."""
        return self.state == "evaluated" and self.gate is not None and self.gate.decision == "needs_approval"


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
    """Of the last move to it; 0 for a version that became eligible late, which no move made champion."""
    at: datetime
    """When the pointer moved here."""
    window: str
    """The version's window."""
    window_end: datetime
    trained_until: datetime


class Promotion(Champion):
    """One move of the pointer, with who and why."""

    kind: Literal["promote", "rollback", "reorder"]
    """`reorder`: an older window arrived, beside which the champion of then is not the champion."""
    from_version: int | None
    actor: str
    reason: str
    run_id: str = ""
