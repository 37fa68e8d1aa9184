"""Order: of two numbers one is never above the other; what breaks that is a fault, and no season is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from tests.unit.lifecycle.feeds import MODEL, answered, rows
from windvane.lifecycle.order import orders
from windvane.lifecycle.profile import profile_frame

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd


def prices(week: int) -> pd.DataFrame:
    """Return a week of prices that wander: the lowest and the highest of an hour are close, and never crossed."""
    random = np.random.default_rng([13, week])
    frame = rows(week)
    low = 100 + 40 * np.sin(week) + np.cumsum(random.normal(0, 1, len(frame)))
    return frame.assign(height=low, weight=low + random.exponential(0.5, len(frame)))


CHANGES: dict[str, Callable[[Any], Any]] = {
    "swapped": lambda frame: frame.assign(height=frame["weight"], weight=frame["height"]),
    "a unit": lambda frame: frame.assign(height=frame["height"] * 1.05),
    "a sign": lambda frame: frame.assign(weight=-frame["weight"]),
    "a row late": lambda frame: frame.assign(weight=np.roll(frame["weight"], 1)),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_rule_that_always_held_and_is_broken_is_a_fault(change: str) -> None:
    found, _ = answered(CHANGES[change], draw=prices)
    assert found.outcome == "finding"


def test_the_rule_is_told() -> None:
    found, _ = answered(CHANGES["a unit"], draw=prices)
    assert "height is above weight in" in found.headline + found.detail


@pytest.mark.parametrize("far", [0.5, 1.5, 3.0])
def test_prices_that_move_together_keep_it(far: float) -> None:
    found, _ = answered(
        lambda frame: frame.assign(height=far * frame["height"], weight=far * frame["weight"]), draw=prices
    )
    assert "above" not in found.headline + found.detail


def test_without_a_past_it_is_odd() -> None:
    found, odd = answered(CHANGES["a unit"], draw=prices, past=1)
    assert "is above" not in found.headline + found.detail
    assert odd is not None
    assert "height is above weight" in odd.headline + odd.detail


def test_numbers_of_ranges_apart_have_no_rule() -> None:
    """One of them is always below the other, for no reason of theirs."""
    frame = rows(0)[list(MODEL.features.names)].assign(height=lambda frame: frame["noise"] - 1000.0)
    found = orders(frame, profile_frame(frame, MODEL, "2020-01-06").columns)
    assert not [item for item in found if "height" in (item.first, item.second)]


def test_only_the_rules_of_the_training_are_looked_at_later() -> None:
    frame = prices(0)[list(MODEL.features.names)]
    columns = profile_frame(frame, MODEL, "2020-01-06").columns
    known = orders(frame, columns)
    assert ("height", "weight") in {(item.first, item.second) for item in known}
    assert orders(frame, columns, known) == known
    assert orders(frame, columns, []) == []
