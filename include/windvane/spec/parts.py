"""The parts of a model's declaration: source, features, estimator, weights, gate, monitor and schedule."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field, field_validator, model_serializer, model_validator

from windvane.errors import InvalidWindow, UnknownKind
from windvane.spec.base import Declaration, checked_path
from windvane.spec.checks import default_checks, known_checks
from windvane.spec.estimators import ESTIMATORS
from windvane.spec.limits import Limit, usual_limits
from windvane.spec.metrics import Task
from windvane.spec.rules import RULES, AnyRule, Needs, Rule
from windvane.windows import Cadence, canonical, parse_duration

_CRON = re.compile(r"^[\d*/,\-A-Za-z#L]+( [\d*/,\-A-Za-z#L]+){4}$")


class Features(Declaration):
    """The columns a version may learn from, by kind, and how derived ones are made.

    A column of the source that is neither here nor the key, event time, target or carried is refused: that is how
    leaks are kept out.
    """

    numbers: tuple[str, ...] = ()
    """Numeric columns (booleans count); missing values are allowed, infinities are not."""
    categories: tuple[str, ...] = ()
    """Text columns with a limited set of values; missing values are allowed."""
    make: str | None = None
    """Import path of a function `frame -> frame` that adds derived feature columns, row by row; the same one runs
    before training and before scoring."""
    made: tuple[str, ...] = ()
    """Names of the columns that `make` adds (numeric unless also listed under categories)."""

    @field_validator("numbers", "categories", "made", mode="before")
    @classmethod
    def _names(cls, value: Any) -> Any:
        return tuple(value) if isinstance(value, list | set | frozenset) else value

    @model_validator(mode="after")
    def _consistent(self) -> Features:
        if self.make is not None:
            checked_path(self.make)
        if bool(self.make) != bool(self.made):
            raise ValueError("make and made go together: the function, and the columns it adds")
        names = [*self.numbers, *self.categories]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"declared twice: {', '.join(twice)}")
        return self

    @property
    def names(self) -> tuple[str, ...]:
        """All feature columns in the order the estimator sees them."""
        declared = [*self.numbers, *self.categories]
        return (*declared, *(name for name in self.made if name not in declared))

    @property
    def from_source(self) -> tuple[str, ...]:
        """The feature columns that the source must deliver."""
        return tuple(name for name in self.names if name not in self.made)


class Estimator(Declaration):
    """What is trained: any scikit-learn estimator or pipeline, by import path and parameters.

    `Estimator("sklearn.linear_model:LogisticRegression", C=0.1)`, or a function that returns one:
    `Estimator("models.flights:pipeline", learning_rate=0.05)`. A parameter `random_state` that it accepts is set to
    the spec's seed.
    """

    path: str
    """Import path of an estimator class, or of a function that returns an estimator or pipeline; or the name of an
    estimator that Windvane (`baseline`) or another installed package brings."""
    params: dict[str, Any] = Field(default_factory=dict)
    """Keyword arguments; plain JSON values, so that the spec has a digest."""
    trusted: tuple[str, ...] = ()
    """Further types (`package.module.Type`) that this estimator's stored form may contain, besides scikit-learn's
    own known ones. Loading a version checks every type by name against this list."""

    def __init__(self, path: str | None = None, /, **params: Any) -> None:
        if path is None:  # pydantic's own keyword form
            super().__init__(**params)
        else:
            super().__init__(path=path, trusted=params.pop("trusted", ()), params=params)

    @field_validator("path")
    @classmethod
    def _path(cls, value: str) -> str:
        if not value.isidentifier():
            return checked_path(value)
        try:
            ESTIMATORS.get(value)
        except UnknownKind as error:
            raise ValueError(f"{error.cause}; or give an import path like 'models.flights:departures'") from None
        return value

    @property
    def code(self) -> str | None:
        """The import path of the user's code; None for a named estimator."""
        return self.path if ":" in self.path else None

    @field_validator("params")
    @classmethod
    def _plain(cls, value: dict[str, Any]) -> dict[str, Any]:
        for name, item in value.items():
            if not isinstance(item, str | int | float | bool | list | tuple | dict | None):
                raise ValueError(f"{name}={item!r:.60} is not a plain value; build it inside a function instead")
        return value


class Weights(Declaration):
    """How much each training row counts. Build it with `Weights.reweighing` or `Weights.callable`."""

    kind: Literal["reweighing", "callable"]
    """Where the weights come from."""
    column: str | None = None
    """The protected column to reweigh by; it need not be a feature."""
    path: str | None = None
    """Import path of the function."""

    @classmethod
    def reweighing(cls, column: str) -> Weights:
        """Weights under which the outcome does not depend on a protected column (Kamiran and Calders 2012).

        A row of group g and outcome y counts `P(g) P(y) / P(g, y)`: more where the group meets that outcome less
        often than it would by chance. Nothing of the column is needed to score.
        """
        return cls(kind="reweighing", column=column)

    @classmethod
    def callable(cls, path: str) -> Weights:
        """Weights from `path`, a function `frame -> one weight a row` of the training rows, all columns declared."""
        return cls(kind="callable", path=path)

    @model_validator(mode="after")
    def _named(self) -> Weights:
        if self.kind == "callable":
            checked_path(self.path or "")
        if (self.kind == "reweighing") != bool(self.column):
            raise ValueError("reweighing names a protected column, and a function of your own does not")
        return self


class Stages(Declaration):
    """A promotion in stages: a growing share of the keys is scored by the new version, while it does not do worse.

    Both versions score every row; which score is published for a key follows from the key alone. When a window's
    outcomes are known, the two are compared on the rows of all windows so far. Surely not worse by more than `margin`:
    the next window is at the next stage. Surely worse: the version is withdrawn. Else the stage stays. After the last
    stage the version becomes champion.
    """

    shares: tuple[float, ...]
    """Shares of the keys, rising, each below 1. A first share of 0 only watches: nothing it scores is published."""
    margin: float = Field(default=0.01, ge=0)
    """What may be given away, in the unit of the task's primary metric (wrong in at most 5 % over all looks)."""
    min_rows: int = Field(default=100, ge=10)
    """Fewest rows with outcomes on which anything is said."""

    @field_validator("shares")
    @classmethod
    def _rising(cls, value: tuple[float, ...]) -> tuple[float, ...]:
        if value and value[-1] == 1:
            raise ValueError("leave the last 1 out: after the last stage the version becomes champion")
        if not value or any(not 0 <= share < 1 for share in value) or list(value) != sorted(set(value)):
            raise ValueError(f"shares rise from 0 or more to below 1, such as (0.05, 0.25), not {value}")
        return value


class Gate(Declaration):
    """The rules a version must pass.

    `Gate()` is safe: surely better than a baseline without features, surely not worse than the champion by more than
    2 % of its loss. Two things always hold besides. An older window never replaces a newer one. What is no evidence
    never promotes: too few rows, one class, constant scores, broken weights, a metric that raises.
    """

    rules: tuple[AnyRule, ...] = ()
    """The rules, as in `Gate(rule.better_than_baseline())`; empty: those of a gate that names none."""
    approval: Literal["never", "first_version", "always"] = "never"
    """When a person must approve a version that passed: never, the first version of the model, every version."""
    approval_within: str = "7d"
    """How long an approval waits before the version is rejected."""
    four_eyes: bool = False
    """Whoever started the run, or made the version, may not approve it."""
    people: Mapping[str, str] = Field(default_factory=dict)
    """Who users of an operating system are in Airflow, `{"os:1000": "airflow:ada"}`. Four eyes need it where one acts
    at a terminal and the other in Airflow. Left out of digests where nobody is named."""
    stages: Stages | None = None
    """How a version takes over from a champion: at once (None), or in stages. `stages=(0.05, 0.25)` will do."""
    min_rows: int = Field(default=50, ge=20)
    """Fewest rows of a holdout that any version is promoted on."""
    min_each_class: int | None = Field(default=None, ge=1)
    """Fewest outcomes of each class on a holdout that any version of a classifier is promoted on. 50 is a good number
    where one class is rare. None: there is no such number. Left out of digests where nothing is said."""
    fit_warnings: Literal["warn", "ask", "reject", "ignore"] = "warn"
    """What follows when the fit did not converge; left out of digests where nothing is said."""
    too_good: Literal["warn", "ask", "reject", "ignore"] = "ask"
    """What follows when a column alone tells nearly the whole outcome, as leaks do, and the champion does not have it;
    left out of digests where nothing is said."""

    def __init__(self, *rules: Rule, **fields: Any) -> None:
        super().__init__(rules=fields.pop("rules", rules) or _usual(), **fields)

    @model_serializer(mode="wrap")
    def _dump(self, handler: Any) -> dict[str, Any]:
        """Leave out what nothing is said about, so that specs of before these fields keep their digests."""
        found: dict[str, Any] = handler(self)
        if self.fit_warnings == "warn":
            found.pop("fit_warnings", None)
        if self.too_good == "ask":
            found.pop("too_good", None)
        if not self.people:
            found.pop("people", None)
        if self.min_each_class is None:
            found.pop("min_each_class", None)
        return found

    @field_validator("people")
    @classmethod
    def _people(cls, value: Mapping[str, str]) -> Mapping[str, str]:
        wrong = [f"{one!r}: {other!r}" for one, other in value.items() if not _is_pair(one, other)]
        if wrong:
            raise ValueError(f"{', '.join(wrong)} says nobody's names: write {{'os:1000': 'airflow:ada'}}")
        return value

    @field_validator("stages", mode="before")
    @classmethod
    def _shares(cls, value: Any) -> Any:
        return Stages(shares=tuple(value)) if isinstance(value, list | tuple) else value

    @field_validator("approval_within")
    @classmethod
    def _within(cls, value: str) -> str:
        if not parse_duration(value):
            raise ValueError("an approval needs some time: write '7d' or '12h'")
        return value

    @field_validator("rules")
    @classmethod
    def _no_duplicates(cls, value: tuple[Rule, ...]) -> tuple[Rule, ...]:
        labels = [rule.label for rule in value]
        twice = sorted({label for label in labels if labels.count(label) > 1})
        if twice:
            raise ValueError(f"rules declared twice: {', '.join(twice)}")
        return value

    @property
    def holdout_rows(self) -> int:
        """Fewest rows of a holdout on which every rule that counts rows can pass."""
        return max([self.min_rows, *(count for rule in self.rules for count in _counted(rule))])

    def needs(self, task: Task) -> Needs:
        """Return what the rules together ask to be measured."""
        return Needs.together(rule.needs(task) for rule in self.rules)


def _is_pair(one: str, other: str) -> bool:
    """True for the id of an operating system's user, and a user of Airflow."""
    return re.fullmatch(r"os:[0-9]+", one) is not None and re.fullmatch(r"airflow:\S.*", other) is not None


def _counted(rule: Rule) -> list[int]:
    """Return the rows that a rule asks of the holdout, and its parts, where all of them must pass."""
    if rule.kind == "all_of":
        return [count for part in rule.parts for count in _counted(part)]
    rows = getattr(rule, "rows", None)
    return [rows] if rule.kind == "min_rows" and isinstance(rows, int) else []


def _usual() -> tuple[Rule, ...]:
    """Return the rules of a gate that declares none."""
    better, not_worse = RULES.get("better_than_baseline"), RULES.get("not_worse_than_champion")
    return (better.of(), not_worse.of(margin=0.02, relative=True))


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


class Before(Declaration):
    """How event time was cut into windows before the model's cadence or time zone changed.

    The windows before `until` keep their keys. The first window of the new cadence begins there; where that is not the
    beginning of a calendar unit, it is longer by the rest.
    """

    window: str
    """`year`, `quarter`, `month`, `week`, `day`, several of them, or a duration such as `6h`: the cadence of then."""
    until: str
    """Key of the first window of then that is none any more, such as `2024-08`."""
    timezone: str = "UTC"
    """IANA zone whose calendar the windows of then follow."""
    before: Before | None = None
    """What it followed in its turn."""

    @field_validator("window")
    @classmethod
    def _window(cls, value: str) -> str:
        return canonical(value)

    @model_validator(mode="after")
    def _consistent(self) -> Before:
        try:
            self.cadence.window(self.until)
        except InvalidWindow as error:
            raise ValueError(f"until: {error.cause}; {error.remedy}") from None
        return self

    @property
    def cadence(self) -> Cadence:
        """The cadence of then."""
        found = Cadence.parse(self.window, self.timezone)
        return found.following(self.before.cadence, self.before.until) if self.before else found


class Schedule(Declaration):
    """When the DAGs of the family run: five-field cron expressions in the model's time zone, or None for never.

    Each run concerns the window that ended before it. None uses the cadence's default: in the night after the
    window (training and scoring), and a day later (monitoring). For windows of several units an expression ticks once
    in each unit; the first tick counts at which the window has ended and what the run needs is known.
    """

    score: str | None = None
    """When a window is scored."""
    monitor: str | None = None
    """When a window is monitored."""
    train: str | None = None
    """A cron expression trains every window. The default trains when the monitor, a person or a backfill asks."""

    @field_validator("score", "monitor", "train")
    @classmethod
    def _cron(cls, value: str | None) -> str | None:
        if value is not None and not _CRON.fullmatch(value):
            raise ValueError(f"{value!r} is not a five-field cron expression such as '0 5 1 * *'")
        return value
