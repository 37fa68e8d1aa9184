"""Rules about how a version behaves: calibrated, fair, robust, on the inputs its consumers know; and a user's own."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, field_validator

from windvane.spec.base import checked_path
from windvane.spec.rules.base import Names, Rule, column_problems
from windvane.spec.rules.performance import MarginRule

FairnessMeasure = Literal["demographic_parity", "equalised_odds", "equal_opportunity"]


class Calibration(Rule):
    """Pass when the calibration error (ten bins of equal count) is surely at most the bound."""

    kind: Literal["calibration"] = "calibration"
    at_most: float = Field(default=0.05, gt=0, lt=1)

    def problems(self, names: Names) -> list[str]:
        """Probabilities of two classes only."""
        return [] if names.task == "binary" else ["gate rule 'calibration' needs a binary task"]


class Fairness(Rule):
    """Pass when the decisions treat the groups of a protected column surely alike, within a bound."""

    kind: Literal["fairness"] = "fairness"
    column: str
    """A column listed under the model's `protected`; it need not be a feature."""
    measure: FairnessMeasure = "demographic_parity"
    """`demographic_parity`: the share of positive decisions; `equal_opportunity`: that share among true positives;
    `equalised_odds`: among true positives and among true negatives, the larger difference."""
    at_most: float | None = Field(default=None, gt=0, le=1)
    """Largest difference between two groups."""
    at_least: float | None = Field(default=None, gt=0, le=1)
    """Smallest ratio between two groups (0.8: the four-fifths rule)."""
    rows: int = Field(default=50, ge=10)
    """Fewest rows of a group that is judged."""
    missing: float = Field(default=0.05, ge=0, lt=1)
    """Largest share of rows whose group may be unknown."""

    def problems(self, names: Names) -> list[str]:
        """A protected column of a binary model, and exactly one bound."""
        found = [] if names.task == "binary" else ["gate rule 'fairness' needs a binary task"]
        found += column_problems(self, (self.column,), names.protected)
        if (self.at_most is None) == (self.at_least is None):
            found.append(f"gate rule 'fairness' on {self.column!r} needs one of at_most (difference), at_least (ratio)")
        return found


class Robustness(MarginRule):
    """Pass when a perturbation of the inputs surely makes the version worse by at most the margin."""

    kind: Literal["robustness"] = "robustness"
    noise: float | None = Field(default=None, gt=0)
    """Normal noise added to numbers, as a share of each column's standard deviation."""
    missing: tuple[str, ...] = ()
    """Columns that are made missing in every row, all at once."""
    columns: tuple[str, ...] = ()
    """Numbers that get noise; empty: all numeric features of the source."""

    @field_validator("missing", "columns", mode="before")
    @classmethod
    def _names(cls, value: Any) -> Any:
        return tuple(value) if isinstance(value, list) else value

    def problems(self, names: Names) -> list[str]:
        """Exactly one perturbation, of known columns."""
        found = super().problems(names)
        if (self.noise is None) == (not self.missing):
            found.append("gate rule 'robustness' needs one of noise, missing")
        found += column_problems(self, self.missing, names.columns)
        return found + column_problems(self, self.columns, names.numbers)

    @property
    def perturbation(self) -> str:
        """What is done to the inputs, in a few words."""
        if self.noise is None:
            return f"without {', '.join(self.missing)}"
        return f"noise of {self.noise:g} standard deviations in {', '.join(self.columns) or 'all numbers'}"


class InputContract(Rule):
    """Pass when the version asks for no other inputs than the champion, whose consumers deliver what that one needs."""

    kind: Literal["input_contract"] = "input_contract"
    allow: Literal["same", "fewer"] = "fewer"
    """`same`: the very columns and kinds; `fewer`: some of them may be gone."""


class Custom(Rule):
    """A rule of the user's own: a function that gets the evaluation and says yes, no, or why it cannot say."""

    kind: Literal["custom"] = "custom"
    path: str
    """Import path of a function `(evaluation) -> bool`, or `-> (outcome, sentence)` with the outcome `pass`, `fail`
    or `inconclusive`. What raises is inconclusive."""

    @field_validator("path")
    @classmethod
    def _path(cls, value: str) -> str:
        return checked_path(value)
