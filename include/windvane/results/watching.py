"""Records of what follows a version: scores, checks, decisions, retrain requests, and the audit log."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Literal

from pydantic import Field

from windvane.results.reason import Reason, fitting
from windvane.results.record import Record

Decision = Literal["hold", "retrain", "alert", "insufficient_data"]
CheckOutcome = Literal["ok", "finding", "insufficient_data"]


class Scores(Record):
    """A published file of scores: key, event time, score, version."""

    model: str
    window: str
    version: int
    """The champion for the window; a row's own `version` says which one made it."""
    staged: int | None = None
    """The version that a share of the keys was scored by, in a promotion in stages."""
    share: float | None = None
    """That share."""
    snapshot: str
    artifact: str
    """Digest of the Parquet file."""
    rows: int
    mean_score: float | None
    at: datetime | None = None
    replaces: int | None = None
    """The publication that a person's word lets another version take the place of; None where nobody gave it."""


class Publication(Scores):
    """One writing of a window's scores to where people read; the last one of a window is current."""

    publication: int
    """Its number in the window, from 1."""
    actor: str
    run_id: str = ""
    reason: str = ""
    """Why it was published, where somebody said so."""

    @property
    def moment(self) -> datetime:
        """When it was published."""
        assert self.at is not None  # the registry says so of each
        return self.at


class CheckResult(Reason):
    """One monitored question about a window, answered."""

    check: str
    outcome: CheckOutcome
    effect: float | None = None
    """The effect size."""
    unit: str = ""
    """Unit of the effect; one that begins with `%` says that it is a share. Kept here, so that a result can be shown
    when the package that brought its check is gone."""
    low: float | None = None
    """Lower end of its interval where it has one."""
    p_value: float | None = None
    """Chance of something this large where nothing changed, corrected for everything the check looked at."""
    level: float | None = None
    """What the check may spend on this window: it finds when `p_value` is below (see `lifecycle.alpha_spending`)."""
    columns: tuple[str, ...] = ()
    """Columns that moved, the strongest first."""
    details: dict[str, Any] = Field(default_factory=dict)

    @property
    def reason(self) -> Reason:
        """What it says to people, without what only pages and later windows read."""
        return Reason(headline=self.headline, detail=self.detail, numbers=self.numbers)


def answer_to(check: str, checks: Iterable[CheckResult]) -> CheckResult | None:
    """Return the answer to one check among a window's; None where it was not asked."""
    return next((item for item in checks if item.check == check), None)


class MonitorResult(Record):
    """What the monitor concludes for a window, and the evidence."""

    model: str
    window: str
    decision: Decision
    reasons: tuple[Reason, ...]
    """Why: the reason of the decision first, then what else was found, then open questions."""
    checks: tuple[CheckResult, ...]
    version: int | None
    """The version that scored the window."""
    publication: int | None = None
    """The publication of those scores: the one that was current when the monitor looked."""
    loss: float | None = None
    """That version's mean loss in the window (primary metric)."""
    first_loss: float | None = None
    """The mean loss the model's first champion would have had: what never retraining costs."""
    snapshot: str = ""
    scores: str | None = None
    profile: str | None = None
    estimated_loss: float | None = None
    """The mean loss that was expected before outcomes were known, where it could be estimated."""
    outcomes: int = 0
    """Rows with outcomes that were known."""
    notices: tuple[str, ...] = ()
    """What was reported for the first time here, and is not reported again: `back_off`, `rollback:v3`."""
    reopened: bool = False
    """True when this replaces an earlier conclusion, because outcomes came late or were corrected."""
    request: str | None = None
    """The retrain request this decision made."""
    history: tuple[str, ...] = ()
    """Keys of the windows that retrain is to train on, oldest first; empty for what the spec says."""
    beside: str = ""
    """Digest of what it was drawn again beside, because earlier windows were concluded on later than it."""
    at: datetime | None = None

    @property
    def headline(self) -> str:
        """The first reason and the decision in one line, such as `Drift found; …: hold`."""
        decision = self.decision.replace("_", " ")
        return fitting(self.reasons[0].headline, f": {decision}") if self.reasons else decision


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
    history: tuple[str, ...] = ()
    """Keys of the windows to train on, oldest first; empty for what the spec says."""
    started_at: datetime | None = None


class Pause(Record):
    """Who stopped a model's automation, when and why."""

    model: str
    at: datetime
    actor: str
    reason: str


class Event(Record):
    """One link of a model's audit log."""

    model: str
    seq: int
    at: datetime
    kind: str
    actor: str
    run_id: str = ""
    payload: dict[str, Any]
    rows: dict[str, dict[str, str]] = Field(default_factory=dict)
    """Table to key to digest of each row that the change wrote: what `verify_audit_log` holds the tables against."""
    previous: str
    """Hash of the event before; empty for the first."""
    hash: str
