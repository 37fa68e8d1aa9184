"""A column's own past, and its neighbours: what moved before, and what moves with others, is no fault."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from tests.unit.lifecycle.feeds import answered, rows

if TYPE_CHECKING:
    import pandas as pd

UNITS = {"kilograms, pounds": 2.2046226, "inches, centimetres": 2.54, "metres, feet": 3.2808399}


@pytest.mark.parametrize("unit", UNITS)
def test_another_unit_is_broken_after_a_steady_past(unit: str) -> None:
    found, _ = answered(lambda frame: frame.assign(noise=frame["noise"] * UNITS[unit]))
    assert unit in found.headline


def test_a_number_that_was_never_below_zero_and_is_now_is_the_opposite_sign() -> None:
    found, _ = answered(lambda frame: frame.assign(weight=-frame["weight"]))
    assert "weight looks like the opposite sign" in found.headline


def trending(week: int) -> pd.DataFrame:
    """Both numbers grow each week; they go together."""
    frame = rows(week)
    level = 10.0 + 3.0 * week + frame["height"]
    noise = np.random.default_rng([2, week]).normal(0, 0.3, len(frame))
    return frame.assign(height=level, weight=2 * level + noise)


def test_a_trend_is_no_fault_and_another_unit_in_it_is_told_by_the_neighbour() -> None:
    assert answered(lambda frame: frame, draw=trending)[0].outcome == "ok"
    found, _ = answered(lambda frame: frame.assign(weight=frame["weight"] * 2.54), draw=trending)
    assert "weight looks like values multiplied by 2.54" in found.headline


def test_a_world_in_which_all_columns_move_at_once_breaks_nothing() -> None:
    def other_world(frame: pd.DataFrame) -> pd.DataFrame:
        return frame.assign(
            height=frame["height"] * 1.9 + 1,
            weight=frame["weight"] * 1.3,
            noise=frame["noise"] * 1.7,
            warmth=3.0,
        )

    assert answered(lambda frame: frame.assign(warmth=3.0))[0].outcome == "finding", "alone it is broken"
    found, odd = answered(other_world)
    assert found.outcome == "ok", found.headline
    assert odd is not None
