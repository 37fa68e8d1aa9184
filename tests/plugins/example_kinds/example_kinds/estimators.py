"""The estimator `straight`: one straight line through every number."""

from __future__ import annotations

from typing import Any, ClassVar

from windvane.spec.estimators import EstimatorKind


class Straight(EstimatorKind):
    """A logistic regression."""

    name: ClassVar[str] = "straight"
    tasks: ClassVar[tuple[str, ...]] = ("binary", "multiclass")

    @classmethod
    def build(cls, task: str, *, random_state: int | None = None, **params: Any) -> Any:
        """Return it, unfitted."""
        from sklearn.linear_model import LogisticRegression

        return LogisticRegression(random_state=random_state, **params)
