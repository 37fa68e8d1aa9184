"""The part of a declaration that says how a champion is watched: the monitor, and its policy."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, field_validator, model_serializer

from windvane.spec.base import Declaration, maker
from windvane.spec.checks import default_checks, known_checks
from windvane.spec.limits import Limit, usual_limits
from windvane.windows import parse_duration


class Policy(Declaration):
    """When a monitored window leads to a retrain or an alert.

    A retrain is asked for when a probe surely loses less than the champion, by at least `retrain_at` of its loss. A
    probe is the declared estimator, trained as a retrain would be, and compared on the newest rows. It is trained where
    `performance` shows a sign, or where what `after_two` names showed one in two windows in a row. A failed check of
    `alert_on` alerts and never retrains: training on broken data is the harm. Everything else is reported, and holds.
    """

    retrain_at: float = Field(default=0.02, gt=0, lt=1)
    """Least share of the champion's loss that a probe must win (0.02 = 2 %)."""
    cost: float = Field(default=0.0, ge=0)
    """What one retrain costs in all, in losses of one window (0.3: as much as 30 % of what a window loses)."""
    horizon: int = Field(default=6, ge=1)
    """Windows a retrain is expected to pay off in; with `cost` it raises the least share to `cost / horizon`."""
    after_two: tuple[str, ...] = ("concept_drift",)
    """Checks that ask for a probe when they found something in this window and in the one before."""
    alert_on: tuple[str, ...] = ("quality",)
    """Checks whose failure alerts a person and blocks a retrain."""
    cooldown: int = Field(default=1, ge=0)
    """Windows after a retrain in which no other one is asked for."""
    daily_cap: int = Field(default=6, ge=1)
    """Most retrains asked for in 24 hours, whatever the windows say."""
    patience: int = Field(default=3, ge=1)
    """Retrains refused by the gate, one after the other, after which the next one waits: as many windows as were
    refused, then twice that, and so on. It is reported once."""
    retrain_every: int | None = Field(default=None, ge=1)
    """A floor: a retrain is asked for when none was for so many windows, whatever the checks say (None: no floor)."""
    from_change: float = Field(default=0.1, gt=0, le=1)
    """Recoverable share at which an earlier window counts as after the change. A retrain learns from the change on,
    not from the spec's history, when a version trained on the window alone surely beats the champion at its best."""
    propose_rollback: bool = True
    """Whether an earlier champion that fits a window surely better than a new version is proposed for rollback."""

    @field_validator("after_two", "alert_on")
    @classmethod
    def _checks(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return known_checks(value)

    @property
    def least_share(self) -> float:
        """The least recoverable share that is worth a retrain: `retrain_at`, or the share that pays its cost."""
        return max(self.retrain_at, self.cost / self.horizon)


class Monitor(Declaration):
    """What is watched in each window, and what follows from it."""

    checks: tuple[str, ...] = Field(default_factory=default_checks)
    """Names of checks; the default is all built-in ones but `multivariate_drift`, which trains a classifier a window.
    A check that another package brings is named here."""
    policy: Policy = Field(default_factory=Policy)
    """What follows from what the checks found."""
    limits: tuple[Limit, ...] = Field(default_factory=usual_limits)
    """What a champion must keep to in each window, such as `limit("accuracy", at_least=0.7)`. The default alerts when
    it is surely worse than a constant. Left out of digests where nothing is said."""
    min_rows: int = Field(default=100, ge=10)
    """Fewer rows with outcomes than this: no performance statement, `insufficient_data`."""
    alpha: float = Field(default=0.05, gt=0, lt=0.5)
    """Chance that any check finds something false in one window, over all checks and columns together."""
    alpha_year: float = Field(default=0.1, gt=0, lt=1)
    """The same chance over all windows of a year; the smaller of the two decides what a window may spend."""
    least_effect: float = Field(default=0.03, gt=0, lt=1)
    """Smallest drift that counts: for numbers the Kolmogorov-Smirnov distance, for categories the total variation
    distance, both shares of rows between 0 and 1."""
    compare_with: Literal["training", "last_year", "last_week"] = "training"
    """What inputs are compared with: the rows the version was trained on, or like with like. That is the same month
    (week, weekday) a year before, or the same weekday in the four weeks before. Falls back to training where that is
    not recorded."""
    pairs: tuple[tuple[str, str], ...] = ()
    """Pairs of features whose joint distribution is watched too."""
    mature_share: float | None = Field(default=None, gt=0, le=1)
    """Share of rows with known outcomes at which a window counts as mature before `outcome_after` has passed. It is
    for sources that deliver outcomes as they become known. None: only the delay counts."""
    scores_within: str | None = None
    """How long after its score run is due a window's scores may be missing (`2h`); then that is a finding, which
    alerts. None: two hours, or one window where that is shorter. Left out of digests where nothing is said."""
    reopen_within: str = "60d"
    """How long after a window's end it is opened again, once, when its outcomes came late."""
    report_rows: int = Field(default=2000, ge=100)
    """Rows (sampled under the seed) of the Evidently report kept beside the decision."""
    report: Literal["each_window", "when_asked"] = "each_window"
    """When Evidently's report is drawn: after each decision, which takes more than the decision itself; or when
    somebody asks, `windvane report MODEL --window KEY --evidently FILE`. Left out of digests where nothing is said."""

    @classmethod
    @maker
    def default(cls) -> Monitor:
        """All checks with the default policy."""
        return cls()

    @model_serializer(mode="wrap")
    def _dump(self, handler: Any) -> dict[str, Any]:
        """Leave newer fields out where nothing is said, so that specs of before them keep their digests."""
        found: dict[str, Any] = handler(self)
        if self.scores_within is None:
            found.pop("scores_within", None)
        if self.limits == usual_limits():
            found.pop("limits", None)
        if self.report == "each_window":
            found.pop("report", None)
        return found

    @field_validator("reopen_within", "scores_within")
    @classmethod
    def _within(cls, value: str | None) -> str | None:
        if value is not None:
            parse_duration(value)
        return value

    @field_validator("limits")
    @classmethod
    def _limits(cls, value: tuple[Limit, ...]) -> tuple[Limit, ...]:
        labels = [item.label for item in value]
        twice = sorted({label for label in labels if labels.count(label) > 1})
        if twice:
            raise ValueError(f"limits declared twice: {', '.join(twice)}")
        return value

    @field_validator("checks")
    @classmethod
    def _checks(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if len(set(value)) != len(value):
            raise ValueError("a check is declared twice")
        return known_checks(value)
