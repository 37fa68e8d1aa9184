"""Make credit.parquet: synthetic loan applications, the same bytes every time, for the walk-through of the README.

`python examples/make_credit.py` writes the file beside this one. No row describes a person: every value is drawn from a
seeded generator, and the outcome follows from some of the columns by a formula plus chance.
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd

SEED = 7
ROWS = 9_000
FIRST = datetime(2024, 1, 1, tzinfo=UTC)
DAYS = 244  # to the end of August
PURPOSES = {"car": 0.3, "home": 0.2, "debt": 0.3, "education": 0.12, "business": 0.08}
REGIONS = {"north": 0.3, "south": 0.25, "east": 0.25, "west": 0.2}
WORSE = 121  # from this day on, the first of May, fewer pay back
RISK = {"car": -0.2, "home": -0.4, "debt": 0.6, "education": 0.0, "business": 0.9}


def applications(rows: int = ROWS, seed: int = SEED) -> pd.DataFrame:
    """Return applications in order of time, one row a loan.

    Args:
        rows: How many.
        seed: Of the generator.

    Returns:
        Columns loan_id, applied_at (UTC), amount and income (a year's), both in whole euros, term_months, age,
        employment_years (missing for a tenth), has_account, purpose, region, campaign (the same for all),
        collection_fee (charged only to those who did not pay: nobody knows it when the loan is applied for), and
        default (1: not paid back).
    """
    draw = np.random.default_rng(seed)
    seconds = np.sort(draw.integers(0, DAYS * 86_400, rows))
    income = np.round(draw.lognormal(10.5, 0.4, rows), -2)
    amount = np.round(income * draw.beta(1.6, 4, rows), -2).clip(500)
    term = draw.choice([12, 24, 36, 48, 60], rows, p=[0.15, 0.25, 0.3, 0.2, 0.1])
    age = draw.integers(19, 75, rows)
    employed = np.round(draw.gamma(2, 3, rows), 1)
    account = draw.random(rows) < 0.6
    purpose = draw.choice(list(PURPOSES), rows, p=list(PURPOSES.values()))
    region = draw.choice(list(REGIONS), rows, p=list(REGIONS.values()))
    share = amount / income * 12 / term
    logit = -2.2 + 12 * share + pd.Series(purpose).map(RISK).to_numpy() - 0.15 * employed.clip(max=10) - 0.9 * account
    logit += 0.02 * (40 - age) + np.where(seconds >= WORSE * 86_400, 0.9, 0.0)
    default = draw.random(rows) < 1 / (1 + np.exp(-logit))
    fee = np.where(default, np.round(0.08 * amount, 2), 0.0)
    return pd.DataFrame(
        {
            "loan_id": [f"L{number:06d}" for number in range(1, rows + 1)],
            "applied_at": pd.to_datetime(FIRST) + pd.to_timedelta(seconds, unit="s"),
            "amount": amount,
            "income": income,
            "term_months": term,
            "age": age,
            "employment_years": np.where(draw.random(rows) < 0.1, np.nan, employed),
            "has_account": account,
            "purpose": purpose,
            "region": region,
            "campaign": "spring",
            "collection_fee": fee,
            "default": default.astype(np.int64),
        }
    )


if __name__ == "__main__":
    file = Path(__file__).with_suffix("").with_name("credit.parquet")
    applications().to_parquet(file, index=False, compression="zstd")
    sys.stdout.write(f"wrote {file}\n")
