"""Parts of a model's declaration: features, estimator, weights, windows of before and schedule."""

from __future__ import annotations

import re
from typing import Any, Literal

from pydantic import Field, SerializerFunctionWrapHandler, field_validator, model_serializer, model_validator

from windvane.errors import InvalidWindow, UnknownKind
from windvane.spec.base import Declaration, checked_path, maker
from windvane.spec.estimators import ESTIMATORS
from windvane.windows import Cadence, canonical

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
    native_categories: bool = False
    """Whether the categories reach the estimator as its library has them: pandas' categorical columns, which XGBoost,
    LightGBM and HistGradientBoosting split by, or CatBoost's `cat_features`. The list of each column is fixed while
    fitting; another value is missing while scoring, and is told. False gives them as texts, for an encoder."""

    @model_serializer(mode="wrap")
    def _lean(self, serialise: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Leave out what was not there once where it is the default, so that digests of before stay what they were."""
        found: dict[str, Any] = serialise(self)
        if not self.native_categories:
            found.pop("native_categories", None)
        return found

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
        if self.native_categories and not self.categories:
            raise ValueError("native_categories needs categories; list them, or leave it out")
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


class EarlyStopping(Declaration):
    """When boosted trees stop: once the latest training rows have gained nothing for some rounds.

    These rows are set aside by event time: all are later than what is learned from, and none is of the gate's
    holdout. With `refit=True` the estimator that scores stops by the newest rows of all, the holdout's among them.
    The version keeps the rounds up to the best one. It works for XGBoost, LightGBM, CatBoost and
    HistGradientBoosting, alone or at the end of a pipeline; the number of rounds that they are given is the most.
    """

    rounds: int = Field(default=50, ge=1)
    """Rounds without a gain after which fitting stops."""
    share: float = Field(default=0.1, gt=0, le=0.5)
    """Part of the training rows, the latest ones, that say when to stop and are not learned from."""


class Weights(Declaration):
    """How much each training row counts. Build it with `Weights.reweighing` or `Weights.callable`."""

    kind: Literal["reweighing", "callable"]
    """Where the weights come from."""
    column: str | None = None
    """The protected column to reweigh by; it need not be a feature."""
    path: str | None = None
    """Import path of the function."""

    @classmethod
    @maker
    def reweighing(cls, column: str) -> Weights:
        """Weights under which the outcome does not depend on a protected column (Kamiran and Calders 2012).

        A row of group g and outcome y counts `P(g) P(y) / P(g, y)`: more where the group meets that outcome less
        often than it would by chance. Nothing of the column is needed to score.
        """
        return cls(kind="reweighing", column=column)

    @classmethod
    @maker
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
    spread: bool = True
    """Whether a default expression begins at a minute of its hour that follows from the model's name, so that many
    models do not begin at once. What is declared above stays as it is."""

    @model_serializer(mode="wrap")
    def _lean(self, serialise: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Leave out `spread` where it is the default: digests of specs from before it stay what they were."""
        found: dict[str, Any] = serialise(self)
        return found if not self.spread else {name: value for name, value in found.items() if name != "spread"}

    @field_validator("score", "monitor", "train")
    @classmethod
    def _cron(cls, value: str | None) -> str | None:
        if value is not None and not _CRON.fullmatch(value):
            raise ValueError(f"{value!r} is not a five-field cron expression such as '0 5 1 * *'")
        return value
