"""Fairness against a table worked by hand, against fairlearn itself, and its intervals against simulation."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from fairlearn import metrics as fairlearn
from scipy import stats

from windvane.lifecycle.fairness import disparity
from windvane.lifecycle.metrics import Sample
from windvane.lifecycle.rules.fairness import FairnessMeasure
from windvane.spec.rules import Groups

# (group, outcome, decision): rows. Selected: a 60 of 100, b 30 of 100. Among positives: a 50 of 60, b 20 of 40.
# Among negatives: a 10 of 40, b 10 of 60.
HAND = {
    ("a", 1, 1): 50,
    ("a", 1, 0): 10,
    ("a", 0, 1): 10,
    ("a", 0, 0): 30,
    ("b", 1, 1): 20,
    ("b", 1, 0): 20,
    ("b", 0, 1): 10,
    ("b", 0, 0): 50,
}


def rows_of(table: dict[tuple[str, int, int], int]) -> tuple[pd.Series[Any], Sample]:
    cells = [key for key, count in table.items() for _ in range(count)]
    group, target, decided = (np.array(part) for part in zip(*cells, strict=True))
    return pd.Series(group, dtype=object), Sample("binary", target, np.where(decided == 1, 0.8, 0.2))


@pytest.mark.parametrize(
    ("measure", "difference", "ratio"),
    [
        ("demographic_parity", 0.3, 0.5),
        ("equal_opportunity", 50 / 60 - 20 / 40, (20 / 40) / (50 / 60)),
        ("equalised_odds", 50 / 60 - 20 / 40, (20 / 40) / (50 / 60)),
    ],
)
def test_the_numbers_are_those_of_a_table_by_hand(measure: Any, difference: float, ratio: float) -> None:
    found = disparity(*rows_of(HAND), Groups("race", measure))
    assert found.difference == pytest.approx(difference)
    assert found.ratio == pytest.approx(ratio)
    assert found.low is not None and found.high is not None and found.low < difference < found.high
    assert [(group.group, group.rows) for group in found.groups] == [("a", 100), ("b", 100)]


@pytest.mark.parametrize("weighted", [False, True])
def test_the_numbers_are_fairlearns(weighted: bool) -> None:
    random = np.random.default_rng(5)
    group = random.choice(["x", "y", "z"], 900)
    target, scores = random.integers(0, 2, 900), random.random(900)
    weights = random.uniform(0.5, 2, 900) if weighted else None
    sample = Sample("binary", target, scores, weights=weights)
    more: dict[str, Any] = {"sensitive_features": group, "sample_weight": weights}
    measures: tuple[tuple[FairnessMeasure, Any, Any], ...] = (
        ("demographic_parity", fairlearn.demographic_parity_difference, fairlearn.demographic_parity_ratio),
        ("equalised_odds", fairlearn.equalized_odds_difference, fairlearn.equalized_odds_ratio),
        ("equal_opportunity", fairlearn.equal_opportunity_difference, fairlearn.equal_opportunity_ratio),
    )
    for measure, difference, ratio in measures:
        found = disparity(pd.Series(group, dtype=object), sample, Groups("race", measure))
        assert found.difference == pytest.approx(difference(target, scores >= 0.5, **more))
        assert found.ratio == pytest.approx(ratio(target, scores >= 0.5, **more))


def test_the_ends_are_those_of_beta_rates_under_jeffreys_prior() -> None:
    """The upper end is the largest of all pairs' at 2.5 %, the lower one the largest at 2.5 % shared by the pairs.

    Allowed are three standard errors of a quantile of 2,000 draws.
    """
    random, chosen = np.random.default_rng(8), {"a": 100, "b": 60, "c": 58}
    table = {(group, 0, one): count for group, ones in chosen.items() for one, count in ((1, ones), (0, 200 - ones))}
    found = disparity(*rows_of(table), Groups("race"))
    rates = {group: random.beta(ones + 0.5, 200.5 - ones, 400_000) for group, ones in chosen.items()}
    pairs = [rates[one] - rates[two] for one in chosen for two in chosen if one != two]
    assert found.high == pytest.approx(max(np.quantile(pair, 0.975) for pair in pairs), abs=0.009)
    assert found.low == pytest.approx(max(np.quantile(pair, 0.025 / 3) for pair in pairs), abs=0.012)


@pytest.mark.parametrize("runs", [20])
def test_the_interval_holds_the_truth_and_a_bound_at_the_truth_is_passed_by_chance_only(runs: int) -> None:
    """Selected 40 %, 30 % and 30 %, draws of 600 rows: each end is wrong in at most 2.5 % (99 % limit of 200: 11)."""
    random = np.random.default_rng(6)
    group = pd.Series(np.repeat(["a", "b", "c"], 200), dtype=object)
    share = np.repeat([0.4, 0.3, 0.3], 200)
    below = above = 0
    for _ in range(runs):
        scores = np.where(random.random(600) < share, 0.9, 0.1)
        sample = Sample("binary", random.integers(0, 2, 600), scores)
        found = disparity(group, sample, Groups("race"))
        assert found.low is not None and found.high is not None
        above += found.low > 0.1
        below += found.high < 0.1
    allowed = stats.binom.ppf(0.99, runs, 0.025)
    assert below <= allowed and above <= allowed


def test_dependent_rows_widen_the_interval() -> None:
    group, sample = rows_of(HAND)
    four = np.repeat(np.arange(200), 4)
    repeated = Sample("binary", sample.target[four], sample.scores[four], groups=(four,))
    requested = Groups("race")
    once, clustered = (
        disparity(group, sample, requested),
        disparity(group[four].reset_index(drop=True), repeated, requested),
    )
    assert clustered.high == pytest.approx(once.high, abs=0.03)
    naive = disparity(group[four].reset_index(drop=True), Sample("binary", repeated.target, repeated.scores), requested)
    assert naive.high is not None and once.high is not None
    assert naive.high - 0.3 < 0.6 * (once.high - 0.3)


def test_what_cannot_be_compared_says_why() -> None:
    group, sample = rows_of(HAND)
    requested = Groups("race", "equal_opportunity")
    assert "missing in every row" in disparity(pd.Series([None] * 200, dtype=object), sample, requested).problem
    assert "1 groups of 50 rows" in disparity(pd.Series(["a"] * 200, dtype=object), sample, requested).problem
    none = Sample("binary", np.where(group == "b", 0, sample.target), sample.scores)
    assert disparity(group, none, requested).problem == "race=b has no positive outcome"
    half = group.where(np.arange(200) % 2 == 0, None)
    assert disparity(half, sample, requested).missing == 100
