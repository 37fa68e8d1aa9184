"""Records of what a change of code does to the models that it touches."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from windvane.results.record import Record

Conclusion = Literal["pass", "fail", "inconclusive", "unchanged"]


class Described(Record):
    """What a model is made of, in digests of what it says."""

    model: str
    spec: str
    """Digest of the whole declaration."""
    training: str
    """Digest of what decides a version's content."""
    files: dict[str, str] = Field(default_factory=dict)
    """Code and data files of training: digests of their meaning, without comments and layout."""
    expectations: dict[str, str] = Field(default_factory=dict)
    """The same of the expectations' code."""
    libraries: dict[str, str] = Field(default_factory=dict)
    """The versions that count for training."""
    declared: dict[str, Any] = Field(default_factory=dict)
    """The declaration."""


class Trained(Record):
    """The version that one side came to."""

    version: int
    artifact: str
    """Digest of the stored model: the one that production makes of the same code and rows."""
    fingerprint: str
    metric: str = ""
    loss: float | None = None


class Verdicts(Record):
    """What the gate said of the head's version beside the base's."""

    trained: Trained
    rows: int
    """Rows of the holdout."""
    difference: float | None = None
    """Mean loss of the head less that of the base, on the same rows."""
    low: float | None = None
    high: float | None = None
    """Ends of its 95 % interval."""
    rules: tuple[tuple[str, str, str], ...] = ()
    """Rule, outcome and headline."""


class PolicyPlayed(Record):
    """What rules and monitor of one side come to over the last recorded windows."""

    side: Literal["base", "head"]
    windows: int
    """Windows with a loss."""
    mean_loss: float | None
    trainings: int
    promotions: int
    alerts: int
    probes: int


class ModelChange(Record):
    """What a change does to one model."""

    model: str
    conclusion: Conclusion
    headline: str
    changed: tuple[str, ...] = ()
    """What differs, in words."""
    window: str = ""
    base: Trained | None = None
    head: Verdicts | None = None
    played: tuple[PolicyPlayed, ...] = ()
    """Where only rules or monitor changed: both sides over the same past."""
    span: str = ""
    """The windows that were played."""
    seconds: float = 0.0


class Review(Record):
    """What a change does to all models."""

    base: str
    """The revision that was compared with."""
    conclusion: Conclusion
    models: tuple[ModelChange, ...]
    problems: tuple[str, ...] = ()
    """Specs of the head that cannot be read."""
