"""Two-sample tests from counts: held to exact distributions, to other libraries, and to simulation."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import stats

from windvane.lifecycle.twosample import ks_p, rank_p, share_p, table_p

Array = np.ndarray[Any, Any]


def middles(total: Array) -> Array:
    """Return the middle rank of each bin, as a share, around 0."""
    return np.asarray((np.cumsum(total) - total / 2) / total.sum() - 0.5)


def test_the_distance_has_the_exact_p_value_of_small_samples() -> None:
    random = np.random.default_rng(0)
    for shift in (0.8, 1.2):
        then, now = random.standard_normal(50), random.standard_normal(80) + shift
        edges = np.sort(np.concatenate([then, now]))
        counts = [np.bincount(np.searchsorted(edges, side), minlength=131).astype(float) for side in (then, now)]
        exact = stats.ks_2samp(then, now, method="exact")
        assert ks_p(float(exact.statistic), counts[0], counts[1]) == pytest.approx(exact.pvalue)


def test_the_rank_sum_is_the_exact_mann_whitney_test_where_that_can_be_counted() -> None:
    random = np.random.default_rng(1)
    for shift in (0.6, 1.0, 1.5):
        then, now = random.standard_normal(30), random.standard_normal(20) + shift
        order = np.argsort(np.concatenate([then, now]))
        is_now = (order >= 30).astype(float)
        found = rank_p(middles(np.ones(50)), 1 - is_now, is_now)
        exact = stats.mannwhitneyu(then, now, method="exact").pvalue
        assert found == pytest.approx(exact, rel=0.1)


def test_the_rank_sum_of_two_values_is_fishers_exact_test() -> None:
    then, now = np.array([980.0, 20.0]), np.array([90.0, 10.0])
    exact = stats.hypergeom.sf(9, 1100, 30, 100)
    assert rank_p(middles(then + now), then, now) == pytest.approx(2 * exact, rel=0.15)


@pytest.mark.parametrize("spread", [False, True], ids=["place", "spread"])
@pytest.mark.parametrize(
    "total",
    [np.ones(100), np.array([950, *[1] * 50]), np.array([135, 270, 270, 180, 90, 36, 12, 7]), np.array([990, 10])],
    ids=["continuous", "mostly zero", "counts", "1 % base rate"],
)
def test_ranks_of_equal_worlds_keep_their_level_whatever_the_ties(total: Array, spread: bool) -> None:
    """False findings at 1 % of 3,000 draws: more than their 99.9 % binomial quantile refutes the level."""
    random = np.random.default_rng(int(total[0]))
    scores = np.abs(middles(total)) if spread else middles(total)
    draws = random.multivariate_hypergeometric(total.astype(int), 50, size=3000, method="marginals")
    p_values = np.array([rank_p(scores, total - draw, draw.astype(float)) for draw in draws])
    assert (p_values < 0.01).sum() <= stats.binom.ppf(0.999, 3000, 0.01)


def test_tails_far_beyond_simulation_are_those_of_the_exact_test() -> None:
    """All 20 window rows above all 2,000 reference rows: one draw of C(2020, 20)."""
    then, now = np.r_[np.ones(2000), np.zeros(20)], np.r_[np.zeros(2000), np.ones(20)]
    found = rank_p(middles(np.ones(2020)), then, now)
    assert np.log(found) == pytest.approx(np.log(2) - _log_choose(2020, 20), rel=0.1)


def _log_choose(total: int, some: int) -> float:
    from scipy.special import gammaln

    return float(gammaln(total + 1) - gammaln(some + 1) - gammaln(total - some + 1))


def test_shares_are_tested_exactly() -> None:
    found = share_p(np.array([0.0, 5.0]), 100, np.array([10.0, 5.0]), 100)
    assert found[0] == pytest.approx(stats.fisher_exact(np.array([[0, 100], [10, 90]])).pvalue)
    assert found[1] == 1.0


def test_the_table_has_the_mean_and_variance_of_random_tables() -> None:
    rows, columns = np.array([100, 60]), np.array([80, 40, 25, 15])
    tables = stats.random_table(rows, columns, seed=0).rvs(20_000).astype(float)
    p_values = np.array([table_p(table) for table in tables[:6000]])
    assert np.quantile(p_values, [0.01, 0.05, 0.5]) == pytest.approx([0.01, 0.05, 0.5], rel=0.2)
    assert table_p(np.array([[80.0, 20, 0], [20, 20, 20]])) < 1e-10


@pytest.mark.parametrize("then", [[0.0], [3.0, 0.0]])
def test_nothing_to_compare_is_no_evidence(then: list[float]) -> None:
    counts = np.array(then)
    assert rank_p(np.arange(len(then)) * 1.0, counts, np.zeros(len(then))) == 1.0
    assert table_p(np.vstack([counts, np.zeros(len(then))])) == 1.0
