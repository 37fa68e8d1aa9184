"""Records of judging a version: what was measured, the verdicts of the rules, and the gate's decision."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Literal

from pydantic import Field

from windvane.results.reason import Better, Number, Reason
from windvane.results.record import Record

GateOutcome = Literal["promote", "needs_approval", "reject"]
RuleOutcome = Literal["pass", "fail", "inconclusive"]
Consequence = Literal["reject", "needs_approval", "warn"]


class Estimate(Record):
    """A metric's value with its interval."""

    metric: str
    value: float | None
    low: float | None = None
    """Lower end of the 95 % interval."""
    high: float | None = None
    """Upper end of the 95 % interval."""
    rows: int
    method: str = ""
    """How the interval was made: `delong-logit`, `wilson`, …, with `clusters` where it respects them."""
    problem: str = ""
    """Why there is no value, or no interval."""


class Comparison(Record):
    """A paired difference `challenger - other` of a metric on the same rows, signed so that negative is better."""

    metric: str
    other: str
    """`baseline`, the champion as `v3`, or, for robustness, the version itself on inputs as they are."""
    difference: float | None
    std_error: float | None
    rows: int
    slice: str | None = None
    """`origin=JFK` for a slice; None for all rows."""
    degrees: float | None = None
    """Degrees of freedom of the error (clusters less one, where rows depend on each other); None: rows less one."""
    value: float | None = None
    """The other side's own value, which relative margins are a share of."""
    value_error: float | None = None
    """Its standard error."""
    covariance: float | None = None
    """Of the difference with that value: with the two errors it gives the error at any relative margin."""
    skew: float = 0.0
    """How fast the difference's variance grows with the difference itself (see `Spread.skew`)."""
    problem: str = ""
    """Why there is no difference."""
    bridged: bool = True
    """False where the other side cannot score these rows at all, for it needs columns that are gone."""


class GroupRate(Record):
    """Decisions on one group of a protected column."""

    group: str
    rows: int
    selection_rate: float | None
    """Share of positive decisions."""
    true_positive_rate: float | None = None
    false_positive_rate: float | None = None


class Disparity(Record):
    """How differently decisions treat the groups of a protected column, with 95 % intervals."""

    column: str
    measure: str
    """`demographic_parity`, `equalised_odds` or `equal_opportunity`."""
    fewest: int
    """Rows that a group needs to be compared."""
    difference: float | None
    low: float | None = None
    high: float | None = None
    ratio: float | None = None
    ratio_low: float | None = None
    ratio_high: float | None = None
    groups: tuple[GroupRate, ...] = ()
    missing: int = 0
    """Rows whose group is not known; they are left out."""
    rows: int = 0
    problem: str = ""
    """Why there is no number."""


class Stress(Record):
    """What a perturbation of the inputs does to the version."""

    perturbation: str
    comparison: Comparison
    """`perturbed - as they are`, negative is better."""


class CurvePoint(Record):
    """A point of a curve; of a calibration curve with the 95 % interval of `y`, and the rows of its bin."""

    x: float
    y: float
    low: float | None = None
    high: float | None = None
    rows: int | None = None


class Curve(Record):
    """One side's curve on the holdout."""

    kind: Literal["calibration", "roc", "precision_recall"]
    """`calibration`: mean outcome over mean score, by bins of the score. `roc`: true over false positive rate.
    `precision_recall`: precision over recall."""
    of: str
    """`own`, or the champion as `v3`."""
    points: tuple[CurvePoint, ...]


class ScoringCost(Record):
    """What scoring a batch costs, measured where the gate ran: not part of any digest of the evaluation."""

    rows: int
    repeats: int
    milliseconds: float
    """Median of the repeats."""
    low: float
    high: float
    """Ends of the median's distribution-free 95 % interval."""
    megabytes: float
    """Largest peak of memory that scoring allocated, 10^6 bytes."""
    machine: str = ""
    """Where, in a few words."""


class Suspect(Record):
    """A column that alone gives nearly the whole performance: known only with the outcome, or so good that one asks."""

    column: str
    removed: float
    """Share of a constant's loss that the column alone removes."""
    whole: float
    """Share that the version removes with all its features."""
    missing: bool = False
    """True when it is the missing values that tell: they follow the outcome."""


class Backtest(Record):
    """How the recipe, fitted as of the window before the newest one, did on the newest one whole."""

    window: str
    """The newest window, no row of which taught it."""
    rows: int
    """Rows of it with outcomes."""
    trained_rows: int = 0
    metrics: tuple[Estimate, ...] = ()
    baseline: tuple[Estimate, ...] = ()
    """The same of class shares, or the mean, of the rows that it learned from."""
    comparisons: tuple[Comparison, ...] = ()
    """With the baseline."""
    problem: str = ""
    """Why nothing was measured."""
    impossible: bool = False
    """True where the history has too little for it."""
    raised: bool = False
    """True where the estimator could not score the window."""
    made_of: str = ""
    """SHA-256 of what it depends on: it is made once."""

    def metric(self, name: str) -> Estimate | None:
        """Return the estimate of a metric, if it was computed."""
        return next((item for item in self.metrics if item.metric == name), None)


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
    """`origin=JFK` to the metrics that the rules ask of it."""
    fairness: tuple[Disparity, ...] = ()
    robustness: tuple[Stress, ...] = ()
    curves: tuple[Curve, ...] = ()
    dependence: str = ""
    """How rows depend on each other, as the intervals take it: `rows of one customer`, `rows of one 1d`; empty: not."""
    clusters: int | None = None
    """How many independent groups of rows there are, where they depend on each other."""
    problems: tuple[str, ...] = ()
    """Why this is no evidence to promote on, whatever the rules say; empty when it is."""
    notes: tuple[str, ...] = ()
    suspects: tuple[Suspect, ...] = ()
    """Columns that are too good to be true, the strongest first."""
    backtest: Backtest | None = None
    """How the recipe does a window later, where a rule asks."""

    def metric(self, name: str) -> Estimate | None:
        """Return the version's estimate of a metric, if it was computed."""
        return next((item for item in self.metrics if item.metric == name), None)

    def change(self, compared: Comparison) -> Number:
        """Return a comparison's difference as people read it: the version's value minus the other side's."""
        found = self.slices.get(compared.slice, ()) if compared.slice else self.metrics
        own = next((item.value for item in found if item.metric == compared.metric), None)
        known = own is not None and compared.value is not None and compared.difference is not None
        value = own - compared.value if known else None  # type: ignore[operator]  # both are known then
        better: Better = ""
        if value and compared.difference:
            better = "lower" if (value < 0) == (compared.difference < 0) else "higher"
        return Number(name=compared.metric, value=value, better=better, difference=True)


class Verdict(Reason):
    """One rule's outcome, and why."""

    rule: str
    outcome: RuleOutcome
    unless_passed: Consequence = "reject"
    """What follows when the outcome is not `pass`; always `reject` unless the spec says otherwise."""
    parts: tuple[Verdict, ...] = ()
    """The verdicts of the rules it is made of."""

    def leaves(self) -> Iterator[Verdict]:
        """Yield the verdicts of the rules that are not made of others: itself, or those of its parts."""
        if not self.parts:
            yield self
        for part in self.parts:
            yield from part.leaves()


class GateResult(Record):
    """The gate's decision about a version, and why."""

    model: str
    version: int
    decision: GateOutcome
    reasons: tuple[Reason, ...]
    """Ranked: what stops the version first; else what was shown; warnings last."""
    verdicts: tuple[Verdict, ...]
    evaluation: str
    """Digest of the evaluation it judged."""
    expected_epoch: int
    """The champion's epoch it looked at; promotion is refused when the pointer has moved since."""
    beside: int | None = None
    """The version that it compared with, the newest eligible one at that time; 0 for none."""
    costs: tuple[ScoringCost, ...] = ()
    """What scoring batches costs, where a rule asked; measured once a version."""

    @property
    def headline(self) -> str:
        """The first reason in one line."""
        return self.reasons[0].headline if self.reasons else ""
