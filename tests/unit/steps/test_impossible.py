"""Scores that the outcome cannot be are named when they are published, not only by the monitor."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import pytest

from windvane import Estimator, Gate, Model, rule, steps
from windvane.pipeline import runner
from windvane.results import Run
from windvane.stores import Stores

if TYPE_CHECKING:
    import pandas as pd

Make = Callable[..., Model]


def prices(frame: pd.DataFrame) -> pd.DataFrame:
    """Outcomes above zero, which a line extrapolates to below it."""
    return frame.assign(default=np.exp(frame["debt"]))


def signed(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(default=frame["debt"])


@pytest.mark.parametrize(("change", "said"), [(prices, "of the scores are negative"), (signed, "")])
def test_negative_prices_are_named_when_they_are_published(
    make: Make, stores: Stores, run: Run, change: Callable[[pd.DataFrame], pd.DataFrame], said: str
) -> None:
    gate = Gate(rule.better_than_baseline(), too_good="ignore")  # debt alone tells the outcome
    line = Estimator("sklearn.linear_model:LinearRegression")
    model = make(change, task="regression", estimator=line, gate=gate)
    runner.run_train(model, model.cadence.window("2020-02"), stores, run)
    published = runner.run_score(model, model.cadence.window("2020-03"), stores, run)
    found = steps.impossible(model, published, stores)
    assert said in found
    assert bool(found) is bool(said)


def test_probabilities_need_no_name(make: Make, stores: Stores, run: Run) -> None:
    model = make()
    runner.run_train(model, model.cadence.window("2020-02"), stores, run)
    assert steps.impossible(model, runner.run_score(model, model.cadence.window("2020-03"), stores, run), stores) == ""
