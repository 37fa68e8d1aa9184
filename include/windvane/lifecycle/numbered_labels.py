"""Labels of several classes for a classifier that takes none but 0 to k - 1, as XGBoost's."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.calibration import CalibratedClassifierCV
from sklearn.model_selection import GridSearchCV, RandomizedSearchCV
from sklearn.pipeline import Pipeline


class NumberedLabels(ClassifierMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """Gives a classifier numbers in the place of labels, and its scores the labels again.

    The labels are numbered in their order, so the same ones always get the same numbers. It stands where the classifier
    stood, as the last step of a pipeline or alone, and is stored with it.

    Args:
        classifier: What takes numbers only.
    """

    def __init__(self, classifier: Any = None) -> None:
        self.classifier = classifier

    def number(self, target: Any) -> np.ndarray[Any, Any]:
        """Learn the labels, and return each row's number; shape n."""
        self.classes_, numbers = np.unique(np.asarray(target), return_inverse=True)
        return np.asarray(numbers)

    def fit(self, features: Any, target: Any, sample_weight: Any = None) -> NumberedLabels:
        """Fit the classifier on the numbers of the labels."""
        more = {} if sample_weight is None else {"sample_weight": sample_weight}
        self.classifier.fit(features, self.number(target), **more)
        return self

    def predict_proba(self, features: Any) -> Any:
        """Return the probability of each label, shape n x k, in the order of `classes_`."""
        return self.classifier.predict_proba(features)

    def predict(self, features: Any) -> Any:
        """Return the likeliest label of each row, shape n."""
        return self.classes_[np.argmax(self.predict_proba(features), axis=1)]


def with_numbers(estimator: Any) -> Any:
    """Return an estimator of several classes whose last part is given numbers for labels, where it takes no others.

    Args:
        estimator: The unfitted estimator that the spec declares.
    """
    if isinstance(estimator, Pipeline):
        name, last = estimator.steps[-1]
        estimator.steps[-1] = (name, with_numbers(last))
        return estimator
    inner = [estimator]
    if isinstance(
        estimator, (CalibratedClassifierCV, GridSearchCV, RandomizedSearchCV)
    ):  # they hand labels on as they are
        inner += [part for part in estimator.get_params(deep=True).values() if not isinstance(part, type)]
    return NumberedLabels(estimator) if any(_takes_numbers(part) for part in inner) else estimator


def _takes_numbers(part: Any) -> bool:
    kinds = {f"{kind.__module__.partition('.')[0]}.{kind.__name__}" for kind in type(part).__mro__}
    return "xgboost.XGBClassifier" in kinds
