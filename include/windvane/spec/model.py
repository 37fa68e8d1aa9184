"""`Model`: everything a person declares about one model, validated when it is defined."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextvars import ContextVar
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field, field_validator, model_serializer, model_validator

from windvane.spec.base import Declaration, checked_path, sha256_of
from windvane.spec.checks import kind_of
from windvane.spec.consistency import contradictions, is_gone, newer_contradictions
from windvane.spec.gating import Gate
from windvane.spec.keeping import Keep
from windvane.spec.keys import Key
from windvane.spec.metrics import PRIMARY, Metric, OwnMetric, Task, known_metrics
from windvane.spec.parts import Before, EarlyStopping, Estimator, Features, Schedule, Weights
from windvane.spec.publish import Publish
from windvane.spec.publish import stored as stored_place
from windvane.spec.rules.kinds import stored
from windvane.spec.source import Source
from windvane.spec.timing import Timing, minute_of, shortest, tick_after, timings
from windvane.spec.tuning import Search
from windvane.spec.watching import Monitor
from windvane.windows import Cadence, Window, canonical, parse_duration

if TYPE_CHECKING:
    from pydantic import SerializerFunctionWrapHandler

_PATIENCE = timedelta(hours=2)
"""How long scores may be missing where nothing is declared."""
_INSTANT = timedelta(microseconds=1)
_WEEK = timedelta(weeks=1)
_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")


def is_model_name(text: str) -> bool:
    """True for what may be the name of a model."""
    return _NAME.fullmatch(text) is not None


_LATER = ("key_parts", "publish", "target_range", "tune", "early_stopping", "refit", "keep", "tags")
"""Fields that came after the first specs, whose digests stay: left out where nothing is declared."""
_STORED: ContextVar[bool] = ContextVar("stored", default=False)
"""Whether the spec that is read was accepted by an earlier release: what is refused since then is not refused in it."""

_NOT_TRAINED = {
    *("owner", "description", "risk", "shadow", "gate", "monitor", "schedule", "expect", "end", "outcome_after"),
    *("publish", "cluster", "block", "row_weight", "protected", "threshold", "costs", "metrics"),
    *("target_range", "tune", "keep", "tags"),
}
"""Fields that say nothing about what a version is."""


def _duration(text: str) -> str:
    parse_duration(text)
    return text


Tag = Annotated[str, Field(pattern=r"^[^\s,;](?:[^,;\n]{0,58}[^\s,;])?$")]
Duration = Annotated[str, AfterValidator(_duration)]


class Model(Declaration):
    """One model: what it predicts, from what, how it is trained, and by which rules it is promoted and watched."""

    name: str
    """Lower-case name (letters, digits, `_`; at most 63); it names the DAGs, the registry rows and the files."""
    owner: str = Field(min_length=1)
    """The person or team that answers for it; shown as the DAGs' owner."""
    description: str = ""
    """One paragraph for the people who meet it in the Airflow UI."""
    tags: tuple[Tag, ...] = ()
    """Words by which models are grouped on the overview, and its DAGs in Airflow, such as `["credit", "eu"]`."""
    risk: Literal["ordinary", "high"] = "ordinary"
    """`high`: every version needs a person's approval, and four eyes, whatever the gate says."""

    source: Source
    """Where the rows of a window come from."""
    event_time: str
    """Column of the moment the entity's event happens; timezone-aware."""
    key: str
    """Column that identifies a row within its window; unique there, never missing. A list, `["shop", "day"]`, makes
    one of several columns, called `shop+day`; `Key.row()` takes the position in the file. Where the event time is
    unique, a list of it alone will do."""
    key_parts: tuple[str, ...] = ()
    """The columns that a composite key is made of; follows from `key`."""
    target: str
    """Column of the outcome; missing where it is not known (yet)."""
    task: Task
    """What the target is: 0 or 1, one of several labels, or a number."""
    target_range: tuple[float | None, float | None] | None = None
    """Regression: the least and the largest number that the target can be; None where there is no end. Scores outside
    are named."""
    features: Features
    """The columns that a version learns from."""
    carry: tuple[str, ...] = ()
    """Further columns to keep in snapshots, for slices and reports, that no version learns from."""
    protected: tuple[str, ...] = ()
    """Columns (features or carried) by whose groups decisions must be fair; missing where unknown."""
    cluster: str | None = None
    """Column (a feature or carried) of the entity that rows belong to, such as a customer: rows of one entity are not
    independent, and intervals respect that."""
    block: Duration | None = None
    """Length of time (`1d`) within which rows depend on each other, such as a storm that delays all flights of a day;
    intervals respect that too."""
    row_weight: str | None = None
    """Column (a feature or carried) of how much a row counts in metrics; positive or 0, never missing."""
    threshold: float = Field(default=0.5, gt=0, lt=1)
    """Binary: the score from which a row is decided positive, for accuracy, F1, costs and fairness."""
    costs: dict[str, dict[str, float]] = Field(default_factory=dict)
    """What a decision costs, by outcome and decision: `{"1": {"0": 5}, "0": {"1": 1}}`; pairs not named cost 0. It
    makes the metric `expected_cost`."""
    metrics: tuple[OwnMetric, ...] = ()
    """Metrics of your own, besides the task's."""

    publish: tuple[Publish, ...] = ()
    """Where the current scores of each window are delivered, besides the artifacts."""

    window: str = "month"
    """`year`, `quarter`, `month`, `week`, `day`, several of them (`2 weeks`, `90d`), or a duration such as `6h`: the
    cadence of everything."""
    timezone: str = "UTC"
    """IANA zone whose calendar the windows follow, and in which the schedules are read."""
    before: Before | None = None
    """The cadence or zone of the windows before a change of `window` or `timezone`."""
    start: date | None = None
    """First day of the source; no window before it is ever read."""
    end: date | None = None
    """Day after the last day of the source; the DAGs schedule nothing after it."""
    outcome_after: Duration = "0d"
    """How long after a window's end its outcomes are known."""

    estimator: Estimator
    """What is trained."""
    tune: Search | None = None
    """How its parameters are searched for; None trains it with those that are declared."""
    early_stopping: EarlyStopping | None = None
    """When boosted trees stop adding rounds; None trains as many as their parameters say."""
    training_weights: Weights | None = None
    """How much each training row counts; None counts all the same."""
    history: int | Literal["all"] = 12
    """How many windows, ending with the run's own, a version is trained on; `all` goes back to `start`."""
    holdout: float = Field(default=0.3, gt=0, lt=1)
    """Last share of the newest window's rows, by event time, on which a version is judged; never trained on. Where the
    gate's rules need more rows, it spans more of the latest windows, up to this share of the whole history."""
    refit: bool = False
    """Whether the estimator that scores is fitted once more, by the same recipe, on all rows with outcomes, the holdout
    too. What is measured is measured on the one fitted without the holdout: that says how good the recipe is. It costs
    one more fit."""
    min_rows: int = Field(default=200, ge=20)
    """Fewest rows with outcomes that a version is trained on."""
    max_missing_outcomes: float = Field(default=0.1, ge=0, lt=1)
    """Largest share of a mature window's rows that may have no outcome (they are scored, never trained on)."""
    seed: int = Field(default=0, ge=0, lt=2**32)
    """What everything random is drawn from: the same inputs give the same version."""

    expect: str | None = None
    """Import path of a function that returns Great Expectations expectations (a list, or a suite) for the source."""
    gate: Gate = Field(default_factory=Gate)
    """The rules that a version must pass."""
    shadow: int = Field(default=0, ge=0, le=5)
    """How many challengers score each window beside the champion, unpublished: the newest ones trained before it."""
    monitor: Monitor = Field(default_factory=Monitor)
    """What is watched in each window, and what follows from it."""
    schedule: Schedule = Field(default_factory=Schedule)
    """When the DAGs run."""
    keep: Keep | None = None
    """How long files are kept, by kind; None keeps all of them."""

    @classmethod
    def from_stored(cls, fields: Mapping[str, Any]) -> Model:
        """Return the model of a stored spec, also when a package that brought one of its kinds is gone.

        Such a kind shows what was declared. A rule's verdict is inconclusive, and a check has no answer; rows and
        estimators of such kinds are refused by `UnknownKind`.

        Raises:
            SpecError: Something else of the spec is not valid any more.
        """
        known: dict[str, Any] = dict(fields)
        gate, monitor = dict(fields.get("gate") or {}), dict(fields.get("monitor") or {})
        if isinstance(gate.get("rules"), list | tuple):
            own = [OwnMetric(**item).label for item in fields.get("metrics") or ()]
            known["gate"] = {**gate, "rules": tuple(stored(rule, own) for rule in gate["rules"])}
        checks = tuple(monitor.get("checks") or ())
        if any(kind_of(check) is None for check in checks):
            left = tuple(check for check in checks if kind_of(check) is not None)
            known["monitor"] = Monitor(**{**monitor, "checks": left}).model_copy(update={"checks": checks})
        source, estimator = fields.get("source"), fields.get("estimator")
        if isinstance(source, Mapping):
            known["source"] = Source.stored(source)
        places = tuple(fields.get("publish") or ())  # a place whose package is gone is delivered to no more
        known["publish"] = tuple(Publish(**place) for place in places if stored_place(place))
        if isinstance(estimator, Mapping) and is_gone(str(estimator.get("path"))):
            known["estimator"] = Estimator.model_construct(
                **{**estimator, "trusted": tuple(estimator.get("trusted") or ())}
            )
        token = _STORED.set(True)
        try:
            return cls(**known)
        finally:
            _STORED.reset(token)

    @model_validator(mode="before")
    @classmethod
    def _composite(cls, fields: Any) -> Any:
        """Name a key of several columns, or of the position in the file."""
        if isinstance(fields, dict) and isinstance(fields.get("key"), Key | list | tuple):
            key = fields["key"] if isinstance(fields["key"], Key) else Key(tuple(fields["key"]))
            own = key.columns == (fields.get("event_time"),)
            return {**fields, "key": f"{key.name}_key" if own else key.name, "key_parts": key.columns}
        return fields

    @model_serializer(mode="wrap")
    def _dump(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Leave out what is not declared and was not there once, so that specs of before it keep their digests."""
        found: dict[str, Any] = handler(self)
        for name in _LATER:
            if not getattr(self, name):
                found.pop(name, None)
        return found

    @field_validator("name")
    @classmethod
    def _name(cls, value: str) -> str:
        if not is_model_name(value):
            raise ValueError(f"{value!r} must start with a lower-case letter and hold at most 63 of a-z, 0-9 and _")
        return value

    @field_validator("window")
    @classmethod
    def _window(cls, value: str) -> str:
        return canonical(value)

    @field_validator("expect")
    @classmethod
    def _expect(cls, value: str | None) -> str | None:
        return value if value is None else checked_path(value)

    @field_validator("carry", "protected", "metrics", "key_parts", "publish", "tags", "target_range", mode="before")
    @classmethod
    def _carry(cls, value: Any) -> Any:
        return tuple(value) if isinstance(value, list) else value

    @model_validator(mode="after")
    def _consistent(self) -> Model:
        found = contradictions(self) + ([] if _STORED.get() else newer_contradictions(self))
        if found:
            raise ValueError("; ".join(found))
        return self

    @property
    def known_metrics(self) -> dict[str, Metric]:
        """The metrics that are computed for this model, the primary one first."""
        named = self.gate.needs(self.task).metrics
        return known_metrics(self.task, self.metrics, costs=bool(self.costs), named=named, target=self.target)

    @property
    def kept(self) -> tuple[str, ...]:
        """The columns of a snapshot besides key, event time and target: features of the source, and carried ones."""
        return (*self.features.from_source, *self.carry)

    @property
    def cadence(self) -> Cadence:
        """How event time is cut into windows."""
        found = Cadence.parse(self.window, self.timezone)
        return found.following(self.before.cadence, self.before.until) if self.before else found

    @property
    def maturity(self) -> timedelta:
        """How long after a window's end its outcomes are due."""
        return parse_duration(self.outcome_after)

    @property
    def approval(self) -> Literal["never", "first_version", "always"]:
        """When a person must approve a version that passed every rule."""
        return "always" if self.risk == "high" else self.gate.approval

    @property
    def four_eyes(self) -> bool:
        """Whether somebody else than who asked must approve."""
        return self.risk == "high" or self.gate.four_eyes

    @property
    def on_trial(self) -> bool:
        """Whether challengers score beside the champion: in shadow, or in a promotion in stages."""
        return self.shadow > 0 or self.gate.stages is not None

    @property
    def approval_deadline(self) -> timedelta:
        """How long an approval may wait."""
        return parse_duration(self.gate.approval_within)

    @property
    def metric(self) -> str:
        """The task's primary metric: a mean of one loss a row."""
        return PRIMARY[self.task]

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns the source delivers, and no others: key, event time, features, carried, target."""
        return (self.key, self.event_time, *self.features.from_source, *self.carry, self.target)

    @property
    def delivered(self) -> tuple[str, ...]:
        """The columns that the source delivers: those of `columns`, with what the key is made of in its place."""
        parts = () if self.key_parts == Key.ROW else self.key_parts
        return tuple(dict.fromkeys((*(parts or ((self.key,) if not self.key_parts else ())), *self.columns[1:])))

    @property
    def first_moment(self) -> datetime | None:
        """The start of the source's first window, UTC; None when `start` is not declared."""
        if self.start is None:
            return None
        return self.cadence.window_at(datetime(self.start.year, self.start.month, self.start.day, 12, tzinfo=UTC)).start

    @property
    def last_window(self) -> Window | None:
        """The last window of the source; None when `end` is not declared."""
        if self.end is None:
            return None
        before = datetime(self.end.year, self.end.month, self.end.day, tzinfo=ZoneInfo(self.timezone)) - _INSTANT
        return self.cadence.window_at(before)

    def history_of(self, window: Window) -> list[Window]:
        """Return the windows a version of `window` is trained on, oldest first, `window` last."""
        count = 100_000 if self.history == "all" else self.history
        return self.cadence.back_from(window, count, self.first_moment)

    def like(self, window: Window) -> list[str]:
        """Return the keys of the windows that a window is like, the newest first (see `Monitor.compare_with`)."""
        if self.monitor.compare_with == "training":
            return []
        weeks = [52] if self.monitor.compare_with == "last_year" else [1, 2, 3, 4]
        cadence = self.cadence
        if cadence.months and not 12 % cadence.months:
            return [cadence.back_from(window, 12 // cadence.months + 1)[0].key] if weeks == [52] else []
        middle = window.start + (window.end - window.start) / 2
        found = [cadence.window_at(middle - timedelta(weeks=count)) for count in weeks]
        return [] if window in found or (weeks != [52] and shortest(cadence) > _WEEK) else [item.key for item in found]

    def timetable(self) -> dict[str, Timing]:
        """Return when the `train`, `score` and `monitor` DAGs run, and which window each run concerns."""
        minute = minute_of(self.name) if self.schedule.spread else 0
        return timings(self.cadence, self.maturity, self.schedule, minute)

    @property
    def scores_within(self) -> timedelta:
        """How long after its score run is due a window's scores may be missing."""
        declared = self.monitor.scores_within
        return parse_duration(declared) if declared else min(_PATIENCE, shortest(self.cadence))

    def scores_due(self, window: Window) -> datetime:
        """Return the moment by which a window's scores must be published, UTC."""
        return tick_after(self.cadence, self.timetable()["score"].cron, window) + self.scores_within

    @classmethod
    def not_trained(cls) -> frozenset[str]:
        """Return the fields that no version's content depends on: owner, texts, gate, metrics, monitor, schedules."""
        return frozenset(_NOT_TRAINED)

    @property
    def training_digest(self) -> str:
        """SHA-256 of what decides a version's content; owner, texts, gate, metrics, monitor and schedules do not."""
        never_changed = {"before"} if self.before is None else set()
        return sha256_of(self.model_dump(mode="json", exclude=_NOT_TRAINED | never_changed))
