"""Records of people's answers, and of versions on trial: approvals, staged promotions, and live comparisons."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from windvane.results.judging import Comparison, RuleOutcome
from windvane.results.reason import Reason
from windvane.results.record import Record

Answer = Literal["", "approve", "reject"]
ApprovalState = Literal["open", "approved", "rejected", "void", "expired"]
RolloutState = Literal["open", "promoted", "withdrawn"]


class Approval(Record):
    """A question to a person, may this version become champion, and its answer."""

    model: str
    approval: int
    """Number of the event that asked: questions of a model rise with it."""
    version: int
    state: ApprovalState
    """`open`; `approved`, `rejected`; `void` when an answer does not count; `expired` when none came in time."""
    requested_at: datetime
    requested_by: str
    """Whose run asks: under four eyes, nobody who may approve."""
    run_id: str = ""
    evaluation: str
    """Digest of the evaluation that the approver was shown."""
    expected_epoch: int
    """The champion's epoch at that time; an answer is void when the pointer has moved since."""
    deadline: datetime
    actor: str = ""
    """Who answered; `deadline` when nobody did."""
    answer: Answer = ""
    reason: str = ""
    """Their words."""
    why: str = ""
    """Why the answer does not count, where it is void."""
    answered_at: datetime | None = None


class LiveResult(Record):
    """How a challenger did beside the champion on the matured rows of one window, which neither was trained on."""

    model: str
    window: str
    window_start: datetime
    version: int
    champion: int
    comparison: Comparison
    """`challenger - champion`, negative is better."""
    margin: float
    outcome: RuleOutcome
    """`pass`: surely not worse by more than the margin; `fail`: surely worse by more; else `inconclusive`."""
    reason: Reason
    snapshot: str
    """The rows and outcomes."""
    scores: str
    """Digest of the challenger's scores."""
    champion_scores: str
    """Digest of the champion's scores."""


class StagedWindow(Record):
    """The share of keys that a staged version had in one window; it never changes once the window was scored."""

    window: str
    window_start: datetime
    stage: int
    share: float


class Rollout(Record):
    """A staged promotion: a version that takes over share by share, or is withdrawn."""

    model: str
    rollout: int
    """Number of the event that began it."""
    version: int
    champion: int
    """The champion it is measured against."""
    expected_epoch: int
    """The champion's epoch when it began; it ends when the pointer moves."""
    shares: tuple[float, ...]
    """The stages: which share of the keys gets the version's scores."""
    margin: float
    state: RolloutState
    stage: int
    """How many stages it has passed; the share of the next window is `shares[stage]`."""
    began_at: datetime
    actor: str
    reason: str
    run_id: str = ""
    ended_at: datetime | None = None
    why: str = ""
    """Why it ended so."""
    windows: tuple[StagedWindow, ...] = ()

    @property
    def share(self) -> float:
        """The share of keys that the next window's scores come from the version."""
        return self.shares[min(self.stage, len(self.shares) - 1)] if self.state == "open" else 0.0
