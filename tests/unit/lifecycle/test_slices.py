"""Slices: by value, by bin, by condition; and nothing of a condition runs."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from windvane.errors import WrongType
from windvane.lifecycle.slices import MOST, holds, slices_of
from windvane.spec.rules import Slices

FRAME = pd.DataFrame(
    {
        "age": [20.0, 30.0, 40.0, np.nan] * 25,
        "region": pd.Series(["north", "south", None, "north"] * 25, dtype=object),
        "word": pd.Series([f"w{index}" for index in range(100)], dtype=object),
    }
)


def sizes(declared: Slices) -> dict[str, int]:
    return {name: len(rows) for name, rows in slices_of(FRAME, declared).items()}


def test_values_are_slices_and_missing_ones_are_a_slice_too() -> None:
    assert sizes(Slices("log_loss", "region")) == {"region=north": 50, "region=south": 25, "region=missing": 25}


def test_bins_are_half_open() -> None:
    assert sizes(Slices("log_loss", "age", bins=(30.0, 40.0))) == {
        "age in (-inf, 30)": 25,
        "age in [30, 40)": 25,
        "age in [40, inf)": 25,
        "age in missing": 25,
    }


@pytest.mark.parametrize(
    ("query", "rows"),
    [
        ("age < 35", 50),
        ("25 <= age < 35", 25),
        ("not age < 35", 50),
        ("age < 35 and region == 'north'", 25),
        ("age == 40 or region in ['south']", 50),
        ("region not in ('north', 'south')", 25),
        ("age >= 100", 0),
        ("region != 'north'", 25),
        ("age > -5", 75),
    ],
)
def test_a_condition_chooses_rows(query: str, rows: int) -> None:
    assert holds(query, FRAME).sum() == rows
    named = slices_of(FRAME, Slices("log_loss", queries={"some": query}))
    assert ("query:some" in named) == (rows > 0)


def test_a_number_compared_with_text_is_named() -> None:
    with pytest.raises(WrongType, match="a slice compares age with 'old'"):
        holds("age < 'old'", FRAME)
    assert holds("region == 3", FRAME).sum() == 0


def test_thousands_of_values_do_not_become_thousands_of_slices() -> None:
    assert sizes(Slices("log_loss", "word")) == {}
    many = pd.DataFrame({"word": np.repeat([f"w{index}" for index in range(300)], 20)})
    assert len(slices_of(many, Slices("log_loss", "word"))) == MOST
