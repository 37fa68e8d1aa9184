"""Columns that follow the time are told as a rank correlation tells them, most of them without ranking."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from windvane.lifecycle import calendar_columns as subject
from windvane.lifecycle.calendar_columns import calendar_columns


def cases() -> list[np.ndarray]:
    random = np.random.default_rng(4)
    found = []
    for turn in range(400):
        count = int(random.integers(30, 150))
        line = np.arange(count).astype(float) * (1 if turn % 2 else -1)
        noise = random.choice([0.01, 0.05, 0.1, 0.15, 0.2, 0.3, 1.0])
        found.append(line + random.normal(size=count) * count * noise)
        swapped, half, width = line.copy(), count // 2, int(random.integers(1, count // 3))
        swapped[half - width : half], swapped[half : half + width] = (
            line[half : half + width].copy(),
            line[half - width : half].copy(),
        )
        found.append(swapped)  # as far as ranks can stray for their correlation
    return found


def test_no_column_that_follows_is_left_out_without_ranking() -> None:
    follows = [abs(stats.spearmanr(np.arange(len(values)), values).statistic) >= 0.95 for values in cases()]
    may = [subject._may_follow(values) for values in cases()]
    assert 100 < sum(follows) < 700
    assert all(one or not other for one, other in zip(may, follows, strict=True))
    assert sum(may) < sum(follows) + 250  # and most others are


@pytest.mark.parametrize("shape", ["date", "backwards", "noise"])
def test_a_date_follows_the_time_and_noise_does_not(shape: str) -> None:
    random = np.random.default_rng(0)
    times = pd.Series(pd.Timestamp("2024-01-01", tz="UTC") + pd.to_timedelta(random.permutation(500), unit="h"))
    hours = (times - times.min()).dt.total_seconds()
    values = {"date": hours, "backwards": -hours, "noise": pd.Series(random.normal(size=500))}[shape]
    assert calendar_columns(pd.DataFrame({"x": values}), times) == (() if shape == "noise" else ("x",))
