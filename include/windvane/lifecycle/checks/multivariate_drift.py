"""A classifier two-sample test: can a classifier tell the window's rows from the reference's, all columns together?

Lopez-Paz and Oquab 2017, with the rank sum of the classifier's scores on rows it has not seen in place of accuracy,
and its permutation p-value: when nothing moved, which of those rows are the window's is a draw without replacement.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from windvane import results
from windvane.lifecycle.checks.saying import p_number, percent_number, unknown
from windvane.spec import Check, Model

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from windvane.lifecycle.checks.case import Work

    Array = np.ndarray[Any, Any]

_ROWS = 2000
"""Most rows of each side that are used, drawn under the seed."""
_FEWEST = 100
_LEAST = 0.55
"""Smallest area under the ROC curve that counts: 0.5 is chance."""


class MultivariateDrift(Check):
    """Do all columns together look different, even where each alone does not?

    It trains a classifier a window, so a spec must name it.
    """

    name = "multivariate_drift"
    label = "Multivariate drift"
    needs = ("rows", "reference", "reference_rows")
    unit = "% of pairs"
    better = "lower"

    def answer(self, work: Work) -> results.CheckResult:
        """Train a classifier to tell the window's rows from those the version was trained on."""
        import numpy as np
        import pandas as pd

        then, now, model = work.evidence.reference_rows, work.evidence.features, work.model
        if then is None or now is None:
            return unknown(self.name, "The rows that the version was trained on cannot be read")
        if min(len(then), len(now)) < _FEWEST:
            few = f"{min(len(then), len(now)):,} rows are too few to train a classifier (needs {_FEWEST})"
            return unknown(self.name, f"{self.label} not checked: {few}")
        random = np.random.default_rng(model.seed)
        sides = [side.iloc[np.sort(random.permutation(len(side))[:_ROWS])] for side in (then, now)]
        rows = _encoded(pd.concat(sides, ignore_index=True), model)
        is_now = np.repeat([0, 1], [len(side) for side in sides])
        fitted = random.random(len(rows)) < 0.5
        scores = _classifier(model.seed).fit(rows[fitted], is_now[fitted]).predict_proba(rows[~fitted])[:, 1]
        area, p_value = _area(scores, is_now[~fitted])
        allowed = work.level(self.name)
        found = p_value < allowed and area >= _LEAST
        message = f"A classifier tells this window from training in {100 * area:.0f} % of pairs"
        return results.CheckResult(
            check=self.name,
            outcome="finding" if found else "ok",
            headline=message if found else f"{message}: not surely {100 * _LEAST:.0f} %",
            detail="50 % of pairs is chance.",
            numbers=(
                percent_number("pairs told apart", area, allowed=f"below {100 * _LEAST:.0f} %", better="lower"),
                p_number(p_value, allowed),
                results.Number(name="rows", value=len(rows)),
            ),
            effect=area,
            p_value=p_value,
            level=allowed,
            details={"rows": len(rows), "held_out": int((~fitted).sum())},
        )


def _encoded(rows: pd.DataFrame, model: Model) -> Array:
    import numpy as np
    import pandas as pd

    columns = []
    for name in model.features.names:
        if name in model.features.categories:
            columns.append(pd.factorize(rows[name], sort=True)[0].astype(float))
        else:
            columns.append(rows[name].to_numpy(dtype=float))
    return np.where(np.isinf(np.column_stack(columns)), np.nan, np.column_stack(columns))


def _classifier(seed: int) -> Any:
    from sklearn.ensemble import HistGradientBoostingClassifier

    return HistGradientBoostingClassifier(max_iter=60, max_leaf_nodes=8, min_samples_leaf=20, random_state=seed)


def _area(scores: Array, is_now: Array) -> tuple[float, float]:
    """Return the area under the ROC curve, and the p-value of the rank sum."""
    import numpy as np

    from windvane.lifecycle.twosample import rank_p

    _, places = np.unique(scores, return_inverse=True)
    counts = [np.bincount(places[is_now == side], minlength=places.max() + 1).astype(float) for side in (0, 1)]
    total = counts[0] + counts[1]
    middles = np.cumsum(total) - total / 2
    rows = [float(side.sum()) for side in counts]
    area = (float((middles * counts[1]).sum()) - rows[1] ** 2 / 2) / (rows[0] * rows[1])
    return area, rank_p(middles / sum(rows) - 0.5, counts[0], counts[1])
