"""Records that explain a version: what it rests on, how its scores move, and where it differs from the champion."""

from __future__ import annotations

from datetime import datetime

from windvane.results.record import Record


class Importance(Record):
    """How much a version loses when one column of its inputs is shuffled between the rows."""

    feature: str
    increase: float | None
    """Mean increase of the loss, in the metric's unit."""
    low: float | None = None
    """Lower end of its 95 % interval."""
    high: float | None = None
    """Upper end of its 95 % interval."""


class Dependence(Record):
    """The mean score when one column has the same value in every row."""

    feature: str
    at: tuple[str, ...]
    """The values, rising or the most frequent first."""
    means: dict[str, tuple[float, ...]]
    """Mean scores at those values: of `score`, or of each class."""
    rows: int


class Disagreement(Record):
    """A row of the holdout that the version and the champion score differently."""

    key: str
    at: datetime
    outcome: str
    score: str
    champion_score: str
    distance: float
    """Difference of the scores; for several classes half the sum of the differences of their shares."""
    features: dict[str, str]
    """The columns the version rests on most, as they are in the row."""


class ShapValue(Record):
    """Mean absolute SHAP value of one column: how far it moves a score, on average."""

    feature: str
    mean: float
    low: float
    """Lower end of its 95 % interval."""
    high: float
    """Upper end of its 95 % interval."""


class Explanation(Record):
    """What a version rests on, measured on its own holdout."""

    model: str
    version: int
    snapshot: str
    metric: str
    """Whose increase the importances are."""
    rows: int
    """Rows of the holdout that were used (sampled under the seed where there are more)."""
    repeats: int
    """How often each column was shuffled."""
    importance: tuple[Importance, ...]
    """The largest increase first."""
    dependence: tuple[Dependence, ...] = ()
    champion: int | None = None
    """The version whose scores the disagreements are with."""
    disagreements: tuple[Disagreement, ...] = ()
    """The largest distance first."""
    shap_values: tuple[ShapValue, ...] = ()
    """SHAP values, where they were asked for; the largest first."""
    notes: tuple[str, ...] = ()
