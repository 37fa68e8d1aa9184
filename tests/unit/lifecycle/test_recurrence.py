"""What a retrain could learn from: the past where it still helps, and an earlier champion where its world is back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from tests.unit.lifecycle.examples import model_with, rows_of, version_of
from windvane import Features
from windvane.lifecycle.evaluate import Contender
from windvane.lifecycle.recurrence import fresh_start
from windvane.lifecycle.train import train

if TYPE_CHECKING:
    import pandas as pd

MODEL = model_with(features=Features(numbers=("income", "debt")), min_rows=20)


def build() -> Any:
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression()


def world(weights: tuple[float, float], rows: int, seed: int) -> pd.DataFrame:
    frame = rows_of(rows, seed=seed)
    signal = weights[0] * frame["income"] + weights[1] * frame["debt"]
    drawn = np.random.default_rng(seed + 1).random(rows)
    return frame.assign(default=(drawn < 1 / (1 + np.exp(-signal))).astype(float))


def fitted(frame: pd.DataFrame) -> Any:
    return train([frame], MODEL, build, None).estimator


OLD, NEW = (2.0, 0.0), (0.3, 2.0)


def test_a_past_that_teaches_something_else_is_left_behind() -> None:
    champion = fitted(world(OLD, 4000, 1))
    assert fresh_start(world(NEW, 2000, 2), MODEL, None, build, Contender(version_of(), champion), {})["fresh"] is True


@pytest.mark.parametrize("weights", [OLD, (1.2, 0.0)], ids=["the same world", "one that a recalibration mends"])
def test_a_past_that_still_helps_is_kept(weights: tuple[float, float]) -> None:
    champion = fitted(world(OLD, 4000, 1))
    assert (
        fresh_start(world(weights, 2000, 2), MODEL, None, build, Contender(version_of(), champion), {})["fresh"]
        is False
    )


def test_an_earlier_champion_whose_world_is_back_is_named_with_its_numbers() -> None:
    """Its 20,000 rows are worth more than the 100 of the window's own."""
    earlier, champion = fitted(world(OLD, 20_000, 1)), fitted(world(NEW, 4000, 2))
    found = fresh_start(
        world(OLD, 200, 11),
        MODEL,
        None,
        lambda: _overfitting(),
        Contender(version_of(), champion),
        {1: Contender(version_of(version=1), earlier)},
    )
    better = found["earlier_champion"]
    assert better["version"] == 1
    assert better["loss"] < better["new"]
    assert better["loss"] < better["champion"]
    assert better["rows"] == 60


def _overfitting() -> Any:
    from sklearn.tree import DecisionTreeClassifier

    return DecisionTreeClassifier(random_state=0)


def test_an_earlier_champion_that_a_new_version_equals_is_not_proposed() -> None:
    earlier, champion = fitted(world(OLD, 4000, 1)), fitted(world(NEW, 4000, 2))
    assert "earlier_champion" not in fresh_start(
        world(OLD, 3000, 3),
        MODEL,
        None,
        build,
        Contender(version_of(), champion),
        {1: Contender(version_of(version=1), earlier)},
    )


def test_rows_that_nothing_can_be_trained_on_say_nothing() -> None:
    champion = fitted(world(OLD, 4000, 1))
    assert fresh_start(world(OLD, 12, 3), MODEL, None, build, Contender(version_of(), champion), {}) == {}
