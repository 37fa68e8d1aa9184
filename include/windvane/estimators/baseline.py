"""The estimator `baseline`: what a model without features says, which every other one has to beat."""

from __future__ import annotations

from typing import Any, ClassVar

from windvane.spec.estimators import EstimatorKind


class Baseline(EstimatorKind):
    """Shares of the classes, or the mean of the target, of the training rows; the features are not looked at."""

    name: ClassVar[str] = "baseline"

    @classmethod
    def build(cls, task: str, **params: Any) -> Any:
        """Return scikit-learn's own; see `EstimatorKind.build`."""
        from sklearn.dummy import DummyClassifier, DummyRegressor

        return DummyRegressor(**params) if task == "regression" else DummyClassifier(**{"strategy": "prior", **params})
