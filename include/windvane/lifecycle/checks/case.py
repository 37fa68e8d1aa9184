"""What a check may look at, and how it says that there is too little to look at."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from windvane import results
from windvane.lifecycle.alpha_spending import level
from windvane.spec import Model, Need
from windvane.windows import Window

if TYPE_CHECKING:
    from datetime import datetime  # noqa: TC004 (a dataclass reads no annotation)

    import pandas as pd  # noqa: TC004 (a DAG file imports this module, and pays for nothing)

    from windvane.lifecycle.scored_rows import ScoredRows  # noqa: TC004 (a dataclass reads no annotation)


@dataclass(frozen=True)
class Evidence:
    """What is known about a window, as of the run.

    Args:
        window: The window.
        rows: Its rows in their normal form; None when nothing could be read of them.
        features: The same rows as the estimator sees them.
        reference: The profile of the version that scored it.
        like: The profile that inputs are compared with instead, in the same bins (see `Monitor.compare_with`).
        scored: Those of the rows that were scored, and their scores in the same order.
        mature: Whether the outcomes are due.
        usual_rows: Rows of a usual window.
        alike: Rows of like windows before it, the newest first.
        problems: What the input checks refused, a sentence each.
        empty: Whether the source has no row of it.
        idle: Whether that is usual at this time of the week.
        earlier: Windows before it that the same version scored, with outcomes, the newest first.
        past: Conclusions about earlier windows, the newest first.
        reference_rows: Rows the version was trained on, as the estimator saw them.
        uncompared: Columns that the window and the version do not both have, a sentence each.
        told: Declared expectations that do not hold and stop nothing, a sentence each.
        due: When its scores should have been published, where they were not; None where nothing is missing.
        version: Number of the version that scored it, or that would have.
        evaluation: What that version came to on its holdout, where a limit is held against it.
        own_metrics: The user's own metrics that limits name.
        before: Gives the profiles of earlier windows that were in order, the newest first; read only when asked.
    """

    window: Window
    rows: pd.DataFrame | None
    features: pd.DataFrame | None
    reference: results.Profile | None
    scored: ScoredRows | None = None
    mature: bool = False
    like: results.Profile | None = None
    usual_rows: float | None = None
    alike: tuple[int, ...] = ()
    problems: tuple[str, ...] = ()
    empty: bool = False
    idle: bool = False
    earlier: tuple[ScoredRows, ...] = ()
    past: tuple[results.MonitorResult, ...] = ()
    reference_rows: pd.DataFrame | None = None
    due: datetime | None = None
    uncompared: tuple[str, ...] = ()
    told: tuple[str, ...] = ()
    version: int | None = None
    evaluation: results.Evaluation | None = None
    own_metrics: Mapping[str, Callable[[Any, Any], float]] = field(default_factory=dict)
    before: Callable[[], Sequence[results.Profile]] = tuple


@dataclass
class Work:
    """One window at work: the evidence, and what all checks have of it together.

    Args:
        evidence: What is known.
        model: The spec.
        current: The window's profile, in the reference's bins.
        known: The scored rows with outcomes that are due.
        scored_features: The scored rows as the estimator sees them.
        loss: Set by the check that measures it: the mean primary loss of the rows with outcomes.
        odd: Set by the check of the data: what may be a fault or a changed world.
        estimated: Set by the check that estimates it: the mean loss expected without outcomes.
    """

    evidence: Evidence
    model: Model
    current: results.Profile
    known: ScoredRows | None
    scored_features: pd.DataFrame | None
    loss: float | None = None
    estimated: float | None = None
    odd: results.CheckResult | None = None

    @property
    def reference(self) -> results.Profile:
        """The profile of the version that scored the window; for checks that need it."""
        assert self.evidence.reference is not None
        return self.evidence.reference

    @property
    def scored(self) -> ScoredRows:
        """The scored rows; for checks that need scores."""
        assert self.evidence.scored is not None
        return self.evidence.scored

    def level(self, check: str) -> float:
        """Return the chance of a false finding that a check may use on this window."""
        return level(self.model, check)

    def lacking(self, needs: Sequence[Need]) -> str:
        """Return why a check with these needs has nothing to look at; empty when it has."""
        evidence = self.evidence
        needs = (*needs, "rows") if {"reference", "scores"} & set(needs) else needs
        if evidence.empty and "rows" in needs:
            return "has no rows"
        if "rows" in needs and (evidence.rows is None or evidence.features is None):
            return "has no rows that could be read"
        if "reference" in needs and evidence.reference is None:
            return "has no version that may score it"
        if "scores" in needs and evidence.scored is None:
            return "was not scored"
        return ""
