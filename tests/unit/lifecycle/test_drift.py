"""Drift: few false alarms where nothing moved, whatever the columns look like, and what moved is found."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from tests.unit.lifecycle.examples import model_with
from windvane import Features, Monitor
from windvane.lifecycle.drift import (
    category_distance,
    compare,
    data_drift_check,
    drift,
    holm,
    number_distance,
    prediction_drift_check,
)
from windvane.lifecycle.profile import profile_frame, profile_scores
from windvane.results import ColumnProfile, Profile

NUMBERS = ("normal", "skewed", "heavy", "flag", "counts", "mostly_zero", "gaps")
CATEGORIES = ("plain", "rare", "many")
MODEL = model_with(features=Features(numbers=NUMBERS, categories=CATEGORIES))
ZIPF = 1 / np.arange(1, 301) ** 1.1
LETTERS = np.array(list("abcd"), dtype=object)
NAMES = np.array([f"v{index}" for index in range(300)], dtype=object)
LABELS = np.array(["common", "seldom", "rare", "rarer"], dtype=object)


def draw(random: np.random.Generator, rows: int) -> pd.DataFrame:
    """Ten columns of the awkward kinds: skewed, heavy-tailed, discrete, with holes, with rare and many values."""
    holes = random.standard_normal(rows)
    holes[random.random(rows) < 0.3] = np.nan
    return pd.DataFrame(
        {
            "normal": random.standard_normal(rows),
            "skewed": random.lognormal(0, 2, rows),
            "heavy": random.standard_cauchy(rows),
            "flag": (random.random(rows) < 0.1).astype(float),
            "counts": random.poisson(2, rows).astype(float),
            "mostly_zero": np.where(random.random(rows) < 0.95, 0.0, random.exponential(1, rows)),
            "gaps": holes,
            "plain": random.choice(LETTERS, rows),
            "rare": random.choice(LABELS, rows, p=[0.97, 0.02, 0.007, 0.003]),
            "many": random.choice(NAMES, rows, p=ZIPF / ZIPF.sum()),
        }
    )


def profiles(then: pd.DataFrame, now: pd.DataFrame) -> tuple[Profile, Profile]:
    reference = profile_frame(then, MODEL, "2020-01")
    return reference, profile_frame(now, MODEL, "2020-02", reference)


@pytest.mark.parametrize(("then", "now", "runs"), [(100, 100, 20), (1000, 1000, 20), (4000, 100, 20)])
def test_without_drift_any_column_alarms_at_most_as_often_as_alpha(then: int, now: int, runs: int) -> None:
    """Alarms are Binomial(runs, at most alpha): more than its 99.9 % quantile refutes that at the 0.1 % level."""
    random, alpha = np.random.default_rng(then + now), 0.05
    alarms = 0
    for _ in range(runs):
        reference, current = profiles(draw(random, then), draw(random, now))
        alarms += any(item.found for item in drift(reference, current, alpha, least_effect=1e-9))
    assert alarms <= stats.binom.ppf(0.999, runs, alpha)


@pytest.mark.parametrize(("rows", "runs"), [(200, 20), (2000, 20)])
def test_a_column_of_very_many_values_alarms_no_more_often(rows: int, runs: int) -> None:
    """Which of 20,000 values a sample has seen is chance: neither buckets nor pooling may take it for drift."""
    random = np.random.default_rng(rows)
    model = model_with(features=Features(categories=("x",)))
    alarms = 0
    for _ in range(runs):
        then, now = (pd.DataFrame({"x": random.integers(0, 20_000, rows).astype(str).astype(object)}) for _ in range(2))
        reference = profile_frame(then, model, "2020-01")
        found = drift(reference, profile_frame(now, model, "2020-02", reference), 0.05, 1e-9)
        alarms += found[0].found
    assert alarms <= stats.binom.ppf(0.999, runs, 0.05)


def test_distances_of_few_rows_are_those_of_the_full_test() -> None:
    random = np.random.default_rng(5)
    model = model_with(features=Features(numbers=("x",)))
    for rows in (60, 150):
        then, now = random.standard_normal(rows), random.standard_normal(rows) + 0.3
        reference = profile_frame(pd.DataFrame({"x": then}), model, "2020-01")
        current = profile_frame(pd.DataFrame({"x": now}), model, "2020-02", reference)
        distance, _ = number_distance(reference.columns["x"], current.columns["x"])
        exact = stats.ks_2samp(then, now, method="exact")
        assert distance == pytest.approx(exact.statistic)  # fewer rows than bins: nothing is lost


@pytest.mark.parametrize(
    ("kind", "change"),
    [("place", lambda x: x + 0.25), ("spread", lambda x: x * 1.35), ("shape", lambda x: np.abs(x) * np.sign(x) ** 2)],
)
def test_a_change_of_place_spread_or_shape_is_sure_on_a_thousand_rows(kind: str, change: Any) -> None:
    random = np.random.default_rng(len(kind))
    model = model_with(features=Features(numbers=("x",)))
    then, now = random.standard_normal(1000), change(random.standard_normal(1000))
    reference = profile_frame(pd.DataFrame({"x": then}), model, "2020-01")
    current = profile_frame(pd.DataFrame({"x": now}), model, "2020-02", reference)
    assert number_distance(reference.columns["x"], current.columns["x"])[1] < 1e-4


def shifted(column: str, now: pd.DataFrame, random: np.random.Generator) -> pd.DataFrame:
    """Move a fifth of a column's rows."""
    moved = now.copy()
    chosen = random.random(len(now)) < 0.2
    values: dict[str, Any] = {"normal": 5.0, "counts": 30.0, "gaps": np.nan, "plain": "new", "rare": None}
    moved.loc[chosen, column] = values[column]
    return moved


@pytest.mark.parametrize("column", ["normal", "counts", "gaps", "plain", "rare"])
def test_a_declared_shift_is_found_in_its_column_and_nearly_always(column: str) -> None:
    random, runs = np.random.default_rng(len(column)), 20
    hits = 0
    for _ in range(runs):
        now = shifted(column, draw(random, 1000), random)
        found = drift(*profiles(draw(random, 1000), now), alpha=0.05, least_effect=0.1)
        hits += [item.column for item in found if item.found] == [column]
    assert hits >= 18


def test_a_small_shift_of_many_rows_is_significant_and_does_not_count() -> None:
    random = np.random.default_rng(3)
    then, now = draw(random, 50_000), draw(random, 50_000)
    now["normal"] += 0.1
    found = {item.column: item for item in drift(*profiles(then, now), 0.05, 0.1)}["normal"]
    assert found.adjusted < 1e-6
    assert found.effect == pytest.approx(0.04, abs=0.01)
    assert not found.found


def test_a_large_shift_of_few_rows_counts_and_is_not_significant() -> None:
    random = np.random.default_rng(4)
    then, now = draw(random, 8), draw(random, 8)
    now["normal"] += 0.5
    found = {item.column: item for item in drift(*profiles(then, now), 0.05, 0.1)}["normal"]
    assert found.effect >= 0.1
    assert not found.found


def test_holm_by_hand() -> None:
    assert holm([0.01, 0.04, 0.03, 0.5]) == pytest.approx([0.04, 0.09, 0.09, 0.5])
    assert holm([0.6, 0.9]) == pytest.approx([1.0, 1.0])
    assert holm([]) == []


def counted(**categories: int) -> ColumnProfile:
    missing, other = categories.pop("missing", 0), categories.pop("other", 0)
    rows = sum(categories.values()) + missing + other
    return ColumnProfile(kind="category", rows=rows, missing=missing, categories=categories, other=other)


def test_the_distance_of_categories_is_that_of_their_shares() -> None:
    distance, p_value = category_distance(counted(a=50, b=50), counted(a=30, b=70))
    assert distance == pytest.approx(0.2)
    assert p_value == pytest.approx(stats.fisher_exact(np.array([[50, 50], [30, 70]])).pvalue, rel=0.05)


def test_rare_and_unseen_values_are_one_cell_and_missing_ones_another() -> None:
    then = counted(a=100, b=90, c=2, d=1, e=3, missing=4)
    now = counted(a=90, b=100, other=6, missing=4)
    distance, p_value = category_distance(then, now)
    pooled = np.array([[100, 90, 4 + 6], [90, 100, 4 + 6]])
    assert p_value == pytest.approx(min(1.0, 2 * stats.chi2_contingency(pooled, correction=False).pvalue), rel=0.02)
    assert distance == pytest.approx(0.05)


def test_a_rest_too_small_for_a_cell_joins_the_smallest() -> None:
    then, now = counted(a=100, b=60, c=2), counted(a=100, b=60, other=2)
    assert category_distance(then, now) == (0.0, 1.0)


def test_values_that_are_all_rare_or_all_alike_cannot_be_told_apart() -> None:
    assert category_distance(counted(a=1, b=1, c=1), counted(other=3))[1] == 1.0
    assert category_distance(counted(a=50), counted(a=50)) == (0.0, 1.0)
    assert category_distance(counted(a=50), counted(missing=50))[0] == 1.0


def test_no_rows_are_no_drift() -> None:
    nothing = ColumnProfile(kind="number", rows=0, missing=0, counts=(0,))
    some = ColumnProfile(kind="number", rows=5, missing=5, counts=(0,))
    assert number_distance(nothing, some) == (0.0, 1.0)
    assert category_distance(counted(a=5), counted()) == (0.0, 1.0)


def test_a_column_that_lost_all_values_is_as_far_as_can_be() -> None:
    then, now = draw(np.random.default_rng(0), 200), draw(np.random.default_rng(1), 200)
    now["normal"] = np.nan
    strongest = drift(*profiles(then, now), 0.05, 0.1)[0]
    assert (strongest.column, strongest.effect, strongest.found) == ("normal", 1.0, True)


def test_a_missing_value_counts_as_lower_than_every_number() -> None:
    then = ColumnProfile(kind="number", rows=100, missing=0, edges=(1.0,), counts=(100, 0))
    now = ColumnProfile(kind="number", rows=100, missing=50, edges=(1.0,), counts=(0, 50))
    assert number_distance(then, now)[0] == 0.5  # half sank below, half rose above; as the highest it would be 1


def test_only_columns_of_one_kind_on_both_sides_are_compared() -> None:
    number = ColumnProfile(kind="number", rows=5, missing=0, counts=(5,))
    assert compare({"a": number, "b": number}, {"a": counted(x=5), "c": number}, 0.05, 0.1) == []


def test_the_check_names_what_moved_the_furthest_first() -> None:
    random = np.random.default_rng(9)
    then, now = draw(random, 2000), draw(random, 2000)
    now["normal"] += 2
    now["skewed"] *= 3
    now["plain"] = "a"
    now["counts"] += 1
    reference, current = profiles(then, now)
    result = data_drift_check(reference, current, MODEL)
    assert result.outcome == "finding"
    assert result.columns[:2] == ("plain", "normal")
    assert set(result.columns) == {"plain", "normal", "skewed", "counts"}
    assert result.headline.startswith("4 of 10 inputs moved since training (2020-01), most plain by 7")
    assert "of the rows (a: 100 %, was 25 %). normal moved by 7" in result.detail
    assert result.detail.endswith(" 1 more moved.")
    moved = [number for number in result.numbers if number.unit == "%"]
    assert [number.name for number in moved][:2] == ["plain moved by", "normal moved by"]
    assert len(moved) == 4
    assert moved[0].value == pytest.approx(100 * result.details["columns"]["plain"]["effect"])
    assert moved[0].allowed == "below 3 % of the rows"
    assert result.p_value is not None and result.level is not None
    assert result.p_value < result.level
    assert result.effect == result.details["columns"]["plain"]["effect"]
    assert set(result.details["columns"]) == {*NUMBERS, *CATEGORIES}


def test_the_check_says_what_was_furthest_when_nothing_moved() -> None:
    random = np.random.default_rng(10)
    result = data_drift_check(*profiles(draw(random, 2000), draw(random, 2000)), MODEL)
    assert result.outcome == "ok"
    assert result.columns == ()
    assert result.headline == "No input surely moved by 3 % of the rows since training (2020-01)"
    assert result.detail == ""
    assert result.numbers[0].value == pytest.approx(100 * (result.effect or 0))
    assert result.numbers[-1].name == "p-value, corrected"
    assert result.numbers[-1].value == result.p_value


def test_a_sure_and_small_drift_has_a_small_p() -> None:
    random = np.random.default_rng(3)
    then, now = draw(random, 60_000), draw(random, 60_000)
    now["normal"] += 0.06
    result = data_drift_check(*profiles(then, now), MODEL)
    assert result.outcome == "ok"
    assert result.p_value is not None and result.p_value < 1e-6


def test_alpha_and_the_least_effect_come_from_the_spec() -> None:
    random = np.random.default_rng(11)
    then, now = draw(random, 3000), draw(random, 3000)
    now["normal"] += 0.3
    strict = MODEL.revised(monitor=Monitor(least_effect=0.3))
    assert data_drift_check(*profiles(then, now), MODEL).outcome == "finding"
    assert data_drift_check(*profiles(then, now), strict).outcome == "ok"


@pytest.mark.parametrize("rows", [0, 1])
def test_too_few_rows_are_insufficient(rows: int) -> None:
    random = np.random.default_rng(0)
    reference, current = profiles(draw(random, 100), draw(random, rows))
    assert data_drift_check(reference, current, MODEL).outcome == "insufficient_data"


def test_scores_are_compared_alike() -> None:
    random = np.random.default_rng(0)
    base = Profile(model="loans", window="2020-01", rows=900, columns={})
    reference = base.model_copy(update={"scores": profile_scores(random.beta(2, 5, 900))})

    def window(scores: Any) -> Profile:
        return base.model_copy(update={"window": "2020-02", "scores": profile_scores(scores, reference)})

    moved = prediction_drift_check(reference, window(random.beta(4, 5, 900)), MODEL)
    assert moved.check == "prediction_drift"
    assert moved.outcome == "finding"
    assert moved.columns == ("score",)
    assert moved.headline.startswith("Scores moved since training (2020-01) by ")
    assert prediction_drift_check(reference, window(random.beta(2, 5, 900)), MODEL).outcome == "ok"
    without = prediction_drift_check(base, window(random.beta(2, 5, 900)), MODEL)
    assert without.outcome == "insufficient_data"
    assert without.headline == "Prediction drift not checked: 2020-01 and 2020-02 share no scores"
