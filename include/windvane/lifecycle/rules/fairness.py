"""The rule `fairness`: decisions that treat the groups of a protected column alike."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from windvane import results
from windvane.lifecycle.rules.case import Case, verdict
from windvane.lifecycle.rules.interval import within
from windvane.lifecycle.wording import counted, percent, shown
from windvane.spec import Task
from windvane.spec.rules import Groups, Names, Needs, Rule, column_problems

FairnessMeasure = Literal["demographic_parity", "equalised_odds", "equal_opportunity"]


class Fairness(Rule):
    """Pass when the decisions treat the groups of a protected column surely alike, within a bound."""

    positional = ("column", "measure")

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

    def needs(self, task: Task) -> Needs:  # noqa: ARG002  # the same for every task
        """The groups of its column."""
        return Needs(groups=(Groups(self.column, self.measure, self.rows),))

    def judge(self, case: Case) -> results.Verdict:
        """Hold the disparity's bad end to the bound."""
        wanted = (self.column, self.measure, self.rows)
        measured = case.evaluation.fairness
        found = next((item for item in measured if (item.column, item.measure, item.fewest) == wanted), None)
        name = f"{self.measure.replace('_', ' ')} by {self.column}"
        if found is None or found.problem:
            why = found.problem if found else "It was not measured."
            return verdict(self, "inconclusive", name, detail=why)
        total = found.rows + found.missing
        if found.missing > self.missing * total:
            fact = f"{self.column} is missing in {counted(found.missing, total)}, allowed {percent(self.missing)}"
            return verdict(self, "inconclusive", fact)
        return self._held(found, name)

    def _held(self, found: results.Disparity, name: str) -> results.Verdict:
        upper = self.at_most is not None
        limit = self.at_most if self.at_most is not None else self.at_least
        assert limit is not None  # one of the two is declared: the spec checks it
        value, low, high = (
            (found.difference, found.low, found.high) if upper else (found.ratio, found.ratio_low, found.ratio_high)
        )
        if value is None or low is None or high is None:
            return verdict(self, "inconclusive", name, detail="It has no value and interval here.")
        allowed = f"{'at most' if upper else 'at least'} {limit:g}"
        number = results.Number(
            name=f"{'difference' if upper else 'ratio'} of {name}",
            value=value,
            low=low,
            high=high,
            unit="share" if upper else "",
            allowed=allowed,
            better="lower" if upper else "higher",
        )
        detail = f"On {found.rows:,} rows; the whole 95 % interval must be within the bound."
        what = f"{name}: {'difference' if upper else 'ratio'} {allowed}"
        return verdict(self, within(limit, low, high, upper=upper), what, number, *_rates(found), detail=detail)


def _rates(found: results.Disparity) -> list[results.Number]:
    """Return the largest and the smallest share of positive decisions among the groups."""
    known = sorted(
        ((group.selection_rate, group.group) for group in found.groups if group.selection_rate is not None),
        key=lambda rate: -rate[0],
    )
    ends = known[:1] + known[-1:] if len(known) > 1 else known
    return [
        results.Number(name=f"positive decisions, {shown(group)}", value=rate, unit="share") for rate, group in ends
    ]
