"""Categories as the estimator's library has them: pandas' categorical columns, with the list that training fixed.

A step of its own stands before the declared estimator, and is stored with it. It learns which categories each column
has. What it meets later and has not learnt is missing, and so the codes of the library mean the same for ever.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.pipeline import Pipeline

from windvane.spec import Model

STEP: Final = "native_categories"
"""What the step is called in the pipeline."""
_MISSING: Final = "<missing>"
"""What CatBoost is given for a missing category: it takes texts alone."""


class NativeCategories(TransformerMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """Turns columns into pandas' categoricals, with the categories that it was fitted with.

    Args:
        columns: Their names.
        as_text: Leave them as texts, with one of their own where they are missing or not known, as CatBoost needs it.
    """

    def __init__(self, columns: Sequence[str] = (), as_text: bool = False) -> None:
        self.columns = columns
        self.as_text = as_text

    def fit(self, features: pd.DataFrame, target: Any = None) -> NativeCategories:  # noqa: ARG002 (scikit-learn's form)
        """Learn the categories of each column."""
        self.categories_ = {name: sorted({str(one) for one in features[name].dropna()}) for name in self.columns}
        self.feature_names_in_ = np.asarray(features.columns, dtype=object)
        return self

    def transform(self, features: pd.DataFrame) -> pd.DataFrame:
        """Return the features with these columns as the library takes them."""
        found = features.copy()
        for name in self.columns:
            known = self.categories_[name]
            texts = features[name].map(str, na_action="ignore").astype(object)
            texts = texts.where(texts.isin(known), None)
            kept = texts.where(texts.notna(), _MISSING) if self.as_text else pd.Categorical(texts, categories=known)
            found[name] = pd.Series(kept, index=features.index, dtype=object if self.as_text else None)
        return found

    def get_feature_names_out(self, names: Any = None) -> Any:
        """Return the names of the columns, which stay."""
        return self.feature_names_in_ if names is None else np.asarray(names, dtype=object)


def with_categories(estimator: Any, model: Model) -> Any:
    """Return a pipeline that gives an estimator its categories as its library has them; each part is told to use them.

    Args:
        estimator: The unfitted estimator that the spec declares.
        model: The spec; its features say which columns.
    """
    names = list(model.features.categories)
    as_text = False
    for part in _parts(estimator):
        library = type(part).__module__.partition(".")[0]
        if library == "xgboost" and "enable_categorical" in part.get_params(deep=False):
            part.set_params(enable_categorical=True)
        if library == "catboost":
            as_text = True
            if part.get_params(deep=False).get("cat_features") is None:
                part.set_params(cat_features=names)
    step = (STEP, NativeCategories(names, as_text))
    steps = list(estimator.steps) if isinstance(estimator, Pipeline) else [("estimator", estimator)]
    return Pipeline([step, *steps])


def known_categories(estimator: Any) -> dict[str, tuple[str, ...]]:
    """Return the categories that a fitted estimator was given as such, by column; empty where it was given none."""
    step = estimator.steps[0][1] if isinstance(estimator, Pipeline) else None
    return {name: tuple(known) for name, known in step.categories_.items()} if type(step) is NativeCategories else {}


def unknown_categories(features: pd.DataFrame, known: Mapping[str, tuple[str, ...]]) -> str:
    """Return a sentence on the values that a version has not learnt and takes as missing; empty where there are none.

    Args:
        features: Rows as an estimator sees them.
        known: The categories that it was fitted with, by column.
    """
    told = []
    for name, values in known.items():
        given = features[name].dropna().map(str)
        new = given[~given.isin(values)]
        if len(new):
            shown = ", ".join(repr(one)[:40] for one in sorted(set(new))[:3])
            told.append(f"{name} in {len(new):,} of {len(features):,} rows ({shown})")
    return f"Categories that it has not learnt are taken as missing: {'; '.join(told)}" if told else ""


def _parts(estimator: Any) -> list[Any]:
    """Return an estimator and the estimators within it that take parameters."""
    found = [estimator, *estimator.get_params(deep=True).values()] if hasattr(estimator, "get_params") else []
    return [part for part in found if hasattr(part, "get_params") and not isinstance(part, type)]
