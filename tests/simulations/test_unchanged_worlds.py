"""Where nothing ever changes, at most one retrain in 40 years wins nothing: `make simulate`."""

from __future__ import annotations

import pytest

from benchmarks.unchanged_worlds import ESTIMATORS, unchanged


@pytest.mark.parametrize("rows", [80, 500])
def test_forty_years_of_equal_worlds_have_at_most_one_false_retrain(rows: int) -> None:
    """Under- and overfitted estimators, in turn; two retrains in these years would be twice what is promised."""
    years = 40 // len(ESTIMATORS) + 1
    retrains = {name: unchanged(name, rows, years, seed).false for seed, name in enumerate(ESTIMATORS)}
    assert sum(len(found) for found in retrains.values()) <= 1, retrains
