"""Densities: the area of a side is its share of the rows, and what is not drawn is told."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from windvane.results import ColumnProfile, Profile
from windvane.web.distributions import Distribution, distributions

counted = st.lists(st.integers(0, 900), min_size=4, max_size=4).filter(any)
ends = st.tuples(st.floats(-3.0, 0.9), st.floats(3.1, 9.0))


def drawn(then: ColumnProfile, now: ColumnProfile) -> Distribution:
    sides = [
        Profile(model="m", window=key, rows=one.rows, columns={"x": one}) for key, one in (("a", then), ("b", now))
    ]
    (found,) = distributions(sides[0], sides[1], ["x"])
    return found


def side(counts: list[int], low: float = 0.0, high: float = 4.0, missing: int = 0) -> ColumnProfile:
    rows = sum(counts) + missing
    bins = {"edges": (1.0, 2.0, 3.0), "counts": tuple(counts)}
    return ColumnProfile(kind="number", rows=rows, missing=missing, minimum=low, maximum=high, **bins)


@given(counted, counted, ends, ends)
def test_the_area_of_each_side_is_one(
    then: list[int], now: list[int], one: tuple[float, float], other: tuple[float, float]
) -> None:
    found = drawn(side(then, *one), side(now, *other))
    if not found.bounds:  # one bin holds everything that was trained on
        return
    widths = [high - low for low, high in pairwise(found.bounds)]
    assert min(widths) > 0
    for heights in (found.then_density, found.now_density):
        assert sum(width * height for width, height in zip(widths, heights, strict=True)) == pytest.approx(1)


def test_a_shifted_column_stands_where_its_values_are() -> None:
    found = drawn(side([250] * 4), side([0, 0, 0, 1000], low=6.0, high=6.5))
    heights = dict(zip(found.bounds, found.now_density, strict=False))
    assert heights.pop(6.0) == pytest.approx(1 / 0.5)
    assert set(heights.values()) == {0}
    assert found.beside == ()


def test_one_value_alone_is_a_narrow_bar() -> None:
    found = drawn(side([250] * 4), side([0, 1000, 0, 0], low=1.5, high=1.5))
    low, high = found.bounds[found.now_density.index(max(found.now_density)) :][:2]
    assert low < 1.5 < high
    assert high - low < 0.03


def test_an_outlier_does_not_hide_the_rest_and_is_told() -> None:
    found = drawn(side([250] * 4), side([250] * 4, high=1e9))
    assert found.bounds[-1] == 7.0
    assert found.beside == ("Values up to 1e+09 now: the last bar is drawn up to 7.",)


def test_missing_values_are_told() -> None:
    found = drawn(side([100] * 4, missing=100), side([100] * 4))
    assert found.beside == ("Missing, and in no bar: 20.0% of the rows then, 0.0% now.",)


def test_without_ends_shares_are_drawn_as_before() -> None:
    bare = side([250] * 4).model_copy(update={"minimum": None})
    assert drawn(bare, side([250] * 4)).bounds == ()
