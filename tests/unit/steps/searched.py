"""An estimator that behaves badly when it is told to, for tests of searches; and a worker that may be killed."""

from __future__ import annotations

import os
import signal
import time
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.linear_model import LogisticRegression


class Wayward(ClassifierMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """A logistic regression that may raise, hang, give a NaN, take memory, or end its process."""

    def __init__(self, way: str = "fine", C: float = 1.0) -> None:  # noqa: N803 (scikit-learn's own name)
        self.way, self.C = way, C

    def fit(self, features: Any, target: Any) -> Wayward:
        if self.way.startswith("raises"):
            raise RuntimeError("this way is none")
        if self.way.startswith("hangs"):
            time.sleep(3600)
        if self.way.startswith("eats"):
            self.eaten_ = np.ones(10**10)
        if self.way.startswith("dies"):
            os.kill(os.getpid(), signal.SIGKILL)
        self.inner_ = LogisticRegression(C=self.C).fit(features, target)
        self.classes_ = self.inner_.classes_
        return self

    def predict_proba(self, features: Any) -> Any:
        found = self.inner_.predict_proba(features)
        return found * np.nan if self.way.startswith("nan") else found


def regression(C: float = 1.0, slowly: float = 0.0) -> Any:  # noqa: N803 (scikit-learn's own name)
    """Return a logistic regression, after some seconds."""
    time.sleep(slowly)
    return LogisticRegression(C=C)
