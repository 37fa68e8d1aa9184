"""Profiles: the counts of the rows, in bins that later windows are measured by."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from tests.unit.lifecycle.examples import model_with
from windvane import Features, Monitor
from windvane.lifecycle.drift import data_drift_check, number_distance
from windvane.lifecycle.profile import measured_by, merged, profile_frame, profile_scores
from windvane.results import ColumnProfile, Profile

NUMBER = model_with(features=Features(numbers=("x",)))
CATEGORY = model_with(features=Features(categories=("x",)))


def number(values: Any, reference: ColumnProfile | None = None) -> ColumnProfile:
    return profiled(NUMBER, np.asarray(values, dtype=float), reference)


def category(values: Any, reference: ColumnProfile | None = None) -> ColumnProfile:
    return profiled(CATEGORY, pd.Series(values, dtype=object), reference)


def profiled(model: Any, values: Any, reference: ColumnProfile | None) -> ColumnProfile:
    earlier = Profile(model="loans", window="2020-01", rows=1, columns={"x": reference}) if reference else None
    found = profile_frame(pd.DataFrame({"x": values}), model, "2020-02", earlier)
    assert (found.model, found.window, found.rows) == ("loans", "2020-02", len(values))
    return found.columns["x"]


def test_a_number_is_counted_in_quantile_bins_with_nothing_outside_the_outermost() -> None:
    values = np.random.default_rng(0).normal(10, 2, 10_000)
    found = number([*values, np.nan, np.nan])
    assert (found.kind, found.rows, found.missing) == ("number", 10_002, 2)
    assert len(found.counts) == len(found.edges) + 1 <= 1025
    assert sum(found.counts) == 10_000
    assert found.counts[0] == found.counts[-1] == 0
    assert max(found.counts) < 2 * 10_000 / 1022
    assert (found.minimum, found.maximum) == (values.min(), values.max())
    assert found.mean == pytest.approx(values.mean())
    assert found.std == pytest.approx(values.std())


def test_a_later_window_is_counted_in_the_bins_of_the_reference() -> None:
    reference = number(np.arange(1000.0))
    later = number([-5.0, 0.0, 999.0, 1000.0, 1e9], reference)
    assert later.edges == reference.edges
    assert later.counts[0] == 1
    assert later.counts[-1] == 2
    assert sum(later.counts) == 5


def test_bins_lose_little_of_the_full_distance() -> None:
    random = np.random.default_rng(1)
    then, now = random.gamma(2.0, size=5000), random.gamma(2.2, size=3000)
    reference = number(then)
    distance, _ = number_distance(reference, number(now, reference))
    full = stats.ks_2samp(then, now).statistic
    assert full - 0.002 <= distance <= full + 1e-12


@pytest.mark.parametrize(
    ("values", "edges"),
    [([5.0] * 30, 2), ([0.0] * 95 + [1.0, 2.0, 3.0, 4.0, 5.0], 7), ([0.0, 1.0] * 20, 3), ([7.0], 2)],
    ids=["constant", "mostly zero", "flag", "one row"],
)
def test_discrete_numbers_have_a_bin_a_value(values: list[float], edges: int) -> None:
    found = number(values)
    assert len(found.edges) == edges
    kept = [count for count in found.counts if count]
    assert kept == list(np.unique(values, return_counts=True)[1])


@pytest.mark.parametrize("values", [[], [np.nan] * 5, [np.inf, -np.inf]], ids=["no rows", "all missing", "infinite"])
def test_a_number_without_a_value_has_one_bin(values: list[float]) -> None:
    found = number(values)
    assert found.edges == ()
    assert found.counts == (np.isinf(values).sum(),)
    assert found.mean is found.minimum is None
    assert (
        Profile.from_json(Profile(model="m", window="w", rows=0, columns={"x": found}).to_json()).columns["x"] == found
    )


def test_infinities_of_made_features_count_in_the_outermost_bins() -> None:
    reference = number(np.arange(100.0))
    later = number([-np.inf, np.inf, 50.0], reference)
    assert later.counts[0] == later.counts[-1] == 1
    assert (later.minimum, later.maximum, later.mean) == (50.0, 50.0, 50.0)


def test_extreme_numbers_stay_json() -> None:
    found = number([1.7e308, 1.7e308, -1.7e308])
    assert found.mean is None or np.isfinite(found.mean)
    assert all(np.isfinite(found.edges))
    Profile(model="m", window="w", rows=3, columns={"x": found}).to_json()


def test_categories_are_counted_by_value() -> None:
    found = category(["b", "a", None, "b", np.nan])
    assert (found.kind, found.rows, found.missing) == ("category", 5, 2)
    assert found.categories == {"a": 1, "b": 2}
    assert (found.other, found.new, found.hashed) == (0, (), False)


def test_values_the_reference_has_not_seen_are_counted_together_the_commonest_named() -> None:
    reference = category(["a"] * 5 + ["b"] * 3)
    later = category(["a", "z", "z", "y", *(f"v{index}" for index in range(9))], reference)
    assert later.categories == {"a": 1, "b": 0}
    assert later.other == 12
    assert later.new == ("z", "v0", "v1", "v2", "v3")


def test_too_many_values_are_counted_in_hash_buckets_the_same_in_each_window() -> None:
    reference = category([f"id{index}" for index in range(5000)])
    assert reference.hashed
    assert len(reference.categories) == 64
    assert sum(reference.categories.values()) == 5000
    later = category(["id7"] * 10 + ["never seen"] * 5, reference)
    assert later.hashed
    assert set(later.categories) == set(reference.categories)
    assert sorted(later.categories.values())[-2:] == [5, 10]
    assert later.other == 0
    assert category(["a"], category(["a"])).hashed is False


def test_any_text_can_be_a_value() -> None:
    hostile = ["'; DROP TABLE x; --", "<script>", "\x00", "ключ", "", "None"]
    found = category(hostile)
    kept = {value.replace("\x00", "\ufffd") for value in hostile}  # no database keeps NUL
    assert set(found.categories) == kept
    again = category(hostile, found)
    assert again.categories == found.categories
    profile = Profile(model="m", window="w", rows=6, columns={"x": found})
    assert Profile.from_json(profile.to_json().encode()) == profile


@settings(max_examples=60, deadline=None)
@given(st.lists(st.floats(allow_nan=True, allow_infinity=False), max_size=40), st.lists(st.floats(), max_size=40))
def test_every_row_is_counted_once_and_the_profile_comes_back_unchanged(then: list[float], now: list[float]) -> None:
    reference = number(then)
    later = number(now, reference)
    for side, values in ((reference, then), (later, now)):
        assert sum(side.counts) + side.missing == side.rows == len(values)
    profile = Profile(model="m", window="w", rows=len(now), columns={"x": later})
    assert Profile.from_json(profile.to_json()) == profile


def test_scores_are_profiled_by_name() -> None:
    random = np.random.default_rng(0)
    binary = profile_scores(random.random(500))
    assert list(binary) == ["score"]
    table = random.dirichlet([1, 1, 1], 500)
    several = profile_scores(table, classes=["a", "b", 3])
    assert list(several) == ["score_a", "score_b", "score_3"]
    reference = Profile(model="m", window="w", rows=500, columns={}, scores=several)
    later = profile_scores(pd.DataFrame(table[:100], columns=["score_a", "score_b", "score_3"]), reference)
    assert [item.edges for item in later.values()] == [item.edges for item in several.values()]
    assert later["score_a"].rows == 100


PAIRED = model_with(features=Features(numbers=("x",), categories=("y",)), monitor=Monitor(pairs=(("x", "y"),)))


def windows(counts: list[int], seed: int = 0) -> list[pd.DataFrame]:
    random = np.random.default_rng(seed)
    return [
        pd.DataFrame(
            {
                "x": np.where(random.random(rows) < 0.1, np.nan, random.standard_normal(rows)),
                "y": random.choice(np.array(["a", "b", "c", None], dtype=object), rows),
            }
        )
        for rows in counts
    ]


def test_merged_windows_are_the_profile_of_their_rows_together() -> None:
    first, *later = windows([3000, 50, 700, 1])
    later[1].loc[:3, "x"] = np.inf
    later[0].loc[:3, "y"] = "never seen"
    reference = profile_frame(first, PAIRED, "2020-01")
    parts = [profile_frame(frame, PAIRED, f"2020-0{index}", reference) for index, frame in enumerate(later, 2)]
    span = merged(parts, "2020-02 to 2020-04")
    whole = profile_frame(pd.concat(later, ignore_index=True), PAIRED, "2020-02 to 2020-04", reference)
    assert span.columns["x"].mean == pytest.approx(whole.columns["x"].mean)
    assert span.columns["x"].std == pytest.approx(whole.columns["x"].std)

    def exact(profile: Profile) -> Profile:
        x = profile.columns["x"].model_copy(update={"mean": None, "std": None})
        return profile.model_copy(update={"columns": {**profile.columns, "x": x}})

    assert exact(span) == exact(whole)
    assert span.rows == 751
    assert span.columns["x"].infinite == 4
    assert span.columns["y"].other == 4


def test_a_span_is_drift_tested_from_profiles_alone() -> None:
    first, *later = windows([3000, 400, 400])
    reference = profile_frame(first, PAIRED, "2020-01")
    span = merged([profile_frame(frame, PAIRED, "w", reference) for frame in later], "span")
    rows = pd.concat(later)["x"].fillna(-1e9)  # a missing value counts as the lowest
    full = stats.ks_2samp(first["x"].fillna(-1e9), rows).statistic
    assert number_distance(reference.columns["x"], span.columns["x"])[0] == pytest.approx(full, abs=0.002)


def test_profiles_of_different_references_are_not_added_up() -> None:
    one, other = windows([500, 500])
    apart = [profile_frame(frame, PAIRED, "w") for frame in (one, other)]
    with pytest.raises(ValueError, match="different references"):
        merged(apart, "span")
    same = [apart[0], measured_by(apart[1], apart[0])]
    assert merged([item.model_copy(update={"pairs": {}}) for item in same], "span").rows == 1000


def test_a_profile_in_the_bins_of_another_reference_loses_a_bin_at_most() -> None:
    random = np.random.default_rng(3)
    then, now = random.gamma(2.0, size=4000), random.gamma(2.3, size=3000)
    reference, own = number(then), number(now)
    again = measured_by(
        Profile(model="m", window="w", rows=3000, columns={"x": own}),
        Profile(model="m", window="r", rows=4000, columns={"x": reference}),
    ).columns["x"]
    assert sum(again.counts) == 3000
    assert number_distance(reference, again)[0] == pytest.approx(stats.ks_2samp(then, now).statistic, abs=0.003)


def test_a_value_named_like_the_overflow_is_a_value() -> None:
    hostile = ["other", "all others", "bucket 07", "missing", "values never seen before"]
    reference = category(hostile * 3)
    later = category([*hostile, "news"], reference)
    assert later.categories == dict.fromkeys(sorted(hostile), 1)
    assert (later.other, later.new) == (1, ("news",))


def test_pairs_are_counted_where_the_columns_alone_see_nothing() -> None:
    random = np.random.default_rng(0)
    labels = np.array(["a", "b"], dtype=object)
    x = random.standard_normal(4000)
    then = pd.DataFrame({"x": x, "y": labels[(x > 0).astype(int)]})
    now = pd.DataFrame({"x": x, "y": labels[(x < 0).astype(int)]})
    reference = profile_frame(then, PAIRED, "2020-01")
    current = profile_frame(now, PAIRED, "2020-02", reference)
    result = data_drift_check(reference, current, PAIRED)
    assert result.columns == ("x x y",)
    assert sum(current.pairs["x x y"].categories.values()) + current.pairs["x x y"].other == 4000
