"""Records of data: snapshots, their validation, and their profiles."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import Field

from windvane.results.record import Record


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
    """What was seen: counts, shares and summaries; never a value of a row, for this is kept for good."""
    unexpected_percent: float | None = None
    severity: str = "critical"
    """Great Expectations' own word: `critical`, `warning` or `info`."""
    stops: Literal["scoring", "training", "nothing"] = "scoring"
    """What it stops where it does not hold: scoring, and so training; training alone; or nothing: it is told."""

    examples: tuple[str, ...] = Field(default=(), exclude=True, repr=False)
    """Some values that were not expected: for who ran it, in no record. They stand in the validation document."""

    def __str__(self) -> str:
        return f"{self.expectation}({self.column or 'table'}): {self.observed}"

    @property
    def told(self) -> str:
        """What is told to who ran it: with examples, which are kept in the validation document alone."""
        return f"{self}: {', '.join(self.examples)}" if self.examples else str(self)


class Validation(Record):
    """Outcome of the declared expectations on one snapshot."""

    snapshot: str
    success: bool
    results: tuple[ExpectationResult, ...]
    document: str | None = None
    """Digest of Great Expectations' own result document (JSON)."""

    def failed(self, *stops: str) -> list[ExpectationResult]:
        """Return the expectations that do not hold, and whose failure stops one of these."""
        return [item for item in self.results if not item.success and item.stops in stops]


class ColumnProfile(Record):
    """A small summary of one column: enough to test later windows for drift without the rows.

    Two of them made with the same reference can be merged (`lifecycle.profile.merged`): all counts are exact.
    """

    kind: Literal["number", "category"]
    rows: int
    missing: int
    infinite: int = 0
    """Numbers: infinities of either sign; they count in the outermost bins too."""
    edges: tuple[float, ...] = ()
    """Numbers: inner bin edges (quantiles of the reference); bin i holds `edges[i-1] < x <= edges[i]`."""
    counts: tuple[int, ...] = ()
    """Numbers: rows in each of `len(edges) + 1` bins."""
    categories: dict[str, int] = Field(default_factory=dict)
    """Categories: rows of each value kept."""
    other: int = 0
    """Categories: rows of values beyond the ones kept; a field of its own, so no value's name can collide with it."""
    new: tuple[str, ...] = ()
    """Categories: the most frequent values among those."""
    hashed: bool = False
    """Categories: there were too many values to keep, so rows are counted in hash buckets."""
    minimum: float | None = None
    maximum: float | None = None
    mean: float | None = None
    std: float | None = None


class Segment(Record):
    """Rows of one part of a window with outcomes: what they lost, and how far the scores were off.

    Sums and the variances of the sums, so that segments of several windows add up. The variances respect that rows of
    one day depend on each other.
    """

    label: str
    rows: int
    loss: float
    """Sum of the primary loss."""
    loss_variance: float
    residual: float
    """Sum of outcome less score (multiclass: of 1 less the score of the class that came)."""
    residual_variance: float
    curvature: float = 1.0
    """Loss won back by correcting a mean residual d in all of the segment's rows: `rows * d**2 / curvature`."""
    blocks: int = 1
    """Days (or hours, or rows) that the variances rest on."""


class Link(Record):
    """How closely the values of two columns go together in a window, and with those of the rows beside it.

    Cramér's V of their coarse parts (`level`), or of the parts of their steps from row to row (`step`); or
    the share of the rows in which the first number is at most the second (`order`; the rows beside are not looked at).
    """

    first: str
    second: str
    kind: Literal["level", "step", "order"]
    rows: int
    together: float
    later: float
    """Of the first column with the second one of the row after it."""
    earlier: float
    """Of the first column with the second one of the row before it."""
    rank: float | None = None
    """Two numbers: their rank correlation, or that of their steps."""


class Recalibration(Record):
    """The recalibration of a version's scores that fits some rows best, and how sure that is.

    Binary and multiclass: one slope of the log probabilities, and a bias of each class but the first. Regression: slope
    and intercept of the outcome on the prediction, which is first shifted and scaled by `basis`.
    """

    parameters: tuple[float, ...]
    covariance: tuple[tuple[float, ...], ...]
    """Of the parameters, robust to dependence within blocks."""
    rows: int
    blocks: int
    basis: tuple[float, float] = (0.0, 1.0)
    """Regression: what is taken off the predictions, and what they are then divided by."""


class Profile(Record):
    """Summaries of all feature columns of one window (and of the score, as column `score` of `scores`)."""

    model: str
    window: str
    rows: int
    columns: dict[str, ColumnProfile]
    scores: dict[str, ColumnProfile] = Field(default_factory=dict)
    pairs: dict[str, ColumnProfile] = Field(default_factory=dict)
    """Declared interactions (`origin x carrier`): joint counts of the two columns' coarse parts."""
    segments: dict[str, tuple[Segment, ...]] = Field(default_factory=dict)
    """Column to its coarse parts with outcomes; the whole is the one part of the column with the empty name."""
    decisions: dict[str, dict[str, tuple[int, int]]] = Field(default_factory=dict)
    """Protected column to group: scored rows, and those decided positive."""
    calendar: tuple[str, ...] = ()
    """Columns whose values follow the time, such as a month's name: new values are no news there."""
    silent: float | None = None
    """The last part of the window without a row, as a share of it."""
    constant: dict[str, float] = Field(default_factory=dict)
    """What the baseline says of every row: each class's share among the training rows, or under the empty name the mean
    of a regression's outcomes."""
    target_range: tuple[float, float] | None = None
    """Regression: the least and the largest outcome among the training rows."""
    recalibration: Recalibration | None = None
    """What recalibrating the version wins on its own holdout already; None where that cannot be fitted."""
    loss_model: dict[str, tuple[float, ...]] = Field(default_factory=dict)
    """Regression: the loss to expect of a row, a sum over columns: of each the part's number, and the slopes at both
    ends of a number; the empty name is the rest."""
    links: tuple[Link, ...] = ()
    """Columns that go together row by row, and no longer do where one is a row late."""
    sketch: tuple[tuple[int, int], ...] = ()
    """The rows with the smallest hashes: the hash of the features, and how many rows have it."""
    hours: dict[str, tuple[float, ...]] = Field(default_factory=dict)
    """By hour of the day: the rows, under the empty name, and the mean place of a number among the reference's."""
