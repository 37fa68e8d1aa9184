"""The rule `robustness`: a version that bears noise, or inputs that are missing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from pydantic import Field, field_validator

from windvane import results
from windvane.lifecycle.rules.case import Case, verdict
from windvane.lifecycle.rules.margin import paired
from windvane.spec import Task
from windvane.spec.rules import MarginRule, Names, Needs, Perturbation, column_problems


class Robustness(MarginRule):
    """Pass when a perturbation of the inputs surely makes the version worse by at most the margin."""

    positional = ("metric", "margin")
    usual: ClassVar[Mapping[str, Any]] = {"margin": 0.02}

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

    def _perturbation(self, task: Task) -> Perturbation:
        return Perturbation(self.metric_for(task), self.noise, self.missing, self.columns)

    def needs(self, task: Task) -> Needs:
        """The metric under the perturbation."""
        perturbation = self._perturbation(task)
        return Needs(metrics=(perturbation.metric,), perturbations=(perturbation,))

    def judge(self, case: Case) -> results.Verdict:
        """Hold what the perturbation costs to the margin."""
        perturbation = self._perturbation(case.model.task)
        name, label = perturbation.metric, perturbation.label
        found = next(
            (
                item.comparison
                for item in case.evaluation.robustness
                if item.perturbation == label and item.comparison.metric == name
            ),
            None,
        )
        if found is not None and found.problem.startswith("the estimator raised"):
            return verdict(self, "fail", f"the estimator cannot score {label}", detail=found.problem)
        claim = f"not worse {label}" if self.missing else f"not worse with {label}"
        return paired(self, found, case.metric(name), "the inputs as they are", give=True, claim=claim)
