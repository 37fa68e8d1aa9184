"""The grain of a number: another unit takes all values off it, and no change of the world does."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from tests.unit.lifecycle.feeds import answered, rows
from windvane.lifecycle.grain import grain

if TYPE_CHECKING:
    import pandas as pd


def sorted_by(place: int) -> pd.DataFrame:
    """Return a week of a file that is sorted: its noise, whole numbers, is another world each week."""
    frame = rows(place)
    random = np.random.default_rng([11, place])
    middle = 200 * (1 + (place * 7) % 5)
    return frame.assign(noise=np.rint(random.normal(middle, 60, len(frame))))


@pytest.mark.parametrize("factor", [1.609344, 2.2046226, 2.54, 3.2808399, 1 / 1.609344, 1 / 2.54, 60, 1 / 60])
def test_another_unit_is_told_by_the_grain_where_each_window_is_another_world(factor: float) -> None:
    found, _ = answered(lambda frame: frame.assign(noise=frame["noise"] * factor), draw=sorted_by)
    assert found.outcome == "finding"
    assert "multiples of 1" in found.headline + found.detail
    assert answered(lambda frame: frame, draw=sorted_by)[0].outcome == "ok"


@pytest.mark.parametrize("factor", [100, 1000, 0.01, 0.001])
def test_a_power_of_ten_needs_the_size_of_the_values_too(factor: float) -> None:
    found, _ = answered(lambda frame: frame.assign(noise=frame["noise"] * factor), draw=sorted_by)
    assert found.outcome == "finding"


@pytest.mark.parametrize("share", [0.1, 0.5, 2.0])
def test_whole_numbers_that_move_and_stay_whole_are_no_fault(share: float) -> None:
    found, _ = answered(lambda frame: frame.assign(noise=np.rint(frame["noise"] * share)), draw=sorted_by)
    assert "multiples" not in found.headline


def test_values_that_get_decimals_are_no_fault() -> None:
    """Measured more exactly, they are as large as before."""
    found, _ = answered(lambda frame: frame.assign(noise=frame["noise"] + np.arange(len(frame)) % 100 / 100))
    assert found.outcome == "ok"


@pytest.mark.parametrize("step", [1000.0, 1.0, 0.1, 0.01, 0.00001])
def test_the_grain_is_the_largest_power_of_ten(step: float) -> None:
    values = np.random.default_rng(3).integers(1, 5000, 500) * step
    assert grain(values) == pytest.approx(step)
    assert grain(np.random.default_rng(3).normal(size=500)) is None
