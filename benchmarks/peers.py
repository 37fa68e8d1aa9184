"""What the peers say of a column: Evidently's own default tests, and scipy's, each at its usual threshold."""

from __future__ import annotations

import warnings
from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy import stats


def evidently_flags(then: pd.DataFrame, now: pd.DataFrame, categories: Sequence[str] = ()) -> dict[str, bool]:
    """Return which columns Evidently calls drifted, by the default test and threshold of its drift preset."""
    return {name: drifted for name, (_, drifted) in evidently_scores(then, now, categories).items()}


def evidently_scores(
    then: pd.DataFrame, now: pd.DataFrame, categories: Sequence[str] = ()
) -> dict[str, tuple[float, bool]]:
    """Return each column's score (a p-value, or a distance) and whether it counts as drift."""
    from evidently.legacy.calculations.stattests import get_stattest
    from evidently.legacy.core import ColumnType

    found = {}
    for name in then.columns:
        kind = ColumnType.Categorical if name in categories else ColumnType.Numerical
        sides = [side[name].replace([np.inf, -np.inf], np.nan).dropna() for side in (then, now)]
        if not len(sides[0]) or not len(sides[1]):
            found[name] = (0.0, True)
            continue
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            test = get_stattest(sides[0], sides[1], kind, None)
            result = test(sides[0], sides[1], kind, test.default_threshold)
        found[name] = (float(result.drift_score), bool(result.drifted))
    return found


def scipy_p(then: pd.Series[float], now: pd.Series[float], category: bool) -> float:
    """Return the p-value of `scipy.stats.ks_2samp`, or of `chi2_contingency` for a category."""
    if not category:
        return float(stats.ks_2samp(then, now, method="asymp").pvalue)
    counts = pd.concat([then.value_counts(), now.value_counts()], axis=1).fillna(0).to_numpy().T
    return float(stats.chi2_contingency(counts).pvalue) if counts.shape[1] > 1 else 1.0
