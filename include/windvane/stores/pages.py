"""One moment of the registry (`Registry.read`): tables that are filtered, sorted and counted where the rows are.

A page is read in one `Moment`: all its queries see the same state, on one connection, and are few whatever there is.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, Protocol, TypeVar

from windvane.results import (
    Approval,
    Decision,
    Declared,
    Event,
    Incident,
    LiveResult,
    Pause,
    Promotion,
    Publication,
    Record,
    RetrainRequest,
    Rollout,
    Verification,
    Version,
)

MOST_COUNTED = 10_000
"""Rows beyond these are not counted: a table then says `more than`."""


@dataclass(frozen=True)
class Query:
    """Which part of a table is wanted.

    Args:
        sort: A column that the table can be sorted by; empty for its own order.
        descending: Sort the other way.
        filters: Column to the text it must contain (or be, where the column has few values).
        offset: Rows to leave out.
        limit: Rows to return.
    """

    sort: str = ""
    descending: bool = False
    filters: Mapping[str, str] = field(default_factory=dict)
    offset: int = 0
    limit: int = 25


Row = TypeVar("Row")


@dataclass(frozen=True)
class Part(Generic[Row]):
    """Some rows of a table, and how many there are.

    Args:
        rows: The rows asked for.
        total: How many match, counted up to `MOST_COUNTED` + 1.
    """

    rows: tuple[Row, ...]
    total: int


class ModelLine(Record):
    """A model in one line."""

    model: str
    owner: str
    description: str
    task: str
    champion: int | None
    epoch: int
    champion_at: datetime | None
    champion_window: str | None
    champion_kind: str | None
    window: str | None
    """The newest window that was monitored."""
    decision: Decision | None
    reason: str | None
    decided_at: datetime | None
    loss: float | None
    first_loss: float | None
    waiting: int
    """Versions that wait for a person."""
    retrains: int
    """Retrains asked for that no run has started yet."""
    paused_at: datetime | None
    incidents: int
    """Alerts that no window in order has ended yet."""
    wrong_since: datetime | None
    """When the first of those began."""
    spec_digest: str = ""
    """Of its declaration as it was registered last."""
    scored: str | None = None
    """The newest window with published scores."""
    retrain_at: datetime | None = None
    """When the oldest retrain that no run has started yet was requested."""
    newest: int | None = None
    """The newest version."""
    newest_state: str | None = None
    newest_at: datetime | None = None
    newest_reason: str | None = None
    """The first reason of the gate about it."""
    losses: tuple[float | None, ...] = ()
    """Of the newest monitored windows, the oldest first; None where the outcomes were not known."""
    overridden_by: str | None = None
    """Who promoted the champion though the gate had refused it; None where nobody did."""
    registered: bool = True
    """False for a model that a DAG file declares, and that never ran."""
    audit_hash: str = ""
    """Hash of its newest event. Every change is an event: while this stays, so does all that the registry knows."""

    @classmethod
    def declared(cls, one: Declared) -> ModelLine:
        """Return the line of a model that never ran."""
        known = dict.fromkeys(cls.model_fields)
        never = {"model": one.model, "owner": one.owner, "description": "", "task": "", "registered": False}
        counts = {"epoch": 0, "waiting": 0, "retrains": 0, "incidents": 0, "losses": ()}
        counts |= {"spec_digest": "", "audit_hash": ""}
        return cls.model_validate({**known, **never, **counts})


class WindowLine(Record):
    """A monitored window in one line: what was concluded last."""

    model: str
    window: str
    decision: Decision
    reason: str
    version: int | None
    loss: float | None
    first_loss: float | None
    previous_loss: float | None
    checks: int
    found: int
    at: datetime
    loss_low: float | None = None
    """Lower end of the loss's 95 % interval, in the answers of `Moment.span`, where the monitor recorded one."""
    loss_high: float | None = None


def loss_interval(conclusion: Mapping[str, Any]) -> tuple[float, float] | None:
    """Return the 95 % interval of a window's loss as the check `performance` recorded it (Student's t on days)."""
    for check in conclusion.get("checks") or ():
        details = check.get("details") or {}
        low, high = details.get("loss_low"), details.get("loss_high")
        if check.get("check") == "performance" and isinstance(low, float) and isinstance(high, float):
            return low, high
    return None


class VersionLine(Record):
    """A version in one line."""

    model: str
    version: int
    state: str
    window: str
    window_end: datetime
    created_at: datetime
    actor: str
    run_id: str
    decision: str | None
    reason: str | None
    rows: int


class Moment(Protocol):
    """One moment of the registry. What names a model or version that is not there raises `UnknownModel`, …."""

    def names(self) -> dict[str, str]:
        """Return what each model is called now, by the name that its records have, sorted by that."""
        ...

    def ends(self, among: Collection[str] | None = None) -> dict[str, str]:
        """Return the hash of each model's newest event, sorted by model: one that stays says that nothing changed."""
        ...

    def verifications(self, among: Collection[str] | None = None) -> dict[str, tuple[Verification, ...]]:
        """Return the last verification of the audit log alone and the last of everything, the later one first."""
        ...

    def models(self, wanted: Query, among: Collection[str] | None = None) -> Part[ModelLine]:
        """Return models; `among` leaves out all others."""
        ...

    def line(self, model: str) -> ModelLine:
        """Return one model."""
        ...

    def specs(self, among: Collection[str]) -> dict[str, dict[str, Any]]:
        """Return the declarations of models as they were last registered."""
        ...

    def questions(self, among: Collection[str]) -> list[tuple[VersionLine, Approval | None]]:
        """Return the versions of models that wait for a person, each with its open question, if there is one."""
        ...

    def approvals(self, model: str, number: int) -> list[Approval]:
        """Return the questions to people about a version, the newest first."""
        ...

    def stored_models(self, champions: Collection[tuple[str, int]]) -> dict[tuple[str, int], str]:
        """Return the digests of versions' stored models, by model and version."""
        ...

    def spec(self, model: str) -> dict[str, Any]:
        """Return a model's declaration as it was last registered."""
        ...

    def last_losses(self, models: Sequence[str], count: int) -> dict[str, list[float | None]]:
        """Return the losses of each model's newest monitored windows, the oldest first."""
        ...

    def windows(self, model: str, wanted: Query) -> Part[WindowLine]:
        """Return a model's monitored windows, the newest first."""
        ...

    def span(self, model: str, first: str, last: str, count: int) -> list[WindowLine]:
        """Return at most `count` monitored windows with keys from `first` to `last` (empty: no bound), oldest first."""
        ...

    def around(self, model: str, window: str) -> tuple[str | None, str | None]:
        """Return the monitored windows just before and after one."""
        ...

    def conclusions(self, model: str, last: str, count: int) -> list[dict[str, Any]]:
        """Return the latest conclusions about a window and those before it, as they are kept, the oldest first."""
        ...

    def report(self, model: str, window: str) -> str | None:
        """Return the digest of the report kept of a window, or None when there is none."""
        ...

    def publications(self, model: str, window: str) -> list[Publication]:
        """Return every publication of a window's scores, the last one first."""
        ...

    def versions(self, model: str, wanted: Query) -> Part[VersionLine]:
        """Return a model's versions, the newest first."""
        ...

    def version(self, model: str, number: int) -> Version:
        """Return one version."""
        ...

    def explanation(self, model: str, number: int) -> str | None:
        """Return the digest of what is kept of what a version rests on, or None when nothing is."""
        ...

    def replay(self, model: str) -> str | None:
        """Return the digest of a model's last replay that was kept, or None when there is none."""
        ...

    def waiting(self, wanted: Query, among: Collection[str] | None = None) -> Part[VersionLine]:
        """Return the versions that wait for a person, of all models."""
        ...

    def promotions(self, model: str, limit: int) -> list[Promotion]:
        """Return the moves of the champion, the newest first."""
        ...

    def requests(self, model: str, limit: int) -> list[RetrainRequest]:
        """Return the retrains asked for, the newest first."""
        ...

    def incidents(self, model: str, limit: int) -> list[Incident]:
        """Return what was wrong, the newest first."""
        ...

    def rollouts(self, model: str, limit: int) -> list[Rollout]:
        """Return the promotions in stages without their windows, the newest first."""
        ...

    def live(self, model: str, limit: int) -> list[LiveResult]:
        """Return how challengers did beside the champion on live windows, what was recorded last first."""
        ...

    def pause(self, model: str) -> Pause | None:
        """Return who paused a model's automation; None when it is not paused."""
        ...

    def of_run(self, model: str, run: str, since: datetime | None, limit: int) -> list[Event]:
        """Return what a run named `dag id/run id` recorded of a model, the newest first; `since` spares time."""
        ...

    def concluded(self, model: str, window: str) -> WindowLine | None:
        """Return what was concluded last about a window; None when nothing was yet."""
        ...

    def events(self, wanted: Query, among: Collection[str] | None = None, model: str | None = None) -> Part[Event]:
        """Return the audit log, of one model or of all, the newest event first."""
        ...
