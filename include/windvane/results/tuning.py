"""Records of a search: the study, its trials, and what was chosen."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import Field

from windvane.results.record import Record

TrialState = Literal["running", "done", "dropped", "failed"]
"""`dropped`: ended after a fold, being surely worse; `failed`: it raised, took too long or too much, or gave a NaN."""


class StudyDraft(Record):
    """Everything that decides which trials a study has and what they come to."""

    model: str
    window: str
    """The window whose version the search is for."""
    snapshots: tuple[str, ...]
    """Digests of the snapshots that the folds are cut from, oldest first."""
    search: dict[str, Any]
    """The declared search."""
    estimator: dict[str, Any]
    """The declared estimator."""
    training_digest: str
    code_digest: str
    environment: dict[str, str]
    seed: int


class Study(StudyDraft):
    """A search for the parameters of one window's version."""

    study: str
    """SHA-256 of its draft: the same inputs are the same study, and another space is another one."""
    first: tuple[dict[str, Any], ...] = ()
    """Parameters that are tried first: the declared ones, then the champion's and the last study's best."""
    chosen: int | None = None
    """The trial that was chosen; None while the search goes on."""
    headline: str = ""
    """Why that one."""


class FoldLoss(Record):
    """What one trial lost on one fold."""

    fold: str
    """The window that judged it; several of one window are numbered."""
    rows: int
    trained: int
    """Rows that it learned from."""
    loss: float
    """Mean loss of a row, the smaller the better."""
    pieces: tuple[float, ...]
    """Mean losses of consecutive pieces of the fold: what two trials are compared by."""
    weights: tuple[float, ...]
    """What the pieces weigh: their rows, or the sum of the rows' weights."""
    digest: str
    """SHA-256 of the losses of the single rows, as 64-bit floats, little-endian."""


class TrialResult(Record):
    """What one trial came to."""

    state: Literal["done", "dropped", "failed"]
    folds: tuple[FoldLoss, ...] = ()
    loss: float | None = None
    """Mean loss over all folds; of a dropped trial what it would be, by its difference to the best one so far."""
    beside: int | None = None
    """The trial that a dropped one was surely worse than."""
    problem: str = ""
    """Why it failed, or how much worse it surely was."""


class Cost(Record):
    """What a trial took: it differs between two runs, and decides nothing but when the budget is spent."""

    seconds: float
    """From its beginning to its end."""
    processor: float
    """Processor seconds of its process."""
    megabytes: float
    """Most memory of its process."""


class Trial(Record):
    """One trial of a study."""

    model: str
    study: str
    trial: int
    """Its number, from 0."""
    state: TrialState
    parameters: dict[str, Any]
    seed: int
    """What its proposal was drawn from."""
    owner: str
    """The process that tries it."""
    claim: int
    """How often it was begun: the number that its result must name."""
    until: datetime
    """When a trial that still runs counts as abandoned, UTC."""
    result: TrialResult | None = None
    cost: Cost | None = None

    @property
    def ended(self) -> bool:
        """True when its result stands."""
        return self.state != "running"


class Proposed(Record):
    """A study that is ready to be worked on."""

    study: str
    workers: tuple[int, ...]
    """One number for each task that works on it at once."""
    trials: int
    """Trials that it has already."""


class Tried(Record):
    """What one worker did."""

    study: str
    tried: tuple[int, ...] = ()
    """The trials that it finished."""


class Chosen(Record):
    """What a search came to."""

    study: str
    trial: int
    parameters: dict[str, Any]
    estimator: dict[str, Any]
    """The estimator with these parameters: what is trained."""
    loss: float
    headline: str
    trials: int
    states: dict[str, int] = Field(default_factory=dict)
    """How many trials ended how."""
