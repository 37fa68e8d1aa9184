"""The part of a declaration that says how parameters are searched for: `Model(tune=Search(space={…}))`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Self

from pydantic import Field, field_validator, model_validator

from windvane.errors import UnknownKind
from windvane.spec.base import Declaration
from windvane.spec.parts import Estimator
from windvane.spec.samplers import SAMPLERS
from windvane.spec.space import BRANCH, Dimension, Space, choice, problems_of
from windvane.windows import parse_duration

_MOST_WORKERS = 32
"""Mapped tasks beyond this make Airflow slow, and a sampler that waits for nobody blind."""


class Branch(Declaration):
    """One of several estimators that a search chooses among, with a space of its own."""

    estimator: Estimator
    """What is trained; its parameters are the first that are tried."""
    space: Space = Field(default_factory=dict)
    """What is searched of it; nothing tries it as it stands."""

    @model_validator(mode="after")
    def _possible(self) -> Self:
        _refuse(problems_of(self.space))
        return self


class Search(Declaration):
    """How a version's parameters are found: what is tried, how often, and on which rows it is judged.

    Every trial is trained and judged on windows before the gate's holdout, which the search never sees. The chosen
    parameters take the place of the estimator's, and become part of what the version is.
    """

    space: Space = Field(default_factory=dict)
    """Parameters of the spec's estimator, and what each may be; those not named stay as the estimator has them."""
    branches: dict[str, Branch] = Field(default_factory=dict)
    """Several estimators by name, the simplest first, instead of a space; the search chooses one of them."""
    trials: int = Field(default=60, ge=1, le=10_000)
    """Most trials of a study; the first one is the declared estimator itself."""
    parallel: int = Field(default=1, ge=1, le=_MOST_WORKERS)
    """Trials at once: in Airflow as many mapped tasks. A proposal knows all results but of the trials just before it,
    fewer than this; so the trials are the same whoever was faster."""
    budget: str | None = None
    """Time that all trials together may take (`20m`); no further one begins after it. None: no limit."""
    windows: int = Field(default=3, ge=1, le=24)
    """Folds: the latest windows before the gate's holdout, each judged after training on all before it."""
    sampler: str = "tpe"
    """How trials are proposed: `tpe` (Optuna's, of the extra `tune`), `random`, or one of another package."""
    trial_limit: str = "10m"
    """How long one trial may take; then it is ended, and counts as failed."""
    memory: int | None = Field(default=None, ge=64)
    """MiB that one trial may take beyond what its process has when it begins. None: no limit but the machine's."""
    race: bool = True
    """Whether a trial is ended after a fold when it is surely worse than the best one on the same rows."""
    tie: float = Field(default=0.001, ge=0, lt=1)
    """Share of the best loss within which trials count as the same; of those the simplest is chosen."""
    warm: bool = True
    """Whether the champion's parameters and the best ones of the last study are tried first."""
    every: int = Field(default=1, ge=1)
    """Search in one of so many windows; versions of those between take the parameters that were chosen last."""

    @field_validator("budget", "trial_limit")
    @classmethod
    def _duration(cls, value: str | None) -> str | None:
        if value is not None and parse_duration(value) <= timedelta(0):
            raise ValueError(f"{value!r} leaves no time for a trial; write '20m', or leave it out")
        return value

    @field_validator("sampler")
    @classmethod
    def _sampler(cls, value: str) -> str:
        try:
            SAMPLERS.get(value)
        except UnknownKind as error:
            raise ValueError(error.cause) from None
        return value

    @model_validator(mode="after")
    def _possible(self) -> Self:
        if bool(self.space) == bool(self.branches):
            raise ValueError("name the parameters with space={…}, or several estimators with branches={…}: one of both")
        if len(self.branches) == 1:
            raise ValueError("branches names one estimator; give the spec that estimator, and its parameters as space")
        if BRANCH in self.space:
            raise ValueError(f"space: {BRANCH!r} is the name of the choice among branches, and no parameter")
        _refuse(problems_of(self.space))
        return self

    @property
    def whole(self) -> Space:
        """All dimensions: those of a single estimator; or the choice of a branch, and the parameters of each."""
        if not self.branches:
            return self.space
        found: dict[str, Dimension] = {BRANCH: choice(*self.branches)}
        for name, branch in self.branches.items():
            for parameter, dimension in branch.space.items():
                when = {f"{name}.{other}": values for other, values in dimension.when.items()}
                found[f"{name}.{parameter}"] = dimension.revised(when={BRANCH: (name,), **when})
        return found

    def estimator(self, declared: Estimator, parameters: Mapping[str, Any]) -> Estimator:
        """Return the estimator that some parameters of the whole space stand for.

        Args:
            declared: The spec's own estimator.
            parameters: By their names in `whole`; those that are not there stay as they were declared.
        """
        if not self.branches:
            return declared.revised(params={**declared.params, **parameters})
        name = str(parameters[BRANCH])
        chosen = self.branches[name].estimator
        own = {key.partition(".")[2]: value for key, value in parameters.items() if key.startswith(f"{name}.")}
        return chosen.revised(params={**chosen.params, **own})

    def parameters(self, estimator: Estimator, declared: Estimator) -> dict[str, Any] | None:
        """Return the parameters of the whole space that stand for an estimator; None where none do.

        Args:
            estimator: Such as the champion's.
            declared: The spec's own.
        """
        for name, (own, space) in self._estimators(declared).items():
            if own.path != estimator.path:
                continue
            before = f"{name}." if name else ""
            told = {key: value for key, value in estimator.params.items() if key in space}
            if all(space[key].holds(value) for key, value in told.items()):
                return {**({BRANCH: name} if name else {}), **{f"{before}{key}": told[key] for key in told}}
        return None

    def declared(self, declared: Estimator) -> list[dict[str, Any]]:
        """Return the parameters that stand for what was declared: of the estimator, or of each branch."""
        found = []
        for name, (estimator, _) in self._estimators(declared).items():
            own = self.parameters(estimator, declared)
            found.append(own if own is not None else {BRANCH: name} if name else {})
        return found

    def estimators(self, declared: Estimator) -> dict[str, tuple[Estimator, Space]]:
        """Return every estimator that may be trained, with its space, by the name of its branch (empty: no branch)."""
        return self._estimators(declared)

    def _estimators(self, declared: Estimator) -> dict[str, tuple[Estimator, Space]]:
        if not self.branches:
            return {"": (declared, self.space)}
        return {name: (branch.estimator, branch.space) for name, branch in self.branches.items()}


def _refuse(problems: list[str]) -> None:
    if problems:
        raise ValueError("; ".join(problems))
