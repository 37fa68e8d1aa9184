"""Swapped columns: each is near the other's past and far from its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from tests.unit.lifecycle.feeds import answered, rows

if TYPE_CHECKING:
    import pandas as pd


def swapped(frame: pd.DataFrame, one: str, other: str) -> pd.DataFrame:
    return frame.assign(**{one: frame[other], other: frame[one]})


@pytest.mark.parametrize(("one", "other"), [("height", "noise"), ("weight", "warmth"), ("town", "kind")])
def test_columns_in_each_others_place_are_broken(one: str, other: str) -> None:
    found, _ = answered(lambda frame: swapped(frame, one, other))
    named = f"{min(one, other)} and {max(one, other)}"
    assert named in found.headline or f"{one} and {other}" in found.headline
    assert "look swapped" in found.headline


def flags(week: int) -> pd.DataFrame:
    random = np.random.default_rng([9, week])
    return rows(week).assign(
        town=random.choice(np.array(["yes", "no"], dtype=object), 600, p=[0.1, 0.9]),
        kind=random.choice(np.array(["yes", "no"], dtype=object), 600, p=[0.5, 0.5]),
    )


def test_columns_of_the_same_values_are_told_by_how_often_each_is() -> None:
    found, _ = answered(lambda frame: swapped(frame, "town", "kind"), draw=flags)
    assert "look swapped" in found.headline
    assert answered(lambda frame: frame, draw=flags)[0].outcome == "ok"


def test_one_column_that_comes_near_another_is_not_swapped() -> None:
    found, odd = answered(lambda frame: frame.assign(noise=np.abs(frame["warmth"])))
    said = found.headline + (odd.headline if odd else "")
    assert "swapped" not in said


def drifting(week: int) -> pd.DataFrame:
    """Return a week of a file that is sorted by place: both numbers are elsewhere each week, in ranges apart."""
    frame = rows(week)
    random = np.random.default_rng([17, week])
    return frame.assign(
        height=random.normal(30 + (week * 3) % 8, 0.3, len(frame)),
        noise=random.normal(-120 + (week * 5) % 9, 0.3, len(frame)),
    )


def test_numbers_that_are_elsewhere_each_week_are_told_by_their_ranges() -> None:
    found, _ = answered(lambda frame: swapped(frame, "height", "noise"), draw=drifting)
    assert "height and noise look swapped" in found.headline
    assert answered(lambda frame: frame, draw=drifting)[0].outcome == "ok"


def test_one_column_that_leaves_its_range_for_another_one_is_not_swapped() -> None:
    found, odd = answered(lambda frame: frame.assign(noise=frame["height"]), draw=drifting)
    assert "swapped" not in found.headline + (odd.headline if odd else "")
